use std::sync::Arc;

use kit::identity::{Caller, Minter};

#[test]
fn the_same_caller_gets_the_same_token_for_a_while_and_another_one_does_not() {
    let minter = Minter::new("orders", &"an-invoke-key-of-a-unit-test-32b".into()).unwrap();
    let staff = Caller {
        groups: ["staff".into()].into(),
        ..caller("list")
    };

    let token = minter.mint(caller("list"));

    assert_eq!(minter.mint(caller("list")), token);
    assert_ne!(minter.mint(caller("read")), token);
    assert_ne!(minter.mint(staff), token);
}

fn caller(route: &str) -> Caller {
    Caller {
        issuer: "edge".into(),
        subject: None,
        groups: Arc::default(),
        route: route.into(),
    }
}
