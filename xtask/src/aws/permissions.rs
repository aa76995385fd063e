//! `policies/*.json` as policies of IAM, for the roles of temporary credentials: the same statements, on the methods of
//! the API for programs. What everybody may do needs no credentials, and is not in that API.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};

use super::{gateway::Api, settings::Settings};
use crate::run::root;

/// Those that roles get, by the names of their files.
const POLICIES: [&str; 3] = ["customer", "staff", "manager"];

const INVOKE: &str = "execute-api:Invoke";

/// The ARN of the edge, in whose place the API stands.
const EDGE: &str = "arn:terrace:execute-api:local:shop:";

/// What the policies of a role may have together, without white space:
/// docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const LARGEST: usize = 10_240;

/// Each policy by its name. Together they fit into one role, as managers have them.
pub(crate) fn permissions(
    api: &Api<'_>,
    settings: &Settings,
) -> anyhow::Result<Vec<(&'static str, Value)>> {
    let methods = api.operations().map(|it| {
        let method = it.method.to_uppercase();
        format!("{method}{}", anything(&it.path))
    });
    let methods: BTreeSet<_> = methods.collect();
    let mut policies = Vec::new();
    for name in POLICIES {
        let path = root().join(format!("policies/{name}.json"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let policy = serde_json::from_str(&text)?;
        policies.push((
            name,
            translated(&policy, &methods, &settings.stage).context(name)?,
        ));
    }
    let size: usize = policies.iter().map(|(_, it)| size(it)).sum();
    ensure!(
        size <= LARGEST,
        "a role may have policies of {LARGEST} characters, not {size}"
    );
    Ok(policies)
}

/// A policy of the edge as one of the API with these methods.
fn translated(policy: &Value, methods: &BTreeSet<String>, stage: &str) -> anyhow::Result<Value> {
    let mut statements = Vec::new();
    for statement in policy["Statement"].as_array().context("no Statement")? {
        let sid = statement["Sid"]
            .as_str()
            .context("a statement has no Sid")?;
        let known = ["Sid", "Effect", "Action", "Resource"];
        let mut members = statement.as_object().into_iter().flatten();
        if let Some((key, _)) = members.find(|(key, _)| !known.contains(&key.as_str())) {
            bail!("{sid}: nobody has said yet what {key} is to API Gateway");
        }
        // What keeps answers fresh at the edge: the methods that are kept are not in this API.
        if statement["Action"] != INVOKE {
            continue;
        }
        let resources = statement["Resource"]
            .as_array()
            .context("no list of resources")?;
        let mut own = Vec::new();
        for resource in resources {
            let method = method(resource.as_str().context("a resource is no text")?)?;
            if methods.contains(&method) {
                own.push(json!({ "Fn::Sub": arn(stage, &method) }));
            }
        }
        if !own.is_empty() {
            statements.push(json!({
                "Sid": sid, "Effect": statement["Effect"], "Action": INVOKE, "Resource": own,
            }));
        }
    }
    Ok(json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// `…:v1/GET/orders/{id}` as method and path: `GET/v1/orders/*`.
fn method(resource: &str) -> anyhow::Result<String> {
    let place = resource
        .strip_prefix(EDGE)
        .with_context(|| format!("{resource} is not the edge's"))?;
    let mut parts = place.splitn(3, '/');
    let (Some(version), Some(method), Some(path)) = (parts.next(), parts.next(), parts.next())
    else {
        bail!("{resource} names no operation");
    };
    ensure!(!method.contains('*'), "{resource} names no method");
    Ok(match version {
        "$default" => format!("{method}/{}", anything(path)),
        version => format!("{method}/{version}/{}", anything(path)),
    })
}

fn arn(stage: &str, method: &str) -> String {
    format!(
        "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{SignedApi}}/{stage}/{method}"
    )
}

/// A path in which any value stands for a parameter.
fn anything(path: &str) -> String {
    let mut parts: Vec<_> = path.split('/').collect();
    for part in &mut parts {
        if part.starts_with('{') {
            *part = "*";
        }
    }
    parts.join("/")
}

/// As IAM counts it, with the longest values of what stands for something.
fn size(policy: &Value) -> usize {
    let text = policy
        .to_string()
        .replace("{\"Fn::Sub\":", "")
        .replace("\"}", "\"");
    [
        ("${AWS::Partition}", "aws-us-gov"),
        ("${AWS::Region}", "ap-southeast-1"),
        ("${AWS::AccountId}", "123456789012"),
        ("${SignedApi}", "abcdefghij"),
    ]
    .iter()
    .fold(text, |text, (name, value)| text.replace(name, value))
    .len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods() -> BTreeSet<String> {
        ["GET/v1/orders/*", "PUT/v1/me"].map(str::to_owned).into()
    }

    fn policy(statement: Value) -> Value {
        json!({ "Statement": [statement] })
    }

    #[test]
    fn a_statement_is_about_the_methods_that_the_api_has() {
        let edge = policy(json!({
            "Sid": "Orders", "Effect": "Allow", "Action": INVOKE,
            "Resource": [format!("{EDGE}v1/GET/orders/{{id}}"), format!("{EDGE}v1/GET/orders/{{id}}/events")],
        }));

        let translated = translated(&edge, &methods(), "live").expect("it is translated");

        let resources = &translated["Statement"][0]["Resource"];
        assert_eq!(resources.as_array().map(Vec::len), Some(1));
        let arn = resources[0]["Fn::Sub"].as_str().expect("an ARN");
        assert!(arn.ends_with(":${SignedApi}/live/GET/v1/orders/*"), "{arn}");
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let condition = policy(json!({
            "Sid": "Orders", "Effect": "Deny", "Action": INVOKE, "Resource": [], "Condition": {},
        }));
        let elsewhere = policy(json!({
            "Sid": "Orders", "Effect": "Allow", "Action": INVOKE, "Resource": ["arn:aws:s3:::bucket"],
        }));

        for (policy, fault) in [(condition, "Condition"), (elsewhere, "not the edge's")] {
            let told = translated(&policy, &methods(), "live").expect_err(fault);
            assert!(told.to_string().contains(fault), "{told}");
        }
    }
}
