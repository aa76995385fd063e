//! Settings: one struct a program, read and checked before a port is bound.
//!
//! Order: the struct's defaults, then a TOML file, then the environment
//! (`ORDERS__STORE__URL` sets `store.url`; `ORDERS__INVOKE_KEY_FILE` names a file that holds
//! `invoke_key`). Only this module reads the environment. Unknown keys are refused by the struct's
//! `#[serde(deny_unknown_fields)]`.

mod table;

use std::{collections::HashMap, ffi::OsString, path::Path};

use config::{Config, Environment, File, FileFormat};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned},
};
use utoipa::ToSchema;

pub use table::{Setting, TABLE_HEAD, help, settings, settings_table};

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
    /// It is given in both ways.
    #[error("{0} and {0}_FILE are both set: set one")]
    Twice(String),
    /// The variable cannot be read.
    #[error("{0}: expected text in UTF-8")]
    NotText(String),
}

/// Reads the settings. `prefix` begins every variable: `ORDERS__` or `TERRACE_`.
pub fn load<T>(prefix: &str, file: Option<&Path>) -> Result<T, ConfigError>
where
    T: Default + Serialize + DeserializeOwned,
{
    load_from(prefix, file, texts(prefix, std::env::vars_os())?)
}

/// The variables that begin with `prefix`; others are nobody's business here, whatever they hold.
fn texts(
    prefix: &str,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<HashMap<String, String>, ConfigError> {
    let own = variables.filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(prefix).then_some((name, value))
    });
    own.map(|(name, value)| match value.into_string() {
        Ok(value) => Ok((name, value)),
        Err(_) => Err(ConfigError::NotText(name)),
    })
    .collect()
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
    let given = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix));
    let mut own = HashMap::new();
    for variable in given {
        let (name, value) = read_secret_file(variable)?;
        if own.insert(name[prefix.len()..].to_owned(), value).is_some() {
            return Err(ConfigError::Twice(name));
        }
    }
    // Values stay text until a field says what they are: a key may look like a number.
    let environment = Environment::default().separator("__");

    let mut layers = Config::builder().add_source(Config::try_from(&T::default())?);
    if let Some(file) = file {
        layers = layers.add_source(File::from(file).format(FileFormat::Toml));
    }
    let layers = layers.add_source(environment.source(Some(own)));
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
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        List(Vec<String>),
    }

    let written = Written::deserialize(deserializer)
        .map_err(|_| de::Error::custom("expected a list, or a text with commas between"))?;
    Ok(match written {
        Written::Text(text) => {
            let items = text.split(',').map(str::trim);
            let items = items.filter(|item| !item.is_empty());
            items.map(|item| T::from(item.to_owned())).collect()
        }
        Written::List(items) => items.into_iter().map(T::from).collect(),
    })
}

/// Reads a number of a range, both ends included; for
/// `#[serde(deserialize_with = "kit::config::within::<1, 1000, _, _>")]`.
pub fn within<'de, const LEAST: u64, const MOST: u64, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + TryInto<u64> + Copy,
{
    let number = T::deserialize(deserializer)?;
    let is_within = |it: u64| (LEAST..=MOST).contains(&it);
    match number.try_into().is_ok_and(is_within) {
        true => Ok(number),
        false => Err(de::Error::custom(format!(
            "expected a number from {LEAST} to {MOST}"
        ))),
    }
}

/// Reads a part of a whole, 0 to 1; for `#[serde(deserialize_with = "kit::config::ratio")]`.
pub fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let ratio = f64::deserialize(deserializer)?;
    match (0.0..=1.0).contains(&ratio) {
        true => Ok(ratio),
        false => Err(de::Error::custom("expected a number from 0 to 1")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_refused_by_name_if_it_is_ours() {
        use std::os::unix::ffi::OsStringExt;

        let broken = |name: &str| (name.into(), OsString::from_vec(vec![0xff]));

        let ours = texts("SHOP__", [broken("SHOP__PORT")].into_iter());
        let others = texts("SHOP__", [broken("PORT")].into_iter());

        let sentence = ours.unwrap_err().to_string();
        assert_eq!(sentence, "SHOP__PORT: expected text in UTF-8");
        assert!(others.unwrap().is_empty());
    }
}
