//! What holds of every set of policies, whatever is in them.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod generated;

use policy::{Decision, Policy, Request, Roles};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::generated::{Asked, asked, document, statement};

/// The roles of a system in which everybody has this policy.
fn roles(statements: &[Value]) -> Roles {
    let roles = json!({ "everybody": { "callers": ["anyone"], "policies": ["own"] } });
    Roles::parse(&roles.to_string(), [("own", &*document(statements))]).unwrap()
}

/// Whether somebody may who has these statements, and one session or none.
fn decide(statements: &[Value], session: Option<&[Value]>, asked: &Asked) -> &'static str {
    let roles = roles(statements);
    let session = session.map(|it| Policy::parse("session", &document(it)).unwrap());
    let view = roles.view(&asked.action, asked.resource.as_str().into());
    match view.decide(roles.of_anyone(), session.as_ref(), &asked.context) {
        Decision::Allowed(_) => "allowed",
        Decision::Denied(_) => "denied",
        Decision::NotAllowed | Decision::NotInSession => "not allowed",
    }
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(statement(), 1..6)
}

fn denial(asked: &Asked) -> Value {
    json!({ "Effect": "Deny", "Action": asked.action, "Resource": asked.resource })
}

proptest! {
    #[test]
    fn what_is_denied_is_denied_whatever_else_is_allowed(all in statements(), asked in asked()) {
        let denied = [all, vec![denial(&asked)]].concat();

        prop_assert_eq!(decide(&denied, None, &asked), "denied");
    }

    #[test]
    fn the_order_of_statements_does_not_matter(
        (all, shuffled) in statements().prop_flat_map(|it| (Just(it.clone()), Just(it).prop_shuffle())),
        asked in asked(),
    ) {
        prop_assert_eq!(decide(&all, None, &asked), decide(&shuffled, None, &asked));
    }

    #[test]
    fn another_allow_takes_nothing_away(all in statements(), mut more in statement(), asked in asked()) {
        more["Effect"] = "Allow".into();
        let before = decide(&all, None, &asked);

        let after = decide(&[all, vec![more]].concat(), None, &asked);

        prop_assert!(before == after || (before, after) == ("not allowed", "allowed"), "{} {}", before, after);
    }

    #[test]
    fn a_session_can_only_narrow(all in statements(), session in statements(), asked in asked()) {
        let together = decide(&all, Some(&session), &asked) == "allowed";

        let each = [&all, &session].map(|alone| decide(alone, None, &asked) == "allowed");
        prop_assert_eq!(together, each == [true, true]);
    }

    #[test]
    fn an_operation_is_decided_as_all_statements_together_would(all in statements(), asked in asked()) {
        let policy = Policy::parse("own", &document(&all)).unwrap();
        let Asked { action, resource, context } = &asked;
        let whole = policy.decide(&Request { action, resource, context });

        let roles = roles(&all);
        let view = roles.view(action, resource.as_str().into());
        let seen = view.decide(roles.of_anyone(), None, context);
        prop_assert_eq!(seen.is_allowed(), whole.is_allowed());
        prop_assert_eq!(matches!(seen, Decision::Denied(_)), matches!(whole, Decision::Denied(_)));
        prop_assert!(!seen.is_allowed() || view.may_allow(roles.of_anyone()));
        prop_assert!(seen.is_allowed() || !view.always_allows(roles.of_anyone()));
    }

    #[test]
    fn what_is_explained_is_what_was_decided(all in statements(), asked in asked()) {
        let roles = roles(&all);
        let Asked { action, resource, context } = &asked;
        let request = Request { action, resource, context };

        let applying = roles.explain(roles.of_anyone(), &request);

        let mut applying = applying.iter().filter(|it| matches!(it.outcome, policy::Outcome::Applies));
        let view = roles.view(action, resource.as_str().into());
        match view.decide(roles.of_anyone(), None, context) {
            Decision::NotAllowed => prop_assert!(applying.next().is_none()),
            Decision::Allowed(place) | Decision::Denied(place) => {
                prop_assert!(applying.any(|it| it.place == place));
            }
            Decision::NotInSession => prop_assert!(false, "there is no session"),
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        let _ = Policy::parse("own", &text);
    }
}
