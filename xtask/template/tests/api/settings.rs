//! The settings as a process reads them, and as the README has them.

use std::collections::HashMap;

use kit::{
    config::{load_from, settings_table},
    program::{ServiceConfig, Settings},
};
use nursery::Config;

fn load(name: &str, value: &str) -> Result<Settings<Config>, String> {
    let pairs = HashMap::from([(name.to_owned(), value.to_owned())]);
    load_from(&Config::prefix(), None, pairs).map_err(|fault| fault.to_string())
}

#[test]
fn a_setting_that_cannot_be_is_refused_by_name() {
    let unknown = load("NURSERY__COLOUR", "green").err().unwrap();
    let store = load("NURSERY__STORE", "mysql://me:hush@db").err().unwrap();

    assert!(unknown.contains("colour"), "{unknown}");
    assert!(store.contains("sqlite:<path>"), "{store}");
    assert!(!store.contains("hush"), "{store}");
}

#[test]
fn the_readme_has_the_table_of_all_settings() {
    let table = settings_table::<Settings<Config>>(&Config::prefix());

    assert!(include_str!("../../README.md").contains(&table));
}
