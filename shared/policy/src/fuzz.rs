//! What holds of every policy and request, whatever is in them: called by the fuzzer with inputs of its own,
//! and by a test with those that are kept (`fuzz/corpus/policy`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{Decision, Effect, Explained, Outcome, Policy, Request, Roles, json};

/// Decides a request by a policy: `<action> <resource>`, then `<key>=<value>` a line, an empty line, and the
/// policy's document.
pub fn policy(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some((asked, document)) = text.split_once("\n\n") else {
        return;
    };
    let mut lines = asked.lines();
    let (action, resource) = lines
        .next()
        .and_then(|it| it.split_once(' '))
        .unwrap_or_default();
    let mut context = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        let values = context.entry(key.to_ascii_lowercase()).or_default();
        values.push(value.to_owned());
    }
    let request = Request {
        action,
        resource,
        context: &context,
    };
    let Ok(policy) = Policy::parse("own", document) else {
        return;
    };
    let alone = policy.decide(&request);
    let roles = of_everybody(document);
    as_explained(alone, &roles.explain(roles.of_anyone(), &request));

    let view = roles.view(action, resource.into());
    let seen = view.decide(roles.of_anyone(), None, &context);
    assert_eq!(effect(seen), effect(alone));
    assert!(!seen.is_allowed() || view.may_allow(roles.of_anyone()));
    assert!(seen.is_allowed() || !view.always_allows(roles.of_anyone()));
    // A session with the same policy takes nothing away, and gives nothing.
    let narrowed = view.decide(roles.of_anyone(), Some(&policy), &context);
    assert_eq!(narrowed.is_allowed(), seen.is_allowed());

    for (more, wins) in [(Effect::Deny, Effect::Deny), (Effect::Allow, Effect::Allow)] {
        let longer = of_everybody(&with(document, more));
        let view = longer.view(action, resource.into());
        let decided = view.decide(longer.of_anyone(), None, &context);
        let denied = effect(alone) == Some(Effect::Deny);
        assert_eq!(
            effect(decided),
            Some(if denied { Effect::Deny } else { wins })
        );
        let _ = longer.advice(&[action], &[resource.into()]);
    }
}

/// The roles of a system in which everybody has this policy.
fn of_everybody(document: &str) -> Roles {
    let roles = json!({ "everybody": { "callers": ["anyone"], "policies": ["own"] } });
    Roles::parse(&roles.to_string(), [("own", document)]).expect("it was read before")
}

fn effect(decision: Decision<'_>) -> Option<Effect> {
    match decision {
        Decision::Allowed(_) => Some(Effect::Allow),
        Decision::Denied(_) => Some(Effect::Deny),
        Decision::NotAllowed | Decision::NotInSession => None,
    }
}

/// A statement that denies and applies decides; else one that allows and applies.
fn as_explained(decision: Decision<'_>, explained: &[Explained<'_>]) {
    let applying = explained
        .iter()
        .filter(|it| matches!(it.outcome, Outcome::Applies));
    let of = |effect| applying.clone().filter(move |it| it.effect == effect);
    match decision {
        Decision::Denied(place) => assert!(of(Effect::Deny).any(|it| it.place == place)),
        Decision::Allowed(place) => {
            assert!(of(Effect::Allow).any(|it| it.place == place));
            assert!(of(Effect::Deny).next().is_none());
        }
        Decision::NotAllowed => assert!(applying.clone().next().is_none()),
        Decision::NotInSession => unreachable!("there is no session"),
    }
    // For people: it has to be sayable.
    let _ = explained.iter().map(Explained::to_string).count();
}

/// The same document with a statement at its end that applies to everything.
fn with(document: &str, effect: Effect) -> String {
    let mut document = json::parse(document).expect("it was read before");
    let statements = &mut document["Statement"];
    if !statements.is_array() {
        *statements = Value::Array(vec![statements.take()]);
    }
    let effect = match effect {
        Effect::Allow => "Allow",
        Effect::Deny => "Deny",
    };
    let last = json!({ "Effect": effect, "Action": "*", "Resource": "*" });
    let statements = statements.as_array_mut().expect("it is one now");
    statements.push(last);
    document.to_string()
}

#[test]
fn inputs_that_were_found_once_find_nothing_any_more() {
    testkit::corpus::replay("policy", policy);
}
