//! References within a document, its base path, and its values as text.

use serde_json::Value;

/// How many references may lead from one to the next.
const MAX_REFERENCES: usize = 16;

/// What `described` refers to within the document, or itself.
pub(crate) fn resolve<'a>(document: &'a Value, described: &'a Value) -> Result<&'a Value, String> {
    let mut found = described;
    for _ in 0..MAX_REFERENCES {
        let Some(reference) = found["$ref"].as_str() else {
            return Ok(found);
        };
        let pointer = reference.strip_prefix('#');
        let target = pointer.and_then(|pointer| document.pointer(pointer));
        found = target.ok_or_else(|| format!("`{reference}` leads nowhere in this document"))?;
    }
    Err("a reference leads to itself".into())
}

/// A value as text; a string without quotes.
pub(crate) fn plain(value: &Value) -> String {
    let text = value.as_str();
    text.map_or_else(|| value.to_string(), str::to_owned)
}

/// What stands before each path of this document: its first server, where that is a path of this edge.
pub(crate) fn base_path(document: &Value) -> &str {
    let server = document["servers"][0]["url"].as_str().unwrap_or_default();
    let path = server.trim_end_matches('/');
    if path.starts_with('/') { path } else { "" }
}
