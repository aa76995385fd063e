//! Names that fit, and what is renamed.

use super::*;

const LOCK: &str =
    "[[package]]\nname = \"tokio\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"users\"\n";

#[test]
fn a_name_fits_everywhere_or_is_refused() {
    for name in ["green", "a", "green2", "abcdefghijklmnopqrst"] {
        assert!(check(name, LOCK).is_ok(), "{name}");
    }
    for (name, why) in [
        ("", "no name"),
        ("Acme", "no name"),
        ("2green", "no name"),
        ("my-shop", "no name"),
        ("my_shop", "no name"),
        ("grün", "no name"),
        ("../up", "no name"),
        ("abcdefghijklmnopqrstu", "no name"),
        ("impl", "word of Rust"),
        ("self", "word of Rust"),
        ("tokio", "crate"),
        ("users", "crate"),
        ("std", "word of Rust"),
        (NAME, "already"),
    ] {
        let refused = check(name, LOCK).unwrap_err().to_string();
        assert!(refused.contains(why), "{name}: {refused}");
    }
}

#[test]
fn the_name_is_replaced_as_it_is_written_and_within_no_word() {
    let [small, title, big] = [NAME.to_owned(), title(NAME), NAME.to_uppercase()];
    let cases = [
        (format!("{big}_EDGE__PORT"), "GREEN_EDGE__PORT"),
        (format!("__Host-{small}_refresh"), "__Host-green_refresh"),
        (format!("use {small}::config;"), "use green::config;"),
        (format!("{title}: a shop"), "Green: a shop"),
        (format!("in{title}Shop"), "inGreenShop"),
        (format!("{small}{small}"), &*format!("{small}{small}")),
        (format!("{small}d gardens"), &*format!("{small}d gardens")),
        (format!("ASIA{big}EXAMPLE"), &*format!("ASIA{big}EXAMPLE")),
        (format!("{small}/{small} {small}"), "green/green green"),
    ];
    for (text, expected) in cases {
        assert_eq!(renamed(&text, "green"), expected);
    }
}

#[test]
fn a_file_moves_with_its_folder_and_what_does_not_change_is_left_alone() {
    let file = format!("services/{NAME}/src/main.rs");

    let moved = change(&file, "fn main() {}", "green").unwrap();

    assert_eq!(moved.to, "services/green/src/main.rs");
    assert_eq!(moved.text, "fn main() {}");
    assert_eq!(change("README.md", "A garden shop.", "green"), None);
}
