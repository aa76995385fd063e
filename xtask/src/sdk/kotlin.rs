//! Kotlin: the client of Java, with functions that suspend in front of it. What may be left out is named as Kotlin does.

use std::{fs, path::Path};

use super::{
    copy,
    document::{Document, Operation},
    java,
};
use crate::run::root;

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    let ours = root().join("xtask/sdk/java/src/main");
    copy(&ours, &folder.join("src/main"), document.version())?;
    java::generate(document, folder)?;
    let methods: String = document
        .operations()
        .iter()
        .map(|it| method(document, it))
        .collect();
    let text = format!(
        "// Generated from the API's document.\npackage example.terrace.sdk\n\n\
         import example.terrace.sdk.model.*\n\n\
         /** Every operation, as a function that suspends. */\n\
         public sealed class CoroutineOperations {{\n\
         \x20   /** The client that is called. */\n\
         \x20   public abstract val shop: Terrace\n\n\
         \x20   internal abstract suspend fun <T> call(block: () -> T): T\n{methods}}}\n"
    );
    let source = folder.join("src/main/kotlin/example/terrace/sdk/CoroutineOperations.kt");
    fs::write(source, text)?;
    Ok(())
}

fn method(document: &Document, operation: &Operation) -> String {
    let signature = java::signature(document, operation);
    let values = signature.values.iter();
    let mut declared: Vec<String> = values.map(|it| format!("{it}: String")).collect();
    let mut given = signature.values.clone();
    if let Some((typed, true)) = &signature.body {
        declared.push(format!("body: {}", kotlin(typed)));
    }
    if let Some(params) = &signature.params {
        let all = java::parameters(document, operation);
        let names: Vec<&str> = all.iter().map(|it| &*it.name).collect();
        given.push(format!("{params}({})", names.join(", ")));
        let all = all.iter();
        declared.extend(all.map(|it| format!("{}: {}? = null", it.name, kotlin(&it.typed))));
    }
    if let Some((typed, is_required)) = &signature.body {
        given.push("body".to_owned());
        if !is_required {
            declared.push(format!("body: {}? = null", kotlin(typed)));
        }
    }
    declared.push("vararg options: Option".to_owned());
    given.push("*options".to_owned());
    let about = operation.summary.replace('\n', " ").replace("*/", "* /");
    let deprecated = match operation.described["deprecated"] == true {
        true => {
            "    @Deprecated(\"See the Link of its answers.\")\n    @Suppress(\"DEPRECATION\")\n"
        }
        false => "",
    };
    let returned = signature.returned.as_deref().map_or("Unit", kotlin);
    format!(
        "\n    /** {about} */\n{deprecated}    public suspend fun {name}({}): {returned} =\n        call {{ shop.{name}({}) }}\n",
        declared.join(", "),
        given.join(", "),
        name = signature.name,
    )
}

/// Kotlin's name of a type of Java's.
fn kotlin(typed: &str) -> &str {
    match typed {
        "byte[]" => "ByteArray",
        "Integer" => "Int",
        _ => typed,
    }
}
