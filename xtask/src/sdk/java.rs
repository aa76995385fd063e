//! Java: types and operations by ourselves, with Jackson alone. openapi-generator's client has a class of 700 lines for a schema, and
//! signs with what AWS no longer keeps.

use std::{collections::BTreeSet, fs, path::Path};

use anyhow::{Context, bail};
use serde_json::Value;

use super::{
    camel,
    document::{Document, Operation},
};

/// Where the files of ours are, and those that are made.
pub(super) const SOURCES: &str = "src/main/java/example/terrace/sdk";
const MODEL: &str = "example.terrace.sdk.model";

pub(super) fn generate(document: &Document, folder: &Path) -> anyhow::Result<()> {
    let folder = folder.join(SOURCES);
    let model = folder.join("model");
    for (name, text) in types(document)? {
        fs::write(model.join(name + ".java"), text)?;
    }
    let (mut methods, mut texts) = (String::new(), Vec::new());
    for operation in document.operations() {
        let parameters = parameters(document, &operation);
        if !parameters.is_empty() {
            let name = pascal(&operation.id) + "Params";
            let about = "They may be left out, each of them.";
            texts.push((name.clone(), record(&name, about, &parameters, "", true)));
        }
        let made = method(document, &operation);
        methods += &made.with_context(|| operation.id.clone())?;
    }
    for (name, text) in texts {
        fs::write(model.join(name + ".java"), text)?;
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

/// A member of a record.
pub(super) struct Member {
    /// As it is over the wire.
    wire: String,
    pub(super) name: String,
    typed: String,
    about: String,
    is_required: bool,
    is_nullable: bool,
}

impl Member {
    pub(super) fn of(document: &Document, wire: &str, schema: &Value, is_required: bool) -> Self {
        let is_nullable = !is_required || schema["nullable"] == true;
        Self {
            wire: wire.to_owned(),
            name: name(wire),
            typed: typed(document, schema, is_nullable),
            about: text(&schema["description"]),
            is_required,
            is_nullable,
        }
    }

    fn declared(&self) -> String {
        match (self.is_nullable, self.typed.as_str()) {
            (false, typed) => typed.to_owned(),
            (true, "byte[]") => "byte @Nullable []".to_owned(),
            (true, typed) => format!("@Nullable {typed}"),
        }
    }
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

/// Names of types, and the text of each.
fn types(document: &Document) -> anyhow::Result<Vec<(String, String)>> {
    let schemas = document.0["components"]["schemas"].as_object();
    let schemas = schemas.context("a document has schemas")?;
    let sent = sent(document);
    let mut made = Vec::new();
    for (name, schema) in schemas {
        if document.item_of(name).is_some() {
            continue;
        }
        let about = text(&schema["description"]);
        let text = if let Some(values) = schema["enum"].as_array() {
            enumeration(name, &about, values)
        } else if let Some(forms) = schema["oneOf"].as_array() {
            let forms: Vec<String> = forms.iter().map(|it| typed(document, it, true)).collect();
            format!(
                "{}\n{}public sealed interface {name} permits {} {{}}\n",
                head(""),
                doc(&about, "", &[]),
                forms.join(", ")
            )
        } else {
            let (properties, required) = document.members(schema);
            if properties.is_empty() {
                bail!("{name} has no members");
            }
            let members: Vec<Member> = properties
                .iter()
                .map(|(it, schema)| Member::of(document, it, schema, required.contains(it)))
                .collect();
            let is_form = schemas.iter().filter(|(_, it)| {
                let forms = it["oneOf"].as_array().into_iter().flatten();
                forms
                    .into_iter()
                    .any(|it| typed(document, it, true) == *name)
            });
            let forms: Vec<&str> = is_form.map(|(name, _)| name.as_str()).collect();
            let implements = match forms.is_empty() {
                true => String::new(),
                false => format!(" implements {}", forms.join(", ")),
            };
            record(name, &about, &members, &implements, sent.contains(name))
        };
        made.push((name.clone(), text));
    }
    Ok(made)
}

/// What callers make: the types of bodies, and what these are made of.
fn sent(document: &Document) -> BTreeSet<String> {
    fn gather(schema: &Value, document: &Document, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(members) => {
                let name = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next());
                if let Some(name) = name
                    && found.insert(name.to_owned())
                {
                    gather(&document.0["components"]["schemas"][name], document, found);
                }
                for value in members.values() {
                    gather(value, document, found);
                }
            }
            Value::Array(all) => all.iter().for_each(|it| gather(it, document, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for operation in document.operations() {
        gather(&operation.described["requestBody"], document, &mut found);
    }
    found
}

/// A record; one that callers make begins empty and is filled member by member, since many of one type in a row are taken for
/// one another.
fn record(name: &str, about: &str, members: &[Member], implements: &str, is_made: bool) -> String {
    let mut imports = String::new();
    let uses = |word: &str| members.iter().any(|it| it.declared().contains(word));
    let is_renamed = members.iter().any(|it| it.name != it.wire);
    let is_always = |it: &&Member| it.is_required && it.is_nullable;
    for (is_used, import) in [
        (
            members.iter().any(|it| is_always(&it)),
            "com.fasterxml.jackson.annotation.JsonInclude",
        ),
        (is_renamed, "com.fasterxml.jackson.annotation.JsonProperty"),
        (uses("Instant"), "java.time.Instant"),
        (uses("List<"), "java.util.List"),
        (uses("Map<"), "java.util.Map"),
        (uses("@Nullable"), "org.jspecify.annotations.Nullable"),
    ] {
        if is_used {
            imports += &format!("import {import};\n");
        }
    }
    let told: Vec<(&str, &str)> = members.iter().map(|it| (&*it.name, &*it.about)).collect();
    let components: Vec<String> = members
        .iter()
        .map(|it| {
            let mut text = String::new();
            // What is required is there, though it be null.
            if is_always(&it) {
                text += "@JsonInclude(JsonInclude.Include.ALWAYS) ";
            }
            if it.name != it.wire {
                text += &format!("@JsonProperty({:?}) ", it.wire);
            }
            format!("        {text}{} {}", it.declared(), it.name)
        })
        .collect();
    let mut body = String::new();
    if is_made {
        let empty: Vec<&str> = members.iter().map(|it| it.empty()).collect();
        body += &format!(
            "    /** Nothing is said yet. */\n    public {name}() {{\n        this({});\n    }}\n",
            empty.join(", ")
        );
        let names: Vec<&str> = members.iter().map(|it| &*it.name).collect();
        for member in members {
            let (head, tail) = member.name.split_at(1);
            body += &format!(
                "\n    /** The same, with this {0}. */\n    public {name} with{1}{tail}({2} {0}) {{\n        return new {name}({3});\n    }}\n",
                member.name,
                head.to_uppercase(),
                member.declared(),
                names.join(", ")
            );
        }
    }
    if !body.is_empty() {
        body.insert(0, '\n');
    }
    format!(
        "{}\n{}public record {name}(\n{}){implements} {{{body}}}\n",
        head(&imports),
        doc(about, "", &told),
        components.join(",\n"),
    )
}

impl Member {
    fn empty(&self) -> &'static str {
        match &*self.typed {
            "long" | "int" | "double" => "0",
            "boolean" => "false",
            _ => "null",
        }
    }
}

fn enumeration(name: &str, about: &str, values: &[Value]) -> String {
    let imports = "import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;\n\
        import com.fasterxml.jackson.annotation.JsonValue;\n";
    let constants: String = values
        .iter()
        .filter_map(Value::as_str)
        .map(|value| {
            let constant = value.replace(['-', '/', '.'], "_").to_uppercase();
            format!("    {constant}({value:?}),\n")
        })
        .collect();
    format!(
        "{}\n{}public enum {name} {{\n{constants}\
         \x20   /** What this release does not know. */\n    @JsonEnumDefaultValue\n    UNKNOWN(\"unknown\");\n\n\
         \x20   private final String value;\n\n    {name}(String value) {{\n        this.value = value;\n    }}\n\n\
         \x20   /** As it is over the wire. */\n    @JsonValue\n    @Override\n    public String toString() {{\n        return value;\n    }}\n}}\n",
        head(imports),
        doc(about, "", &[])
    )
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

/// Java's type; of what may be null, one that can be.
fn typed(document: &Document, schema: &Value, may_be_null: bool) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return match document.item_of(name) {
            Some(item) => format!("Page<{}>", typed(document, item, true)),
            None => name.to_owned(),
        };
    }
    let format = schema["format"].as_str().unwrap_or_default();
    let (boxed, plain) = match (schema["type"].as_str(), format) {
        (Some("string"), "date-time") => ("Instant", "Instant"),
        (Some("string"), "binary") => ("byte[]", "byte[]"),
        (Some("string"), _) => ("String", "String"),
        (Some("integer"), "int32") => ("Integer", "int"),
        (Some("integer"), _) => ("Long", "long"),
        (Some("number"), _) => ("Double", "double"),
        (Some("boolean"), _) => ("Boolean", "boolean"),
        (Some("array"), _) => return format!("List<{}>", typed(document, &schema["items"], true)),
        (Some("object"), _) => match &schema["additionalProperties"] {
            values @ Value::Object(_) => {
                return format!("Map<String, {}>", typed(document, values, true));
            }
            _ => ("Map<String, Object>", "Map<String, Object>"),
        },
        _ => ("Object", "Object"),
    };
    if may_be_null { boxed } else { plain }.to_owned()
}

/// `If-Match` as `ifMatch`; words of Java are no names.
fn name(wire: &str) -> String {
    let name = camel(&wire.to_lowercase().replace('-', "_"));
    match &*name {
        "default" | "class" | "new" | "package" | "public" | "private" | "switch" | "case"
        | "return" | "wait" | "notify" | "import" | "int" | "for" => name + "_",
        _ => name,
    }
}

pub(super) fn pascal(name: &str) -> String {
    let name = camel(name);
    let (head, tail) = name.split_at(1);
    head.to_uppercase() + tail
}

fn head(imports: &str) -> String {
    let imports = match imports.is_empty() {
        true => String::new(),
        false => format!("\n{imports}"),
    };
    format!("// Generated from the API's document.\npackage {MODEL};\n{imports}")
}

/// A comment for javadoc, with what it says of members.
fn doc(about: &str, indent: &str, members: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = about.lines().map(escaped).collect();
    lines.retain(|line| !line.is_empty());
    let told = members.iter().filter(|(_, about)| !about.is_empty());
    let told: Vec<String> = told
        .map(|(name, about)| {
            let about: Vec<String> = about.lines().map(escaped).collect();
            format!("@param {name} {}", about.join(" "))
        })
        .collect();
    if !told.is_empty() && !lines.is_empty() {
        lines.push(String::new());
    }
    lines.extend(told);
    match &lines[..] {
        [] => String::new(),
        [line] => format!("{indent}/** {line} */\n"),
        lines => {
            let lines: String = lines
                .iter()
                .map(|it| format!("{indent} * {it}").trim_end().to_owned() + "\n")
                .collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}

/// What javadoc and the compiler would read otherwise.
fn escaped(line: &str) -> String {
    let line = line.trim().replace('&', "&amp;");
    let line = line.replace('<', "&lt;").replace('>', "&gt;");
    let line = line.replace('@', "&#64;").replace('\\', "&#92;");
    line.replace("*/", "*&#47;")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
