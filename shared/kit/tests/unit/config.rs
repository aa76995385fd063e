//! Settings out of the environment and files, and what is told of them.

use std::collections::HashMap;

use kit::{
    config::{ConfigError, list, load_from, settings},
    program::{ServiceConfig, Settings},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Shop {
    /// The port, 0 for any.
    port: u16,
    /// Who may come in.
    #[serde(deserialize_with = "list")]
    guests: Vec<String>,
    /// How it rests.
    store: Store,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Store {
    /// Where the data is.
    url: String,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            port: 8080,
            guests: Vec::new(),
            store: Store::default(),
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: "sqlite:shop.db".to_owned(),
        }
    }
}

fn with(pairs: &[(&str, &str)]) -> Result<Shop, ConfigError> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    load_from("SHOP__", None, pairs.collect())
}

#[test]
fn the_environment_overrides_a_default_and_leaves_the_others() {
    let shop = with(&[("SHOP__STORE__URL", "sqlite:other.db"), ("PORT", "1")]).unwrap();

    assert_eq!(
        (shop.port, shop.store.url.as_str()),
        (8080, "sqlite:other.db")
    );
}

#[test]
fn an_unknown_key_and_a_wrong_value_are_refused_by_name() {
    let unknown = with(&[("SHOP__PROT", "1")]).unwrap_err().to_string();
    let wrong = with(&[("SHOP__PORT", "many")]).unwrap_err().to_string();

    assert!(unknown.contains("prot"), "{unknown}");
    assert!(wrong.contains("port") && wrong.contains("many"), "{wrong}");
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    std::fs::write(&file, "sqlite:secret.db\n").unwrap();

    let shop = with(&[("SHOP__STORE__URL_FILE", file.to_str().unwrap())]).unwrap();

    assert_eq!(shop.store.url, "sqlite:secret.db");
}

#[test]
fn a_value_that_looks_like_a_number_stays_as_it_is() {
    let key = "00112233445566778899001122334455";
    let one = with(&[("SHOP__STORE__URL", key), ("SHOP__GUESTS", key)]).unwrap();
    let two = with(&[("SHOP__GUESTS", &format!("{key},1e3,true"))]).unwrap();

    assert_eq!(one.store.url, key);
    assert_eq!(one.guests, [key]);
    assert_eq!(two.guests, [key, "1e3", "true"]);
}

#[test]
fn a_fault_of_a_list_does_not_show_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.toml");
    std::fs::write(&file, "guests = 123456\n").unwrap();

    let fault = load_from::<Shop>("SHOP__", Some(&file), HashMap::new()).unwrap_err();

    let sentence = fault.to_string();
    assert!(sentence.contains("guests"), "{sentence}");
    assert!(!sentence.contains("123456"), "{sentence}");
}

#[test]
fn a_setting_that_is_given_in_both_ways_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("url");
    std::fs::write(&file, "sqlite:secret.db\n").unwrap();
    let file = file.to_str().unwrap();

    let twice = [
        ("SHOP__STORE__URL", "sqlite:other.db"),
        ("SHOP__STORE__URL_FILE", file),
    ];
    let sentence = with(&twice).unwrap_err().to_string();

    let expected = "SHOP__STORE__URL and SHOP__STORE__URL_FILE are both set: set one";
    assert_eq!(sentence, expected);
}

#[test]
fn a_list_stands_in_a_variable_and_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("shop.toml");
    std::fs::write(&file, "guests = [\"rose\", \"lily\"]\n").unwrap();

    let one = with(&[("SHOP__GUESTS", "rose")]).unwrap();
    let two = with(&[("SHOP__GUESTS", "rose, lily")]).unwrap();
    let filed: Shop = load_from("SHOP__", Some(&file), HashMap::new()).unwrap();

    assert_eq!(one.guests, ["rose"]);
    assert_eq!(two.guests, ["rose", "lily"]);
    assert_eq!(filed.guests, ["rose", "lily"]);
}

#[test]
fn every_setting_is_listed_with_variable_default_and_meaning() {
    let listed = settings::<Shop>("SHOP__");

    let port = listed.iter().find(|setting| setting.key == "port").unwrap();
    assert_eq!(port.variable, "SHOP__PORT");
    assert_eq!(port.default.as_deref(), Some("8080"));
    let url = listed.iter().find(|setting| setting.key == "store.url");
    assert_eq!(url.unwrap().meaning, "Where the data is.");
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Garden {
    /// How many roses there are.
    roses: u8,
}

impl ServiceConfig for Garden {
    const NAME: &'static str = "garden";
    const PORT: u16 = 8099;
}

fn load_garden(pairs: &[(&str, &str)]) -> Result<Settings<Garden>, String> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (format!("GARDEN__{name}"), value.to_string()));
    load_from("GARDEN__", None, pairs.collect()).map_err(|fault| fault.to_string())
}

#[test]
fn the_settings_of_every_service_stand_beside_its_own() {
    let loaded = load_garden(&[
        ("LISTEN", "0.0.0.0:1"),
        ("ROSES", "3"),
        ("LOG_FORMAT", "json"),
    ]);

    let Settings { server, own } = loaded.unwrap();
    assert_eq!((server.listen.port(), own.roses), (1, 3));
    assert_eq!(server.admin_listen.port(), 9099);
    let listed = settings::<Settings<Garden>>("GARDEN__");
    let listed: Vec<&str> = listed.iter().map(|setting| &*setting.variable).collect();
    assert_eq!(
        listed,
        [
            "GARDEN__ACME__CONTACT",
            "GARDEN__ACME__DIRECTORY",
            "GARDEN__ACME__DOMAINS",
            "GARDEN__ACME__FOLDER",
            "GARDEN__ACME__ROOT",
            "GARDEN__ADMIN_LISTEN",
            "GARDEN__CALLERS",
            "GARDEN__IDENTITY_AUTHORITY",
            "GARDEN__IDENTITY_CERTIFICATE",
            "GARDEN__IDENTITY_KEY",
            "GARDEN__IDLE_S",
            "GARDEN__LISTEN",
            "GARDEN__LOG_FORMAT",
            "GARDEN__LOG_LEVEL",
            "GARDEN__OTLP",
            "GARDEN__OTLP_RATIO",
            "GARDEN__REDIRECT_LISTEN",
            "GARDEN__REDIRECT_PORT",
            "GARDEN__ROSES",
            "GARDEN__TLS_CERTIFICATE",
            "GARDEN__TLS_HSTS_S",
            "GARDEN__TLS_KEY",
        ]
    );
}

#[test]
fn whosever_setting_is_wrong_it_is_named() {
    for (key, value) in [
        ("LISTEN", "nowhere"),
        ("LOG_FORMAT", "loud"),
        ("OTLP_RATIO", "half"),
        ("OTLP_RATIO", "2"),
        ("OTLP_RATIO", "-0.1"),
        ("OTLP_RATIO", "NaN"),
        ("OTLP_RATIO", "inf"),
        ("IDLE_S", "0"),
        ("IDLE_S", "86401"),
        ("IDLE_S", "-1"),
        ("ROSES", "many"),
        ("TULIPS", "1"),
    ] {
        let fault = load_garden(&[(key, value)]).unwrap_err();
        assert!(fault.contains(&key.to_lowercase()), "{fault}");
    }
}
