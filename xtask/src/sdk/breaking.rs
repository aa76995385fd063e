//! A document that breaks clients, and that the story of a client does not compile with it. So a change that takes away
//! what clients use is found twice: here, and by the comparison with what was released (docs/versions.md).

use std::fs;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::{copy, folder, remove, typescript};
use crate::run::root;

/// Where a product's address is, which the story reads.
const PLACES: [&str; 2] = [
    "/components/schemas/Product",
    "/components/schemas/List_Product/properties/items/items",
];

/// Takes a field away and shows that the compiler names it.
pub(crate) fn compiler_finds_it() -> anyhow::Result<()> {
    let text = fs::read_to_string(root().join("openapi/terrace.json"))?;
    let mut document: Value = serde_json::from_str(&text)?;
    ensure!(told(&document)?.is_empty(), "the story compiles");
    for place in PLACES {
        let schema = document.pointer_mut(place).context(place)?;
        let required = schema["required"].as_array_mut().context(place)?;
        required.retain(|name| name != "slug");
        let properties = schema["properties"].as_object_mut().context(place)?;
        properties.remove("slug").context(place)?;
    }

    let told = told(&document)?;

    ensure!(
        told.contains("Property 'slug' does not exist"),
        "a document without a field that the story reads is not found: {told}"
    );
    println!("typescript: the story does not compile without a field that it reads");
    Ok(())
}

/// What the compiler has to say of the story, by the client of a document.
fn told(document: &Value) -> anyhow::Result<String> {
    let folder = folder("breaking");
    remove(&folder)?;
    copy(&root().join("xtask/sdk/typescript"), &folder, "0.0.0")?;
    let described = folder.join("terrace.json");
    fs::write(&described, document.to_string())?;
    typescript::write(&described, &folder)?;
    let output = typescript::compile(&["scenario.ts"])
        .current_dir(&folder)
        .output()?;
    remove(&folder)?;
    Ok(String::from_utf8(output.stdout)?)
}
