//! Java: types and operations by ourselves, with Jackson alone. openapi-generator's client has a class of 700 lines for a schema, and
//! signs with what AWS no longer keeps.

mod types;

use std::{fs, path::Path};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{
    document::{Document, Operation},
    schema::camel,
};
use types::{MODEL, doc, name, record, text, typed, types};
pub(super) use types::{Member, pascal};

/// Where the files of ours are, and those that are made.
pub(super) const SOURCES: &str = "src/main/java/example/terrace/sdk";

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    let folder = folder.join(SOURCES);
    let model = folder.join("model");
    for (name, text) in types(document)? {
        fs::write(model.join(name + ".java"), text)?;
    }
    fs::write(folder.join("Slug.java"), slugs(document))?;
    let mut methods = String::new();
    for operation in document.operations() {
        let parameters = parameters(document, &operation);
        if !parameters.is_empty() {
            let name = pascal(&operation.id) + "Params";
            let about = "They may be left out, each of them.";
            let text = record(&name, about, &parameters, "", true);
            fs::write(model.join(name + ".java"), text)?;
        }
        let made = method(document, &operation);
        methods += &made.with_context(|| operation.id.clone())?;
    }
    let text = format!(
        "// Generated from the API's document.\npackage example.terrace.sdk;\n\n\
         import com.fasterxml.jackson.databind.JavaType;\n\
         import {MODEL}.*;\n\
         import org.jspecify.annotations.Nullable;\n\n\
         /** Every operation, as a method. */\n\
         public abstract sealed class Operations permits Terrace {{\n\
         \x20   Operations() {{}}\n\n\
         \x20   abstract <T> T answer(Call call, JavaType type, Option... options);\n\n\
         \x20   abstract byte[] send(Call call, Option... options);\n{methods}}}\n"
    );
    fs::write(folder.join("Operations.java"), text)?;
    Ok(())
}

fn slugs(document: &Document) -> String {
    let constants = document.slugs().into_iter().map(|slug| {
        let name = slug.replace('-', "_").to_uppercase();
        format!("    public static final String {name} = {slug:?};\n")
    });
    format!(
        "// Generated from the API's document.\npackage example.terrace.sdk;\n\n\
         /** Kinds of refusals, as {{@link Refusal#slug()}} has them. A later release of the API may have others. */\n\
         public final class Slug {{\n{}\n    private Slug() {{}}\n}}\n",
        constants.collect::<String>()
    )
}

/// The parameters of an operation that may be left out.
pub(super) fn parameters(document: &Document, operation: &Operation) -> Vec<Member> {
    let all = operation.described["parameters"].as_array();
    let all = all.into_iter().flatten();
    let all = all.filter(|it| it["in"] != "path" && it["name"] != "Idempotency-Key");
    all.map(|it| {
        let mut member = Member::of(document, &text(&it["name"]), &it["schema"], false);
        member.about = text(&it["description"]);
        member
    })
    .collect()
}

/// How an operation's method is called, and what it is given; Kotlin's are made of the same.
pub(super) struct Signature {
    pub(super) name: String,
    /// Of a path's values.
    pub(super) values: Vec<String>,
    pub(super) params: Option<String>,
    /// Its type, and whether it is needed.
    pub(super) body: Option<(String, bool)>,
    /// Nothing where there is no answer.
    pub(super) returned: Option<String>,
}

pub(super) fn signature(document: &Document, operation: &Operation) -> Signature {
    let values = operation.parameters("path");
    let body = operation.described["requestBody"]["content"].as_object();
    let body = body.and_then(|content| content.iter().next());
    let responses = operation.described["responses"].as_object();
    let contents = responses
        .into_iter()
        .flatten()
        .map(|(_, it)| &it["content"]);
    let answer = contents.filter_map(Value::as_object).flatten().next();
    let json = |media: &str, schema: &Value| match media {
        "application/json" => typed(document, schema, true),
        _ => "byte[]".to_owned(),
    };
    Signature {
        name: camel(&operation.id),
        values: values.iter().map(|(it, _)| name(it)).collect(),
        params: (!parameters(document, operation).is_empty())
            .then(|| pascal(&operation.id) + "Params"),
        body: body.map(|(media, it)| {
            let is_required = operation.described["requestBody"]["required"] == true;
            (json(media, &it["schema"]), is_required)
        }),
        returned: answer.map(|(media, it)| json(media, &it["schema"])),
    }
}

fn method(document: &Document, operation: &Operation) -> anyhow::Result<String> {
    let signature = signature(document, operation);
    let (mut declared, mut given, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut path = format!("{:?}", operation.path);
    for ((wire, _), name) in operation.parameters("path").iter().zip(&signature.values) {
        declared.push(format!("String {name}"));
        given.push(name.clone());
        left_out.push(name.clone());
        path = path.replace(
            &format!("{{{wire}}}"),
            &format!("\" + Call.segment({name}) + \""),
        );
    }
    let path = path.trim_end_matches(" + \"\"");
    let mut send = String::new();
    let mut needed = declared.clone();
    if let Some(params) = &signature.params {
        declared.push(format!("{params} params"));
        left_out.push(format!("new {params}()"));
        let all = operation.described["parameters"].as_array();
        for parameter in all.into_iter().flatten() {
            let wire = text(&parameter["name"]);
            let (set, wire) = match parameter["in"].as_str() {
                Some("query") => ("query", wire),
                Some("header") if wire != "Idempotency-Key" => ("header", wire.to_lowercase()),
                _ => continue,
            };
            send += &format!("        call.{set}({wire:?}, params.{}());\n", name(&wire));
        }
    }
    let mut may_be_left_out = signature.params.is_some();
    if let Some((typed, is_required)) = &signature.body {
        let put = if typed == "byte[]" { "bytes" } else { "json" };
        send += &format!("        call.{put}(body);\n");
        if *is_required {
            declared.push(format!("{typed} body"));
            needed.push(format!("{typed} body"));
            left_out.push("body".to_owned());
        } else {
            declared.push(format!("@Nullable {typed} body"));
            left_out.push("null".to_owned());
            may_be_left_out = true;
        }
    }
    let (returned, end) = match signature.returned.as_deref() {
        None => ("void", "send(call, options)".to_owned()),
        Some("byte[]") => ("byte[]", "return send(call, options)".to_owned()),
        Some(typed) => {
            let classes: Vec<String> = typed
                .trim_end_matches('>')
                .split('<')
                .map(|it| format!("{it}.class"))
                .collect();
            if typed.contains(',') {
                bail!("no method answers {typed}");
            }
            let end = format!(
                "return answer(call, Json.of({}), options)",
                classes.join(", ")
            );
            (typed, end)
        }
    };
    let mut about = doc(&operation.summary, "    ", &[]);
    if operation.described["deprecated"] == true {
        let told = " @deprecated see the Link of its answers";
        about = about
            .replace("    /** ", "    /**\n     * ")
            .replace(" */\n", &format!("\n     *\n     *{told}\n     */\n"));
        about += "    @Deprecated\n";
    }
    let list = |all: &[String]| {
        let all: Vec<&str> = all
            .iter()
            .map(|it| &**it)
            .chain(["Option... options"])
            .collect();
        all.join(", ")
    };
    let name = &signature.name;
    let mut text = format!(
        "\n{about}    public {returned} {name}({}) {{\n        Call call = new Call({:?}, {path}, {});\n{send}        {end};\n    }}\n",
        list(&declared),
        operation.method,
        operation.is_keyed()
    );
    if may_be_left_out {
        let back = if returned == "void" { "" } else { "return " };
        text += &format!(
            "\n{about}    public {returned} {name}({}) {{\n        {back}{name}({}, options);\n    }}\n",
            list(&needed),
            left_out.join(", ")
        );
    }
    Ok(text)
}
