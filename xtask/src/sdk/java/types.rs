//! Java's types: records, and an enumeration or a sealed interface where the document has one.

use anyhow::{Context, bail};
use serde_json::Value;

use super::super::{document::Document, schema::camel};

/// The package of the types.
pub(super) const MODEL: &str = "example.terrace.sdk.model";

/// A member of a record.
pub(in crate::sdk) struct Member {
    /// As it is over the wire.
    wire: String,
    pub(in crate::sdk) name: String,
    pub(in crate::sdk) typed: String,
    pub(super) about: String,
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

    fn empty(&self) -> &'static str {
        match &*self.typed {
            "long" | "int" | "double" => "0",
            "boolean" => "false",
            _ => "null",
        }
    }
}

/// Names of types, and the text of each.
pub(super) fn types(document: &Document) -> anyhow::Result<Vec<(String, String)>> {
    let schemas = document.0["components"]["schemas"].as_object();
    let schemas = schemas.context("a document has schemas")?;
    let sent = document.sent();
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

/// A record; one that callers make begins empty and is filled member by member, since many of one type in a row are taken for
/// one another.
pub(super) fn record(
    name: &str,
    about: &str,
    members: &[Member],
    implements: &str,
    is_made: bool,
) -> String {
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

/// Java's type; of what may be null, one that can be.
pub(super) fn typed(document: &Document, schema: &Value, may_be_null: bool) -> String {
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
pub(super) fn name(wire: &str) -> String {
    let name = camel(&wire.to_lowercase().replace('-', "_"));
    match &*name {
        "default" | "class" | "new" | "package" | "public" | "private" | "switch" | "case"
        | "return" | "wait" | "notify" | "import" | "int" | "for" => name + "_",
        _ => name,
    }
}

pub(in crate::sdk) fn pascal(name: &str) -> String {
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
pub(super) fn doc(about: &str, indent: &str, members: &[(&str, &str)]) -> String {
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

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
