//! Every setting of a program as a table, for `--help` and the READMEs.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::{PartialSchema, ToSchema};

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
    let schemas: BTreeMap<_, _> = schemas.into_iter().collect();
    let schema = json(&<T as PartialSchema>::schema());
    let mut found = collect(&schema, &json(&T::default()), "", prefix, &json(&schemas));
    found.sort_by(|one, other| one.key.cmp(&other.key));
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

fn json(described: &impl Serialize) -> Value {
    serde_json::to_value(described).expect("schemas and settings are plain data")
}

/// The settings that `schema` describes, each below `path`.
fn collect(
    schema: &Value,
    defaults: &Value,
    path: &str,
    prefix: &str,
    schemas: &Value,
) -> Vec<Setting> {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.trim_start_matches("#/components/schemas/");
        return collect(&schemas[name], defaults, path, prefix, schemas);
    }
    // What serde flattens stands on the same level.
    let flattened = schema["allOf"].as_array().into_iter().flatten();
    let mut found: Vec<Setting> = flattened
        .flat_map(|part| collect(part, defaults, path, prefix, schemas))
        .collect();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let key = format!("{path}{name}");
        let default = &defaults[name];
        let inner = match default.is_object() {
            true => collect(field, default, &format!("{key}."), prefix, schemas),
            false => Vec::new(),
        };
        if inner.is_empty() {
            let meaning = field["description"].as_str().unwrap_or_default();
            found.push(Setting {
                variable: format!("{prefix}{}", key.replace('.', "__").to_uppercase()),
                default: (!default.is_null()).then(|| default.to_string()),
                meaning: meaning.split_whitespace().collect::<Vec<_>>().join(" "),
                key,
            });
        }
        found.extend(inner);
    }
    found
}
