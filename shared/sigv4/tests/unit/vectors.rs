//! AWS's own signing test suite, read from the published source of the crate `aws-sigv4`: all 38 complete
//! cases, each signed in its header and in its query.

use sigv4::Refusal;

use crate::suite::{Case, cases};

/// What `http::Request` cannot carry: a folded header, and spaces in a target.
const NOT_HTTP: [&str; 3] = [
    "get-header-value-multiline",
    "get-space-normalized",
    "get-space-unnormalized",
];

#[test]
fn every_signature_of_the_suite_is_accepted() {
    let cases = cases();

    for case in &cases {
        assert_eq!(case.verify(), Ok(()), "{}", case.name);
    }
    assert_eq!(cases.len(), 76);
}

#[test]
fn every_signature_that_http_can_carry_is_accepted() {
    let mut carried = 0;
    for case in cases() {
        let folder = case.name.split('/').next().unwrap();
        match case.as_http() {
            Some(parts) => {
                carried += 1;
                assert_eq!(case.verify_parts(&parts), Ok(()), "{}", case.name);
            }
            None => assert!(NOT_HTTP.contains(&folder), "{}", case.name),
        }
    }
    assert_eq!(carried, 70);
}

#[test]
fn every_flipped_bit_is_noticed() {
    for case in cases() {
        let refused = |changed: &Case, what: &str| {
            assert!(changed.verify().is_err(), "{}: {what}", case.name);
        };
        let flipped = |bytes: &[u8]| {
            let bytes = bytes.to_vec();
            (0..bytes.len()).map(move |at| {
                let mut bytes = bytes.clone();
                bytes[at] ^= 1;
                bytes
            })
        };
        for method in flipped(case.method.as_bytes()) {
            let mut changed = case.clone();
            changed.method = String::from_utf8(method).unwrap();
            refused(&changed, &changed.method);
        }
        for body in flipped(&case.body) {
            let mut changed = case.clone();
            changed.body = body;
            refused(&changed, "its body");
        }
        // There a dot is as good as a slash.
        let has_several_forms = ["relative", "slash"]
            .iter()
            .any(|it| case.name.contains(it));
        for target in flipped(&case.target).filter(|_| !has_several_forms) {
            let mut changed = case.clone();
            changed.target = target;
            refused(&changed, &String::from_utf8_lossy(&changed.target));
        }
        for (at, (name, value)) in case.headers.iter().enumerate() {
            for value in flipped(value) {
                let mut changed = case.clone();
                changed.headers[at].1 = value;
                refused(&changed, name);
            }
            let mut changed = case.clone();
            changed.headers.remove(at);
            refused(&changed, name);
        }
    }
}

#[test]
fn a_header_that_is_not_signed_may_come_and_go() {
    for mut case in cases() {
        case.headers
            .push(("User-Agent".into(), b"a gardener".to_vec()));

        assert_eq!(case.verify(), Ok(()), "{}", case.name);
    }
}

#[test]
fn a_header_of_aws_that_is_not_signed_is_refused() {
    for mut case in cases() {
        case.headers
            .push(("X-Amz-Meta".into(), b"a gardener".to_vec()));

        let refused = case.verify().unwrap_err();

        assert!(
            matches!(refused, Refusal::IncompleteSignature(_)),
            "{}",
            case.name
        );
    }
}
