//! `aws/gateway.toml`: what the stage is told beside the documents.

use std::{collections::BTreeMap, fs};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use toml_edit::{DocumentMut, Item, TableLike, Value as Toml};

use crate::run::root;

const FILE: &str = "aws/gateway.toml";

/// The file. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// The stage's name.
    pub(crate) stage: String,
    /// What the cache holds, in GB: 0.5, 1.6, 6.1, 13.5, 28.4, 58.2, 118 or 237.
    pub(crate) cache_gb: String,
    /// How many of a hundred requests the new version gets while it is tried; 0 for none.
    pub(crate) canary_percent: u8,
    /// How many clients call at the same time: API Gateway counts all of them together where the edge counts
    /// each of them.
    pub(crate) clients: u32,
    /// What one client may do, as at the edge.
    pub(crate) client_rate_per_s: u32,
    pub(crate) client_burst: u32,
    /// The plans of those who call by signature, as at the edge; API Gateway counts by key, and knows no groups.
    #[serde(default)]
    pub(crate) plans: BTreeMap<String, Plan>,
}

/// A plan, as in the settings of the edge.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    #[serde(rename = "groups")]
    _groups: Vec<String>,
    pub(crate) rate_per_s: u32,
    pub(crate) burst: u32,
    pub(crate) per_day: Option<u64>,
}

impl Settings {
    pub(crate) fn read() -> anyhow::Result<Self> {
        Self::read_with("")
    }

    /// The same, with more at its end.
    pub(super) fn read_with(more: &str) -> anyhow::Result<Self> {
        let path = root().join(FILE);
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Self::parse(&(text + more)).context(FILE)
    }

    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let document: DocumentMut = text.parse()?;
        let settings: Self = serde_json::from_value(table(document.as_table())?)?;
        // docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        ensure!(
            !settings.stage.is_empty() && settings.stage.chars().all(is_name),
            "stage: expected letters, digits, `-` and `_`"
        );
        let sizes = ["0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"];
        ensure!(
            sizes.contains(&settings.cache_gb.as_str()),
            "cache_gb: expected one of {}",
            sizes.join(", ")
        );
        ensure!(
            settings.canary_percent <= 100,
            "canary_percent: expected 0 to 100"
        );
        ensure!(settings.clients > 0, "clients: expected 1 or more");
        for name in settings.plans.keys() {
            // It names a resource of the template.
            ensure!(
                name.chars().all(|c| c.is_ascii_alphanumeric()),
                "plans.{name}: expected letters and digits"
            );
        }
        Ok(settings)
    }
}

/// A table as JSON, which what is declared above is read from.
fn table(table: &dyn TableLike) -> anyhow::Result<Value> {
    let member = |(name, item): (&str, &Item)| {
        let value = match (item.as_table_like(), item.as_value()) {
            (Some(inner), _) => self::table(inner)?,
            (None, Some(value)) => self::value(value).with_context(|| name.to_owned())?,
            _ => Value::Null,
        };
        Ok((name.to_owned(), value))
    };
    Ok(Value::Object(
        table.iter().map(member).collect::<anyhow::Result<_>>()?,
    ))
}

fn value(value: &Toml) -> anyhow::Result<Value> {
    Ok(match value {
        Toml::String(text) => json!(text.value()),
        Toml::Integer(number) => json!(number.value()),
        Toml::Array(all) => all.iter().map(self::value).collect::<anyhow::Result<_>>()?,
        other => anyhow::bail!("expected a text, a whole number or a list, not {other}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::test::PLAN;

    #[test]
    fn a_client_may_do_what_it_may_at_the_edge_and_a_plan_is_one_of_the_edges() {
        let settings = Settings::read().expect("it is read");
        let edge = edge::Config::default();

        assert_eq!(settings.client_rate_per_s, edge.client_rate_per_s);
        assert_eq!(settings.client_burst, edge.client_burst);
        let file: DocumentMut = PLAN.parse().expect("TOML");
        let file = table(file.as_table()).expect("JSON");
        let plan = file["plans"]["partner"].clone();
        serde_json::from_value::<edge::PlanConfig>(plan).expect("a plan of the edge");
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_name() {
        let good = fs::read_to_string(root().join(FILE)).expect("it is there") + PLAN;
        for (from, to, fault) in [
            ("stage = \"live\"", "stage = \"live/1\"", "stage: expected"),
            ("\"0.5\"", "\"2\"", "cache_gb: expected"),
            (
                "canary_percent = 0",
                "canary_percent = 101",
                "canary_percent: expected",
            ),
            ("clients = ", "clients = -", "invalid value"),
            ("client_burst", "client_brust", "unknown field"),
            (
                "[plans.partner]",
                "[plans.my-partner]",
                "plans.my-partner: expected",
            ),
            ("stage = \"live\"", "stage = true", "stage: expected a text"),
        ] {
            assert!(good.contains(from), "{from}");
            let told = Settings::parse(&good.replace(from, to)).expect_err(to);
            assert!(format!("{told:#}").contains(fault), "{told:#}");
        }
    }
}
