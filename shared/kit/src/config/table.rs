//! Every setting of a program as a table, for `--help` and the READMEs.

use std::collections::HashMap;

use serde::Serialize;
use utoipa::{PartialSchema, ToSchema, openapi};

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
    let object = match schema {
        openapi::Schema::Object(object) => object,
        // What serde flattens stands on the same level.
        openapi::Schema::AllOf(parts) => {
            for part in &parts.items {
                collect(part, defaults, path, prefix, schemas, found);
            }
            return;
        }
        _ => return,
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
