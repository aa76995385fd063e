//! Roles: who has which policies, what is explained, and what looks like a mistake.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use std::sync::Arc;

use policy::{Key, Request, Roles, Vocabulary};
use serde_json::{Value, json};

const PLANTS: &str = "arn:terrace:execute-api:local:shop:v1/GET/plants";
const PLANT: &str = "arn:terrace:execute-api:local:shop:v1/GET/plants/{id}";
const INVOKE: &str = "execute-api:Invoke";

fn statement(sid: &str, effect: &str, resource: Value) -> Value {
    json!({ "Sid": sid, "Effect": effect, "Action": INVOKE, "Resource": resource })
}

/// `public` for everybody, `staff` for the staff.
fn roles(public: Value, staff: Value) -> Roles {
    let roles = json!({
        "everybody": { "callers": ["anyone"], "policies": ["public"] },
        "staff": { "callers": ["group:staff"], "policies": ["staff"] },
    });
    let document =
        |statement: Value| json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    let (public, staff) = (document(public), document(staff));
    Roles::parse(
        &roles.to_string(),
        [("public", &*public), ("staff", &*staff)],
    )
    .unwrap()
}

fn advice(roles: &Roles) -> Vec<String> {
    let operations: Vec<Arc<str>> = vec![PLANTS.into(), PLANT.into()];
    roles.advice(&[INVOKE, "execute-api:InvalidateCache"], &operations)
}

#[test]
fn a_caller_has_the_roles_of_everybody_of_users_and_of_its_groups() {
    let roles = roles(
        statement("List", "Allow", json!(PLANTS)),
        statement("Read", "Allow", json!(PLANT)),
    );
    let view = roles.view(INVOKE, PLANT.into());
    let allowed = |set| view.decide(set, None, &()).is_allowed();

    assert!(!allowed(roles.of_anyone()));
    assert!(!allowed(roles.of_user(["customer"])));
    assert!(allowed(roles.of_user(["customer", "staff"])));
    assert!(view.may_allow(roles.of_user(["staff"])) && !view.may_allow(roles.of_anyone()));
    assert_eq!(
        roles.names(roles.of_user(["staff"])),
        ["everybody", "staff"]
    );
    let open = roles.view(INVOKE, PLANTS.into());
    assert!(open.always_allows(roles.of_anyone()) && !view.always_allows(roles.of_anyone()));
}

#[test]
fn each_statement_says_why_it_did_not_decide() {
    let mut at_home = statement("Home", "Allow", json!(PLANTS));
    at_home["Condition"] = json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } });
    let other = json!({ "Sid": "Cache", "Effect": "Deny", "Action": "execute-api:InvalidateCache", "Resource": "*" });
    let roles = roles(
        json!([at_home, other]),
        json!([
            statement("Read", "Allow", json!(PLANT)),
            statement("List", "Allow", json!(PLANTS))
        ]),
    );
    let context = std::collections::BTreeMap::from([(
        "aws:sourceip".to_owned(),
        vec!["203.0.113.9".to_owned()],
    )]);
    let request = Request {
        action: INVOKE,
        resource: PLANTS,
        context: &context,
    };

    let explained = roles.explain(roles.of_anyone(), &request);

    let explained: Vec<String> = explained.iter().map(ToString::to_string).collect();
    assert_eq!(
        explained,
        [
            "`Home` of public asks for IpAddress aws:SourceIp 10.0.0.0/8, and the request has 203.0.113.9",
            "`Cache` of public is for another action",
            "`Read` of staff is for other operations",
            "`List` of staff allows it to the role staff alone",
        ]
    );
}

#[test]
fn statements_without_effect_and_wide_ones_are_told_of() {
    let fine = roles(
        statement("List", "Allow", json!(PLANTS)),
        statement("Read", "Allow", json!(PLANT)),
    );
    assert_eq!(advice(&fine), Vec::<String>::new());

    let beaten = roles(
        statement("Shut", "Deny", json!("*")),
        statement("Read", "Allow", json!([PLANT, PLANTS])),
    );
    assert_eq!(
        advice(&beaten),
        [
            "staff.json: statement 1 (Sid `Read`): is never reached: what it allows is denied to all who have it"
        ]
    );

    let narrower = roles(
        statement("List", "Allow", json!([PLANT, PLANTS])),
        statement("Shut", "Deny", json!("*")),
    );
    assert_eq!(
        advice(&narrower),
        Vec::<String>::new(),
        "others than the staff have it too"
    );

    let nowhere = roles(
        statement("List", "Allow", json!(PLANTS)),
        statement("Read", "Allow", json!(format!("{PLANT}s"))),
    );
    assert_eq!(
        advice(&nowhere),
        ["staff.json: statement 1 (Sid `Read`): matches no operation"]
    );

    let wide = roles(
        statement("List", "Allow", json!(format!("{PLANTS}*"))),
        json!({ "Effect": "Allow", "Action": "*", "NotResource": PLANTS }),
    );
    let told = advice(&wide);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(
        told[0].contains("public.json: statement 1 (Sid `List`)")
            && told[0].contains("opens 2 operations"),
        "{told:#?}"
    );
    assert!(
        told[1].contains("allows all but what it names"),
        "{told:#?}"
    );
    assert!(
        told[2].contains("Action: `*` opens execute-api:Invoke, execute-api:InvalidateCache"),
        "{told:#?}"
    );
}

#[test]
fn words_that_the_system_does_not_know_are_faults() {
    let vocabulary = Vocabulary {
        actions: &[INVOKE],
        keys: &[
            Key::one("aws:SourceIp"),
            Key::several("aws:PrincipalTag/groups"),
        ],
    };
    for (key, value, expected) in [
        (
            "Action",
            json!("execute-api:Invok"),
            "Action: `execute-api:Invok` is no action; these are: execute-api:Invoke",
        ),
        (
            "Resource",
            json!(format!("{PLANT}/${{aws:user}}")),
            "no request has a key `aws:user`",
        ),
        (
            "Condition",
            json!({ "IpAddress": { "aws:SourceIP2": "10.0.0.0/8" } }),
            "Condition.IpAddress.aws:SourceIP2: no request has a key `aws:sourceip2`",
        ),
        (
            "Condition",
            json!({ "StringEquals": { "aws:principaltag/groups": "staff" } }),
            "say ForAnyValue: or ForAllValues:",
        ),
        (
            "Condition",
            json!({ "StringLike": { "aws:SourceIp": "${aws:user}" } }),
            "no request has a key `aws:user`",
        ),
    ] {
        let mut staff = statement("Read", "Allow", json!(PLANT));
        staff[key] = value;
        let faults = roles(statement("List", "Allow", json!(PLANTS)), staff).faults(&vocabulary);

        assert_eq!(faults.len(), 1, "{faults:#?}");
        assert!(
            faults[0].starts_with("staff.json: statement 1 (Sid `Read`): ")
                && faults[0].contains(expected),
            "{faults:#?}"
        );
    }
}

#[test]
fn roles_that_cannot_be_read_are_refused_by_name() {
    for (role, expected) in [
        (
            json!({ "callers": ["everyone"], "policies": [] }),
            "roles.json: r: callers: `everyone`: expected `anyone`",
        ),
        (
            json!({ "callers": ["group:"], "policies": [] }),
            "roles.json: r: callers: `group:`",
        ),
        (
            json!({ "callers": [], "policies": ["own"] }),
            "roles.json: r: policies: there is no own.json",
        ),
        (
            json!({ "callers": [], "policy": [] }),
            "roles.json: r: unknown field `policy`",
        ),
    ] {
        let sentence = Roles::parse(&json!({ "r": role }).to_string(), [])
            .unwrap_err()
            .to_string();
        assert!(sentence.starts_with(expected), "{sentence}, not {expected}");
    }
    let many: serde_json::Map<_, _> = (0..65)
        .map(|at| (at.to_string(), json!({ "callers": [], "policies": [] })))
        .collect();
    let sentence = Roles::parse(&Value::from(many).to_string(), [])
        .unwrap_err()
        .to_string();
    assert!(sentence.contains("65 roles are too many"), "{sentence}");
    let sentence = Roles::parse("{}", [("own", "{}")]).unwrap_err().to_string();
    assert!(sentence.starts_with("own.json: Version: "), "{sentence}");
}

#[test]
fn roles_may_stand_in_several_files_and_each_in_one() {
    let own = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": INVOKE, "Resource": PLANTS,
    } })
    .to_string();
    let role =
        |name: &str| json!({ name: { "callers": ["anyone"], "policies": ["own"] } }).to_string();
    let (gardener, guest) = (role("gardener"), role("guest"));
    let read = |second: &str| {
        Roles::of_files([
            ("next.roles", second),
            ("own", &*own),
            ("roles", &*gardener),
        ])
    };

    let both = read(&guest).unwrap();
    let twice = read(&gardener).unwrap_err().to_string();

    let mut names = both.names(both.of_anyone());
    names.sort_unstable();
    assert_eq!(names, ["gardener", "guest"]);
    assert!(twice.contains("gardener: another file has it"), "{twice}");
}
