//! A policy, read: its statements with their patterns and conditions compiled. What is not understood is
//! refused with the place where it stands, because a misspelt condition is none.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::{Map, Value};

use crate::{
    json,
    statement::{Place, Statement},
};

/// A policy of a role, or of a session.
#[derive(Clone, Debug)]
pub struct Policy {
    name: Arc<str>,
    pub(crate) statements: Vec<Arc<Statement>>,
}

/// Why a policy cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{place}{fault}")]
pub struct PolicyError {
    /// Empty, or where it stands with `: ` behind.
    place: String,
    fault: String,
}

impl Policy {
    /// Reads a document; `name` is what it is called in explanations.
    pub fn parse(name: &str, text: &str) -> Result<Self, PolicyError> {
        let document = json::parse(text).map_err(|fault| error("", fault.to_string()))?;
        let document = object(&document, &["Version", "Id", "Statement"])?;
        if document.get("Version") != Some(&"2012-10-17".into()) {
            return Err(error(
                "Version",
                "expected \"2012-10-17\", the one that has variables",
            ));
        }
        if document.get("Id").is_some_and(|id| !id.is_string()) {
            return Err(error("Id", "expected a text"));
        }
        let name: Arc<str> = name.into();
        let statements = one_or_more(document.get("Statement"))
            .ok_or_else(|| error("Statement", "expected a statement or a list of them"))?;
        let statements = statements.iter().enumerate().map(|(at, statement)| {
            let place = Place {
                policy: name.clone(),
                number: at + 1,
                sid: statement["Sid"].as_str().map(Box::from),
            };
            let here = place.within();
            Statement::parse(place, statement).map_err(|fault| PolicyError {
                place: format!("{here}: {}", fault.place),
                ..fault
            })
        });
        let statements: Vec<_> = statements.collect::<Result<_, _>>()?;
        let mut sids = BTreeSet::new();
        let mut named = statements.iter().filter_map(|it| it.place.sid.clone());
        if let Some(twice) = named.find(|sid| !sids.insert(sid.clone())) {
            return Err(error("Sid", format!("`{twice}` names two statements")));
        }
        Ok(Self {
            statements: statements.into_iter().map(Arc::new).collect(),
            name,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

pub(crate) fn error(key: &str, fault: impl Into<String>) -> PolicyError {
    let place = if key.is_empty() {
        String::new()
    } else {
        format!("{key}: ")
    };
    PolicyError {
        place,
        fault: fault.into(),
    }
}

pub(crate) fn object<'a>(
    value: &'a Value,
    known: &[&str],
) -> Result<&'a Map<String, Value>, PolicyError> {
    let members = value.as_object();
    let members = members.ok_or_else(|| error("", "expected an object"))?;
    for key in members.keys() {
        if let "Principal" | "NotPrincipal" = key.as_str() {
            let fault = "names who is meant, and here that is who has the policy's role";
            return Err(error(key, fault));
        }
        if !known.contains(&key.as_str()) {
            let fault = format!("no key that is known; these are: {}", known.join(", "));
            return Err(error(key, fault));
        }
    }
    Ok(members)
}

/// IAM has a list, or its only item alone.
pub(crate) fn one_or_more(value: Option<&Value>) -> Option<&[Value]> {
    let list = match value? {
        Value::Array(list) => list,
        other => std::slice::from_ref(other),
    };
    (!list.is_empty()).then_some(list)
}
