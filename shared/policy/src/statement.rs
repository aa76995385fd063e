//! One statement of a policy: what it does, to which actions on which resources, on which conditions.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use crate::{
    arn::ArnPattern,
    condition::Condition,
    decision::{Context, Request},
    document::{PolicyError, error, object, one_or_more},
    template::{Case, Template},
};

/// What a statement does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Lets pass, unless another denies.
    Allow,
    /// Refuses, whatever others allow.
    Deny,
}

/// Where a statement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The policy's name.
    pub policy: Arc<str>,
    /// From 1 on.
    pub number: usize,
    /// The statement's own name.
    pub sid: Option<Box<str>>,
}

/// One statement.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) place: Place,
    pub(crate) effect: Effect,
    pub(crate) actions: Element<Template>,
    pub(crate) resources: Element<ArnPattern>,
    pub(crate) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug)]
pub(crate) struct Element<T> {
    /// Whether what matches none of the patterns is meant.
    pub(crate) not: bool,
    /// As the document has them, and compiled.
    pub(crate) patterns: Vec<(String, T)>,
}

impl Statement {
    pub(crate) fn parse(place: Place, statement: &Value) -> Result<Self, PolicyError> {
        let known = [
            "Sid",
            "Effect",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        let members = object(statement, &known)?;
        let is_sid =
            |sid: &str| !sid.is_empty() && sid.bytes().all(|it| it.is_ascii_alphanumeric());
        if members
            .get("Sid")
            .is_some_and(|sid| !sid.as_str().is_some_and(is_sid))
        {
            return Err(error("Sid", "expected letters and digits"));
        }
        Ok(Self {
            place,
            effect: match members.get("Effect").and_then(Value::as_str) {
                Some("Allow") => Effect::Allow,
                Some("Deny") => Effect::Deny,
                _ => return Err(error("Effect", "expected \"Allow\" or \"Deny\"")),
            },
            actions: element(members, "Action", action)?,
            resources: element(members, "Resource", ArnPattern::parse)?,
            conditions: conditions(members.get("Condition"))?,
        })
    }

    /// Whether it speaks of this request.
    pub(crate) fn applies(&self, request: &Request<'_>) -> bool {
        self.is_of_action(request.action)
            && self.is_of_resource(request.resource, request.context)
            && self.conditions.iter().all(|it| it.holds(request.context))
    }

    pub(crate) fn is_of_action(&self, action: &str) -> bool {
        // Actions have no variables.
        let is = |own: &Template| own.matches(action, Case::Ignored, &());
        self.actions.includes(is)
    }

    pub(crate) fn is_of_resource(&self, resource: &str, context: &dyn Context) -> bool {
        self.resources
            .includes(|own| own.matches(resource, context))
    }

    /// Whether it takes a request to say which resources are meant.
    pub(crate) fn has_variables(&self) -> bool {
        let mut patterns = self.resources.patterns.iter();
        patterns.any(|(_, pattern)| pattern.variables().next().is_some())
    }

    /// Whether it speaks of every request of its actions and resources.
    pub(crate) fn is_unconditional(&self) -> bool {
        self.conditions.is_empty() && !self.has_variables()
    }
}

impl<T> Element<T> {
    fn includes(&self, matches: impl Fn(&T) -> bool) -> bool {
        self.patterns.iter().any(|(_, pattern)| matches(pattern)) != self.not
    }
}

impl Place {
    /// Within its policy.
    pub(crate) fn within(&self) -> String {
        match &self.sid {
            Some(sid) => format!("statement {} (Sid `{sid}`)", self.number),
            None => format!("statement {}", self.number),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sid {
            Some(sid) => write!(out, "`{sid}` of {}", self.policy),
            None => write!(out, "statement {} of {}", self.number, self.policy),
        }
    }
}

fn element<T>(
    members: &Map<String, Value>,
    name: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Element<T>, PolicyError> {
    let negated = format!("Not{name}");
    let (key, value, not) = match (members.get(name), members.get(&negated)) {
        (Some(value), None) => (name, value, false),
        (None, Some(value)) => (negated.as_str(), value, true),
        _ => {
            return Err(error(
                name,
                format!("expected `{name}` or `{negated}`, one of them"),
            ));
        }
    };
    let texts = one_or_more(Some(value)).ok_or_else(|| error(key, "expected one or more"))?;
    let patterns = texts.iter().map(|text| {
        let text = text.as_str().ok_or_else(|| error(key, "expected texts"))?;
        let pattern = read(text).map_err(|fault| error(key, fault))?;
        Ok((text.to_owned(), pattern))
    });
    let patterns = patterns.collect::<Result<_, _>>()?;
    Ok(Element { not, patterns })
}

fn action(text: &str) -> Result<Template, String> {
    let is_word = |it: u8, more: &[u8]| it.is_ascii_alphanumeric() || more.contains(&it);
    let is_action = text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service.bytes().all(|it| is_word(it, b"-"))
            && !name.is_empty()
            && name.bytes().all(|it| is_word(it, b"*?"))
    });
    match is_action || text == "*" {
        true => Template::parse(text, true),
        false => Err(format!(
            "`{text}`: expected `*` or `service:Action`, which may have wildcards behind the colon"
        )),
    }
}

fn conditions(value: Option<&Value>) -> Result<Vec<Condition>, PolicyError> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let shape = |place: &str| {
        error(
            place,
            "expected an object of operators, each with keys and their values",
        )
    };
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or_else(|| shape("Condition"))? {
        let place = format!("Condition.{operator}");
        let keys = keys.as_object().filter(|keys| !keys.is_empty());
        for (key, values) in keys.ok_or_else(|| shape(&place))? {
            let place = format!("{place}.{key}");
            let values = one_or_more(Some(values))
                .ok_or_else(|| error(&place, "expected one or more values"))?;
            let values = values.iter().map(|value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                _ => None,
            });
            let values: Option<Vec<_>> = values.collect();
            let values =
                values.ok_or_else(|| error(&place, "expected texts, numbers, true or false"))?;
            let condition = Condition::parse(operator, key, values);
            conditions.push(condition.map_err(|fault| error(&place, fault))?);
        }
    }
    Ok(conditions)
}
