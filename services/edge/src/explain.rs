//! Why a call would be let in or refused: which statement decides, and why the others do not.

use std::{collections::BTreeMap, fmt::Write};

use http::Method;
use policy::{Decision, Request, RoleSet};

use crate::{
    Gateway,
    document::arn,
    operation::{Access, Operation},
    policies::INVOKE,
    table::Table,
};

/// A call to explain.
#[derive(Clone, Debug)]
pub struct Question {
    /// `anyone`, `user`, or the groups of a user with commas between.
    pub caller: String,
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// What the request has besides: values by key, such as `aws:SourceIp`.
    pub context: Vec<(String, String)>,
}

impl Gateway {
    /// Says it in lines for a person. None where there is no such operation.
    pub fn explain(&self, question: &Question) -> Option<String> {
        let table = self.table();
        let operation = table.find(&question.method, &question.path)?;
        let groups: Option<Vec<&str>> = match question.caller.as_str() {
            "anyone" => None,
            "user" => Some(Vec::new()),
            groups => Some(groups.split(',').collect()),
        };
        let roles = match &groups {
            None => table.roles.of_anyone(),
            Some(groups) => table.roles.of_user(groups.iter().copied()),
        };
        let context = context(groups.as_deref(), &question.context);
        let view = table.roles.view(INVOKE, operation.arn.clone());
        let decision = match (&groups, &operation.access) {
            (None, Access::User | Access::Groups(_)) => None,
            _ => Some(view.decide(roles, None, &context)),
        };
        Some(table.told(question, operation, roles, decision, &context))
    }
}

impl Table {
    fn find(&self, method: &Method, path: &str) -> Option<&Operation> {
        let mut templates = matchit::Router::new();
        let methods = self.operations.iter();
        let methods = methods.filter(|it| arn(method, &it.template) == it.arn);
        for operation in methods {
            let inserted = templates.insert(&*operation.template, &**operation);
            inserted.expect("the routes are the same");
        }
        templates.at(path).ok().map(|found| *found.value)
    }

    fn told(
        &self,
        question: &Question,
        operation: &Operation,
        roles: RoleSet,
        decision: Option<Decision<'_>>,
        context: &BTreeMap<String, Vec<String>>,
    ) -> String {
        let Question {
            caller,
            method,
            path,
            ..
        } = question;
        let resource = &*operation.arn;
        let names = self.roles.names(roles).join(", ");
        let decided = match decision {
            None => "401: its document asks for a signed-in user".to_owned(),
            Some(decision) if decision.is_allowed() => format!("allowed: {decision}"),
            Some(decision) => format!("403: {decision}"),
        };
        let mut told =
            format!("{method} {path} is {resource}\n{caller} has the roles {names}\n{decided}\n");
        let request = Request {
            action: INVOKE,
            resource,
            context,
        };
        for explained in self.roles.explain(roles, &request) {
            let _ = writeln!(told, "  {explained}");
        }
        told
    }
}

/// What a request on this machine has, and what is told of it.
fn context(groups: Option<&[&str]>, told: &[(String, String)]) -> BTreeMap<String, Vec<String>> {
    let now = jiff::Timestamp::now();
    let mut context = BTreeMap::from([
        ("aws:currenttime".to_owned(), vec![now.to_string()]),
        (
            "aws:epochtime".to_owned(),
            vec![now.as_second().to_string()],
        ),
        ("aws:securetransport".to_owned(), vec!["false".to_owned()]),
        ("aws:sourceip".to_owned(), vec!["127.0.0.1".to_owned()]),
    ]);
    if let Some(groups) = groups {
        let groups = groups.iter().map(|group| (*group).to_owned());
        context.insert("aws:principaltag/groups".to_owned(), groups.collect());
        for key in ["aws:userid", "aws:username"] {
            context.insert(key.to_owned(), vec!["somebody".to_owned()]);
        }
    }
    let mut own = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in told {
        let values = own.entry(key.to_ascii_lowercase()).or_default();
        values.push(value.clone());
    }
    context.extend(own);
    context
}
