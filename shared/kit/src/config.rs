//! Settings: one struct a program, read and checked before a port is bound.
//!
//! Order: the struct's defaults, then a TOML file, then the environment
//! (`ORDERS__STORE__URL` sets `store.url`; `ORDERS__INVOKE_KEY_FILE` names a file that holds
//! `invoke_key`). Only this module reads the environment. Unknown keys are refused by the struct's
//! `#[serde(deny_unknown_fields)]`.

use std::{collections::HashMap, fmt, marker::PhantomData, path::Path};

use config::{Config, Environment, File, FileFormat};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, SeqAccess, Visitor},
};
use utoipa::{PartialSchema, ToSchema, openapi};

/// A setting that cannot be used; the sentence names key, value and expected form.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Some layer has a wrong or unknown key.
    #[error(transparent)]
    Invalid(#[from] config::ConfigError),
    /// The file of a `…_FILE` variable cannot be read.
    #[error("{variable}: cannot read {path}: {source}")]
    SecretFile {
        /// The environment variable.
        variable: String,
        /// The path that it names.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// Reads the settings. `prefix` begins every variable: `ORDERS__` or `TERRACE_`.
pub fn load<T>(prefix: &str, file: Option<&Path>) -> Result<T, ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    load_from(prefix, file, std::env::vars().collect())
}

/// [`load`] with the environment given.
pub fn load_from<T>(
    prefix: &str,
    file: Option<&Path>,
    environment: HashMap<String, String>,
) -> Result<T, ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    let own = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix));
    let own = own
        .map(read_secret_file)
        .collect::<Result<HashMap<_, _>, _>>()?;
    let own = own
        .into_iter()
        .map(|(name, value)| (name[prefix.len()..].to_owned(), value));
    let environment = Environment::default().separator("__").try_parsing(true);

    let mut layers = Config::builder().add_source(Config::try_from(&T::default())?);
    if let Some(file) = file {
        layers = layers.add_source(File::from(file).format(FileFormat::Toml));
    }
    let layers = layers.add_source(environment.source(Some(own.collect())));
    Ok(layers.build()?.try_deserialize()?)
}

fn read_secret_file((variable, value): (String, String)) -> Result<(String, String), ConfigError> {
    let Some(name) = variable.strip_suffix("_FILE") else {
        return Ok((variable, value));
    };
    let text = std::fs::read_to_string(&value).map_err(|source| ConfigError::SecretFile {
        variable: variable.clone(),
        path: value.clone(),
        source,
    })?;
    Ok((name.to_owned(), text.trim().to_owned()))
}

/// Shows nothing of a setting; for `#[serde(serialize_with = "kit::config::secret")]`, which unlike
/// `skip_serializing` leaves the setting in the table.
pub fn secret<T, S: Serializer>(_: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("")
}

/// Reads a list of settings that a variable can hold too, as one text with commas between; for
/// `#[serde(deserialize_with = "kit::config::list")]`. A fault never shows the text: it may be secret.
pub fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: From<String>,
{
    struct ListVisitor<T>(PhantomData<T>);

    impl<'de, T: From<String>> Visitor<'de> for ListVisitor<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or a text with commas between")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<T>, E> {
            let items = text.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            Ok(items.map(|item| T::from(item.to_owned())).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element::<String>()? {
                list.push(T::from(item));
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(ListVisitor(PhantomData))
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// As usual.
    On,
    /// Not at all.
    Off,
}

/// One line of a table of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its path in a file, e.g. `store.url`.
    pub key: String,
    /// Its variable, e.g. `ORDERS__STORE__URL`.
    pub variable: String,
    /// Its default as JSON; none for a secret and for what must be given.
    pub default: Option<String>,
    /// What it means, from the field's documentation.
    pub meaning: String,
}

/// Every setting of `T`, for `--help` and the READMEs.
pub fn settings<T: ToSchema + Default + Serialize>(prefix: &str) -> Vec<Setting> {
    let mut schemas = Vec::new();
    T::schemas(&mut schemas);
    let schemas: HashMap<_, _> = schemas.into_iter().collect();
    let defaults = serde_json::to_value(T::default()).unwrap_or_default();
    let mut found = Vec::new();
    collect(
        &<T as PartialSchema>::schema(),
        &defaults,
        "",
        prefix,
        &schemas,
        &mut found,
    );
    found
}

/// The head of [`settings_table`], by which a page's table is found.
pub const TABLE_HEAD: &str = "| variable | default | meaning |\n|---|---|---|\n";

/// Every setting of `T` as a Markdown table.
pub fn settings_table<T: ToSchema + Default + Serialize>(prefix: &str) -> String {
    let rows = settings::<T>(prefix).into_iter().map(|setting| {
        let default = setting.default.unwrap_or_default();
        let default = match default.trim_matches('"') {
            "" | "{}" | "[]" => String::new(),
            default => format!("`{default}` "),
        };
        format!(
            "| `{}` | {default}| {} |\n",
            setting.variable, setting.meaning
        )
    });
    TABLE_HEAD.to_owned() + &rows.collect::<String>()
}

/// Every setting of `T` as text, for `--help`.
pub fn help<T: ToSchema + Default + Serialize>(prefix: &str) -> String {
    let mut text = String::from(
        "Settings, by variable of the environment (`<variable>_FILE` names a file that holds it):\n",
    );
    for setting in settings::<T>(prefix) {
        let default = setting.default.unwrap_or_else(|| "none".to_owned());
        text.push_str(&format!(
            "\n  {}\n      {} Default: {default}\n",
            setting.variable, setting.meaning
        ));
    }
    text
}

fn collect(
    schema: &openapi::RefOr<openapi::Schema>,
    defaults: &serde_json::Value,
    path: &str,
    prefix: &str,
    schemas: &HashMap<String, openapi::RefOr<openapi::Schema>>,
    found: &mut Vec<Setting>,
) {
    let schema = match schema {
        openapi::RefOr::Ref(reference) => {
            let name = reference
                .ref_location
                .rsplit('/')
                .next()
                .unwrap_or_default();
            if let Some(schema) = schemas.get(name) {
                collect(schema, defaults, path, prefix, schemas, found);
            }
            return;
        }
        openapi::RefOr::T(schema) => schema,
    };
    let openapi::Schema::Object(object) = schema else {
        return;
    };
    for (name, field) in &object.properties {
        let key = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        let default = &defaults[name.as_str()];
        let before = found.len();
        if default.is_object() {
            collect(field, default, &key, prefix, schemas, found);
        }
        if found.len() == before {
            let variable = format!("{prefix}{}", key.replace('.', "__").to_uppercase());
            let default = (!default.is_null()).then(|| default.to_string());
            found.push(Setting {
                variable,
                default,
                meaning: meaning(field),
                key,
            });
        }
    }
}

fn meaning(field: &openapi::RefOr<openapi::Schema>) -> String {
    let text = match field {
        openapi::RefOr::Ref(reference) => Some(reference.description.clone()),
        openapi::RefOr::T(openapi::Schema::Object(object)) => object.description.clone(),
        openapi::RefOr::T(openapi::Schema::Array(array)) => array.description.clone(),
        openapi::RefOr::T(openapi::Schema::OneOf(one_of)) => one_of.description.clone(),
        openapi::RefOr::T(_) => None,
    };
    text.unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
