//! The settings as a process reads them.

use std::collections::HashMap;

use kit::{config::load_from, program::Settings};
use payments::Config;

fn load_all(pairs: &[(&str, &str)]) -> Result<Settings<Config>, String> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    load_from("PAYMENTS__", None, pairs.collect::<HashMap<_, _>>()).map_err(|e| e.to_string())
}

fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
    load_all(pairs).map(|settings| settings.own)
}

#[test]
fn the_environment_sets_every_setting() {
    let Settings {
        server,
        own: config,
    } = load_all(&[
        ("PAYMENTS__LISTEN", "0.0.0.0:1"),
        ("PAYMENTS__STORE", "sqlite:elsewhere.db"),
        ("PAYMENTS__INVOKE_KEYS", "one-key, another-key"),
    ])
    .unwrap();

    assert_eq!(server.listen.port(), 1);
    assert_eq!(config.store.to_string(), "sqlite:elsewhere.db");
    assert_eq!(config.invoke_keys.len(), 2);
}

#[test]
fn a_setting_that_cannot_be_is_refused_by_name() {
    let unknown = load(&[("PAYMENTS__CARD", "x")]).unwrap_err();
    let store = load(&[("PAYMENTS__STORE", "mysql://me:hush@db")]).unwrap_err();

    assert!(unknown.contains("card"), "{unknown}");
    assert!(
        store.contains("mysql:") && store.contains("sqlite:<path>"),
        "{store}"
    );
    assert!(!store.contains("hush"), "{store}");
}

#[tokio::test]
async fn a_key_that_is_too_short_is_refused_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", dir.path().join("payments.db").display());
    let config = load(&[
        ("PAYMENTS__STORE", &store),
        ("PAYMENTS__INVOKE_KEYS", "short"),
    ])
    .unwrap();

    let fault = payments::connect(&config).await.err().unwrap().to_string();

    assert!(
        fault.contains("invoke_keys") && !fault.contains("short"),
        "{fault}"
    );
    assert!(!format!("{config:?}").contains("short"));
}
