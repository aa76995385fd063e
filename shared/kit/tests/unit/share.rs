use kit::share::Shares;

#[test]
fn each_key_holds_its_share_and_gives_it_back() {
    let shares = Shares::new(2);
    let held = [shares.take("a").unwrap(), shares.take("a").unwrap()];

    assert!(shares.take("a").is_none());
    assert!(shares.take("b").is_some(), "another key has its own");

    drop(held);
    assert!(shares.take("a").is_some());
}

#[test]
fn of_nothing_nobody_has_a_share() {
    assert!(Shares::new(0).take("a").is_none());
}
