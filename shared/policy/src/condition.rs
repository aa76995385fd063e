//! Conditions: an operator, a key of the request, and values to compare with
//! (docs.aws.amazon.com: "IAM JSON policy elements: Condition operators").

use std::{cmp::Ordering, net::IpAddr};

use ipnet::IpNet;
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::{
    arn::ArnPattern,
    decision::Context,
    template::{Case, Template},
};

/// One line of a statement's conditions.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// As the document has it.
    pub(crate) operator: Box<str>,
    /// As the document has it; keys differ by more than case.
    pub(crate) key: Box<str>,
    /// As the document has them.
    pub(crate) values: Vec<String>,
    lookup: Box<str>,
    set: Option<Set>,
    negated: bool,
    if_exists: bool,
    operands: Vec<Operand>,
}

/// How many of the request's values must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Any,
    All,
}

/// Which orders of the request's value beside the document's an operator accepts.
type Compares = fn(Ordering) -> bool;

/// What an operator compares.
#[derive(Clone, Copy)]
enum Test {
    Text { wildcards: bool, case: Case },
    Number(Compares),
    Date(Compares),
    Bool,
    Network,
    Arn,
    Null,
}

/// A value of the document, read once.
#[derive(Clone, Debug)]
enum Operand {
    Text(Template, Case),
    Number(Compares, f64),
    Date(Compares, Timestamp),
    Bool(bool),
    Network(IpNet),
    Arn(ArnPattern),
    /// True where the key must be missing.
    Null(bool),
}

impl Condition {
    /// Fails with a sentence.
    pub(crate) fn parse(operator: &str, key: &str, values: Vec<String>) -> Result<Self, String> {
        let unknown = || format!("`{operator}` is no operator that is known");
        let (set, name) = match operator.split_once(':') {
            Some(("ForAnyValue", name)) => (Some(Set::Any), name),
            Some(("ForAllValues", name)) => (Some(Set::All), name),
            Some(_) => return Err(unknown()),
            None => (None, operator),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (test, negated) = test(name).ok_or_else(unknown)?;
        if matches!(test, Test::Null) && (set.is_some() || if_exists) {
            return Err(format!(
                "`{operator}`: `Null` asks whether the key is there, once"
            ));
        }
        let operands = values.iter().map(|value| test.operand(value));
        Ok(Self {
            operands: operands.collect::<Result<_, _>>()?,
            operator: operator.into(),
            key: key.into(),
            lookup: key.to_ascii_lowercase().into(),
            values,
            set,
            negated,
            if_exists,
        })
    }

    /// Whether the request is as it says.
    pub(crate) fn holds(&self, context: &dyn Context) -> bool {
        let found = context.values(&self.lookup);
        if let [Operand::Null(_), ..] = *self.operands {
            let missing =
                |it: &Operand| matches!(it, Operand::Null(missing) if *missing == found.is_empty());
            return self.operands.iter().any(missing);
        }
        if found.is_empty() {
            return self.if_exists
                || match self.set {
                    Some(set) => set == Set::All,
                    None => self.negated,
                };
        }
        let mut holds = found.iter().map(|value| {
            let mut operands = self.operands.iter();
            operands.any(|operand| operand.matches(value, context)) != self.negated
        });
        match self.set {
            Some(Set::Any) => holds.any(|it| it),
            Some(Set::All) => holds.all(|it| it),
            // Of a key with several values: none may be what is excluded.
            None if self.negated => holds.all(|it| it),
            None => holds.any(|it| it),
        }
    }

    /// Whether it says how many of a key's values must do.
    pub(crate) fn is_for_several(&self) -> bool {
        self.set.is_some() || matches!(*self.operands, [Operand::Null(_), ..])
    }

    /// The keys that it asks for, in lower case.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let variables = self.operands.iter().flat_map(|operand| {
            let (text, arn) = match operand {
                Operand::Text(text, _) => (Some(text), None),
                Operand::Arn(arn) => (None, Some(arn)),
                _ => (None, None),
            };
            let text = text.into_iter().flat_map(Template::variables);
            text.chain(arn.into_iter().flat_map(ArnPattern::variables))
        });
        std::iter::once(&*self.lookup).chain(variables)
    }
}

/// What is compared by an operator without its prefix and suffix, and whether it is negated.
fn test(name: &str) -> Option<(Test, bool)> {
    let text = |wildcards, case| Test::Text { wildcards, case };
    Some(match name {
        "StringEquals" => (text(false, Case::Exact), false),
        "StringNotEquals" => (text(false, Case::Exact), true),
        "StringEqualsIgnoreCase" => (text(false, Case::Ignored), false),
        "StringNotEqualsIgnoreCase" => (text(false, Case::Ignored), true),
        "StringLike" => (text(true, Case::Exact), false),
        "StringNotLike" => (text(true, Case::Exact), true),
        "Bool" => (Test::Bool, false),
        "IpAddress" => (Test::Network, false),
        "NotIpAddress" => (Test::Network, true),
        "ArnEquals" | "ArnLike" => (Test::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
        "Null" => (Test::Null, false),
        _ => {
            let (test, comparison): (fn(Compares) -> Test, _) = match name.strip_prefix("Numeric") {
                Some(comparison) => (Test::Number, comparison),
                None => (Test::Date, name.strip_prefix("Date")?),
            };
            let (is, negated): (Compares, _) = match comparison {
                "Equals" => (Ordering::is_eq, false),
                "NotEquals" => (Ordering::is_eq, true),
                "LessThan" => (Ordering::is_lt, false),
                "LessThanEquals" => (Ordering::is_le, false),
                "GreaterThan" => (Ordering::is_gt, false),
                "GreaterThanEquals" => (Ordering::is_ge, false),
                _ => return None,
            };
            (test(is), negated)
        }
    })
}

impl Test {
    fn operand(self, text: &str) -> Result<Operand, String> {
        let expected = |what: &str| format!("`{text}`: expected {what}");
        match self {
            Self::Text { wildcards, case } => {
                Template::parse(text, wildcards).map(|text| Operand::Text(text, case))
            }
            Self::Arn => ArnPattern::parse(text).map(Operand::Arn),
            Self::Number(is) => number(text)
                .map(|number| Operand::Number(is, number))
                .ok_or_else(|| expected("a number")),
            Self::Date(is) => date(text)
                .map(|date| Operand::Date(is, date))
                .ok_or_else(|| {
                    expected("a time such as 2026-11-30T12:00:00Z, a day, or seconds since 1970")
                }),
            Self::Bool => truth(text)
                .map(Operand::Bool)
                .ok_or_else(|| expected("true or false")),
            Self::Null => truth(text)
                .map(Operand::Null)
                .ok_or_else(|| expected("true or false")),
            Self::Network => network(text)
                .map(Operand::Network)
                .ok_or_else(|| expected("an address, or a network such as 203.0.113.0/24")),
        }
    }
}

impl Operand {
    /// What cannot be read as what it is compared with matches nothing.
    fn matches(&self, value: &str, context: &dyn Context) -> bool {
        let compared = match self {
            Self::Text(text, case) => return text.matches(value, *case, context),
            Self::Arn(arn) => return arn.matches(value, context),
            Self::Bool(own) => return truth(value) == Some(*own),
            Self::Network(own) => return address(value).is_some_and(|it| own.contains(&it)),
            Self::Null(_) => return false,
            Self::Number(is, own) => number(value).and_then(|it| it.partial_cmp(own)).map(is),
            Self::Date(is, own) => date(value).map(|it| is(it.cmp(own))),
        };
        compared.unwrap_or(false)
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn date(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let day = || {
        let midnight = text.parse::<Date>().ok()?.to_datetime(Time::midnight());
        TimeZone::UTC.to_timestamp(midnight).ok()
    };
    text.parse().ok().or_else(day)
}

/// An IPv4 address may come in the clothes of an IPv6 one.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().map(|it: IpAddr| it.to_canonical())
}

/// Of a network whose address has bits behind its prefix, these do not count.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| address(text).map(IpNet::from))
}
