use kit::seal::{SealingKey, ShortKey};
use secrecy::SecretString;

fn key(letter: char) -> SecretString {
    letter.to_string().repeat(32).into()
}

fn sealing(letter: char, purpose: &str) -> SealingKey {
    SealingKey::new(&key(letter), purpose).unwrap()
}

#[test]
fn what_one_seals_another_with_the_same_key_opens_for_the_same_purpose_alone() {
    let sealed = sealing('a', "letters").seal("Dear Rose");

    let opened = sealing('a', "letters").open(&sealed);

    assert_eq!(opened.as_deref(), Some(&b"Dear Rose"[..]));
    assert_eq!(sealing('a', "tokens").open(&sealed), None);
    assert_eq!(sealing('b', "letters").open(&sealed), None);
    assert_ne!(sealing('a', "letters").seal("Dear Rose"), sealed);
}

#[test]
fn what_was_changed_or_is_too_short_is_not_opened() {
    let key = sealing('a', "letters");
    let sealed = key.seal("Dear Rose");

    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(key.open(&changed), None, "{at}");
    }
    for length in 0..sealed.len() {
        assert_eq!(key.open(&sealed[..length]), None, "{length}");
    }
}

#[test]
fn a_short_key_is_refused() {
    let short = SealingKey::new(&"short".into(), "letters");

    assert_eq!(short.err(), Some(ShortKey));
}
