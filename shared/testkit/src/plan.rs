//! What PostgreSQL does for a statement, for tests that a query finds its rows by an index.

use kit::store::Statements;
use serde_json::Value;
use tokio_postgres::types::ToSql;

/// One step of a plan that was executed.
#[derive(Debug)]
pub struct Step {
    /// What is done, e.g. `Index Scan`.
    pub kind: String,
    /// The table that is read, if one is.
    pub table: String,
    /// The index that is used, if one is.
    pub index: String,
    /// How many rows came out.
    pub rows: f64,
    /// How many rows the steps below it gave it.
    pub input: f64,
}

/// Executes the statement; its steps, from the outermost to the innermost.
pub async fn steps(db: &impl Statements, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Vec<Step> {
    let sql = format!("explain (analyze, format json) {sql}");
    let row = db.one(&sql, values).await.expect("the statement runs");
    let plan: Value = row.try_get(0).expect("a plan in JSON");
    let mut steps = Vec::new();
    walk(&plan[0]["Plan"], &mut steps);
    steps
}

/// Panics where a step reads a whole table of these, or sorts more than `page` rows.
#[track_caller]
pub fn assert_indexed(steps: &[Step], tables: &[&str], page: u32) {
    for step in steps {
        let reads_all = step.kind == "Seq Scan" && tables.contains(&&*step.table);
        assert!(!reads_all, "reads all of {}: {steps:#?}", step.table);
        let sorts = step.kind.contains("Sort") && step.input > f64::from(page);
        assert!(!sorts, "sorts {} rows: {steps:#?}", step.input);
    }
}

fn walk(plan: &Value, steps: &mut Vec<Step>) {
    let text = |key: &str| plan[key].as_str().unwrap_or_default().to_owned();
    let below = plan["Plans"].as_array().map_or(&[][..], Vec::as_slice);
    steps.push(Step {
        kind: text("Node Type"),
        table: text("Relation Name"),
        index: text("Index Name"),
        rows: rows(plan),
        input: below.iter().map(rows).sum(),
    });
    below.iter().for_each(|plan| walk(plan, steps));
}

fn rows(plan: &Value) -> f64 {
    let number = |key: &str| plan[key].as_f64().unwrap_or_default();
    number("Actual Rows") * number("Actual Loops")
}
