use std::process::Command;

use secrecy::{ExposeSecret, SecretString};
use users::{Config, ConnectError, generate_signing_key};

use crate::app::config;

const STORE: (&str, &str) = ("USERS__STORE", "sqlite:users.db");
const LETTERS: (&str, &str) = ("USERS__LETTER_KEYS", "an-invoke-key-for-tests-alone-01");

fn environment(pairs: &[(&str, &str)]) -> Result<Config, kit::config::ConfigError> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kit::config::load_from("USERS__", None, pairs.collect())
}

#[test]
fn the_readme_lists_every_operation() {
    let readme = include_str!("../../README.md");

    for secret in [
        "USERS__INVOKE_KEYS",
        "USERS__SIGNING_KEY",
        "USERS__LETTER_KEYS",
    ] {
        assert!(readme.contains(&format!("| `{secret}` | | ")), "{secret}");
    }
    let document = serde_json::to_value(users::openapi()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let operation = format!("`{} {path}`", method.to_uppercase());
            assert!(readme.contains(&operation), "missing: {operation}");
        }
    }
}

#[test]
fn the_environment_sets_keys_and_store() {
    let config = environment(&[
        ("USERS__STORE", "sqlite:elsewhere.db"),
        (
            "USERS__INVOKE_KEYS",
            "the-new-key-of-32-bytes-or-more1,the-old-key-of-32-bytes-or-more1",
        ),
    ]);

    let config = config.unwrap();
    assert_eq!(config.store.to_string(), "sqlite:elsewhere.db");
    let keys: Vec<_> = config
        .invoke_keys
        .iter()
        .map(ExposeSecret::expose_secret)
        .collect();
    assert_eq!(
        keys,
        [
            "the-new-key-of-32-bytes-or-more1",
            "the-old-key-of-32-bytes-or-more1"
        ]
    );
    let shown = format!("{config:?}");
    assert!(!shown.contains("32-bytes"), "{shown}");
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(folder.path().join("users.db"));
    let key = Config {
        signing_key: "not a key".into(),
        ..good.clone()
    };
    let weak = Config {
        invoke_keys: vec!["short".into()],
        ..good.clone()
    };
    let letters = |keys: Vec<SecretString>| Config {
        letter_keys: keys,
        ..good.clone()
    };
    let store = Config {
        store: kit::store::StoreUrl::Sqlite(folder.path().join("missing/users.db")),
        ..good.clone()
    };

    let refused = async |config: &Config| users::connect(config).await.err().unwrap();

    assert!(matches!(refused(&key).await, ConnectError::SigningKey(_)));
    assert!(refused(&key).await.to_string().starts_with("signing_key: "));
    for keys in [vec![], vec!["short".into()]] {
        let refused = refused(&letters(keys)).await.to_string();
        assert!(refused.starts_with("letter_keys: "), "{refused}");
    }
    assert!(
        refused(&weak)
            .await
            .to_string()
            .starts_with("invoke_keys: ")
    );
    assert!(
        refused(&store)
            .await
            .to_string()
            .contains("missing/users.db")
    );
    let ready = users::connect(&good).await.unwrap().ready();
    assert_eq!(ready().await, Ok(()));
}

#[test]
fn the_program_refuses_what_it_cannot_use_with_one_sentence() {
    let key = generate_signing_key();
    let key = ("USERS__SIGNING_KEY", key.expose_secret());

    for (settings, named) in [
        (vec![STORE], "signing_key"),
        (vec![STORE, key], "letter_keys"),
        (
            vec![STORE, key, ("USERS__INVOKE_KEYS", "short")],
            "invoke_keys",
        ),
        (vec![STORE, key, ("USERS__LISTEN", "nowhere")], "listen"),
        (vec![STORE, key, ("USERS__PORT", "1")], "port"),
        (vec![("USERS__STORE", "mysql://users")], "sqlite:<path>"),
    ] {
        refuses(&settings, named);
    }
}

#[test]
fn the_program_refuses_to_call_orders_without_a_key() {
    let key = generate_signing_key();
    let key = ("USERS__SIGNING_KEY", key.expose_secret());

    refuses(&[STORE, key, LETTERS], "orders.invoke_key");
}

#[test]
fn the_program_refuses_to_call_notices_without_a_key() {
    let key = generate_signing_key();
    let key = ("USERS__SIGNING_KEY", key.expose_secret());

    refuses(
        &[
            STORE,
            key,
            LETTERS,
            ("USERS__ORDERS__INVOKE_KEY", LETTERS.1),
        ],
        "notices.invoke_key",
    );
}

/// Starts the program, which ends with one sentence that names a setting.
#[track_caller]
fn refuses(settings: &[(&str, &str)], named: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_users"))
        .current_dir(&folder)
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("users: ") && said.contains(named),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}
