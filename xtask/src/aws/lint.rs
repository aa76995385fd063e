//! What API Gateway refuses, or takes and does not do, found before it is asked. Each rule names the page that says so.

use std::collections::BTreeSet;

use serde_json::Value;

use Rule::{
    Body, CacheKey, Combination, Composition, Cors, Model, Number, OneAuthoriser, Parameter, Path,
    Pattern, Quota, Reference, Reserved, RootSecurity, Scheme, Size, Status, Template, Time,
    TooLarge, Version,
};

/// A rule of API Gateway's for documents of REST APIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    CacheKey,
    Body,
    Combination,
    Composition,
    Cors,
    RootSecurity,
    TooLarge,
    Model,
    Number,
    OneAuthoriser,
    Parameter,
    Path,
    Pattern,
    Scheme,
    Quota,
    Reference,
    Reserved,
    Size,
    Status,
    Template,
    Time,
    Version,
}

/// What breaks a rule, and where.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) at: String,
}

const GUIDE: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/";
const REFERENCE: &str = "https://docs.aws.amazon.com/apigateway/latest/api/";

impl Rule {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 22] = [
        CacheKey,
        Body,
        Combination,
        Composition,
        Cors,
        RootSecurity,
        TooLarge,
        Model,
        Number,
        OneAuthoriser,
        Parameter,
        Path,
        Pattern,
        Scheme,
        Quota,
        Reference,
        Reserved,
        Size,
        Status,
        Template,
        Time,
        Version,
    ];

    /// The rule in a sentence.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            CacheKey => "a parameter of an integration is one of the path, the query or a header",
            Body => "the schema of an answer is an object or refers to a model",
            Combination => {
                "oneOf, anyOf and allOf do not refer to models: the schema stands in its place"
            }
            Composition => {
                "a model is JSON Schema draft 4 without `discriminator`, `example`, `nullable`, `default`, `readOnly` and exclusive bounds"
            }
            Cors => "x-amazon-apigateway-cors is of HTTP APIs: a REST API has a method OPTIONS",
            RootSecurity => "security stands at each operation: at the root it is not read",
            TooLarge => "the answer REQUEST_TOO_LARGE cannot be changed",
            Model => "the name of a model has letters and digits alone",
            Number => "the formats int32, int64 and decimal are not supported",
            OneAuthoriser => "a method has one authoriser at most, and a key beside it",
            Parameter => "a parameter is in the path, the query or a header",
            Path => {
                "a part of a path has letters, digits and `_-.,:`, or is one parameter; none is empty"
            }
            Pattern => "a pattern is a regular expression of ECMA 262, as in draft 4",
            Scheme => "a security scheme has the type apiKey; others are extensions of it",
            Quota => "an API has 300 resources and 10 authorisers at most",
            Reference => "a reference leads to a schema of this document",
            Reserved => "/ping and /sping are the health check's",
            Size => "a document has 6 MB at most",
            Status => "an answer has a status of three digits",
            Template => "a template has 300 KB at most",
            Time => "an integration has from 50 ms to 29 s",
            Version => "the document is OpenAPI 3.0",
        }
    }

    /// The page that says so.
    pub(crate) fn source(self) -> String {
        match self {
            CacheKey => format!("{REFERENCE}API_PutIntegration.html"),
            Cors => format!("{GUIDE}api-gateway-swagger-extensions-cors-configuration.html"),
            OneAuthoriser => format!("{REFERENCE}API_Method.html"),
            Parameter => format!("{REFERENCE}API_PutMethod.html"),
            Quota | Time => format!("{GUIDE}api-gateway-execution-service-limits-table.html"),
            Pattern => "https://datatracker.ietf.org/doc/html/draft-fge-json-schema-validation-00#section-3.3".to_owned(),
            Size => format!("{REFERENCE}API_ImportRestApi.html"),
            Status => format!("{REFERENCE}API_MethodResponse.html"),
            _ => format!("{GUIDE}api-gateway-known-issues.html"),
        }
    }
}

/// What breaks a rule in this document.
pub(crate) fn lint(document: &Value) -> Vec<Fault> {
    let mut faults = BTreeSet::new();
    let mut found = |rule, at: &str| {
        faults.insert(Fault {
            rule,
            at: at.to_owned(),
        });
    };
    if !document["openapi"]
        .as_str()
        .is_some_and(|it| it.starts_with("3.0."))
    {
        found(Version, "/openapi");
    }
    if document.get("security").is_some() {
        found(RootSecurity, "/security");
    }
    if document.get("x-amazon-apigateway-cors").is_some() {
        found(Cors, "/x-amazon-apigateway-cors");
    }
    if document["x-amazon-apigateway-gateway-responses"]
        .get("REQUEST_TOO_LARGE")
        .is_some()
    {
        found(TooLarge, "/x-amazon-apigateway-gateway-responses");
    }
    schemes(document, &mut found);
    for (name, schema) in members(&document["components"]["schemas"]) {
        let at = format!("/components/schemas/{name}");
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            found(Model, &at);
        }
        self::schema(schema, false, &at, &mut found);
    }
    for (path, item) in members(&document["paths"]) {
        self::path(path, &mut found);
        for (method, described) in members(item) {
            operation(
                described,
                &format!("{} {path}", method.to_uppercase()),
                &mut found,
            );
        }
    }
    references(document, "", document, &mut found);
    sizes(document, &mut found);
    faults.into_iter().collect()
}

fn schemes(document: &Value, found: &mut impl FnMut(Rule, &str)) {
    for (name, scheme) in members(&document["components"]["securitySchemes"]) {
        if scheme["type"] != "apiKey" {
            found(Scheme, &format!("/components/securitySchemes/{name}"));
        }
    }
}

fn path(path: &str, found: &mut impl FnMut(Rule, &str)) {
    if ["/ping", "/sping"].contains(&path) {
        found(Reserved, path);
    }
    let is_name = |part: &str| {
        let good = |c: char| c.is_ascii_alphanumeric() || "_-.,:".contains(c);
        !part.is_empty() && part.chars().all(good)
    };
    let is_part = |part: &str| {
        let parameter = part.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        is_name(parameter.map_or(part, |it| it.strip_suffix('+').unwrap_or(it)))
    };
    let parts = path.strip_prefix('/');
    if path != "/" && !parts.is_some_and(|parts| parts.split('/').all(is_part)) {
        found(Path, path);
    }
}

fn operation(described: &Value, at: &str, found: &mut impl FnMut(Rule, &str)) {
    for parameter in items(&described["parameters"]) {
        if !["path", "query", "header"]
            .iter()
            .any(|place| parameter["in"] == *place)
        {
            found(Parameter, at);
        }
        schema(&parameter["schema"], false, at, found);
    }
    // What is in one requirement together holds together; several are a choice.
    let proofs: Vec<_> = items(&described["security"]).collect();
    let without_key = |proof: &&Value| members(proof).filter(|(name, _)| *name != "key").count();
    if proofs.len() > 1 || proofs.iter().map(without_key).sum::<usize>() > 1 {
        found(OneAuthoriser, at);
    }
    for (_, media) in members(&described["requestBody"]["content"]) {
        schema(&media["schema"], false, at, found);
    }
    for (status, response) in members(&described["responses"]) {
        if status.len() != 3 || status.parse::<u16>().is_err() {
            found(Status, at);
        }
        for (_, media) in members(&response["content"]) {
            let Some(model) = media.get("schema") else {
                continue;
            };
            if model.get("$ref").is_none() && model["type"] != "object" {
                found(Body, at);
            }
            schema(model, false, at, found);
        }
    }
    let integration = &described["x-amazon-apigateway-integration"];
    if let Some(time) = integration["timeoutInMillis"].as_u64()
        && !(50..=29_000).contains(&time)
    {
        found(Time, at);
    }
    for key in items(&integration["cacheKeyParameters"]).filter_map(Value::as_str) {
        let places = ["path.", "querystring.", "header."];
        let place = key.strip_prefix("method.request.");
        if !place.is_some_and(|it| places.iter().any(|place| it.starts_with(place))) {
            found(CacheKey, at);
        }
    }
}

/// A schema, which may stand within oneOf, anyOf or allOf.
fn schema(schema: &Value, is_combined: bool, at: &str, found: &mut impl FnMut(Rule, &str)) {
    const UNKNOWN: [&str; 15] = [
        "$defs",
        "const",
        "contains",
        "default",
        "discriminator",
        "example",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "if",
        "nullable",
        "prefixItems",
        "propertyNames",
        "readOnly",
        "unevaluatedProperties",
    ];
    for (key, value) in members(schema) {
        match key.as_str() {
            "$ref" if is_combined => found(Combination, at),
            "format" if ["int32", "int64", "decimal"].iter().any(|it| value == it) => {
                found(Number, at)
            }
            "type" if !value.is_string() => found(Composition, at),
            "pattern" if !value.as_str().is_some_and(is_ecma) => found(Pattern, at),
            "properties" => members(value).for_each(|(name, inner)| {
                self::schema(inner, is_combined, &format!("{at}/{name}"), found);
            }),
            "items" | "additionalProperties" | "not" => self::schema(value, is_combined, at, found),
            "oneOf" | "anyOf" | "allOf" => {
                items(value).for_each(|it| self::schema(it, true, at, found))
            }
            key if UNKNOWN.contains(&key) => found(Composition, at),
            _ => {}
        }
    }
}

/// Whether ECMA 262 of draft 4's time has all that stands in this pattern.
fn is_ecma(pattern: &str) -> bool {
    const LATER: [&str; 10] = [
        "(?<", "(?P<", "(?i", "(?s", "(?m", "(?x", "\\p{", "\\u{", "\\A", "\\z",
    ];
    !LATER.iter().any(|it| pattern.contains(it))
}

/// Every reference leads to something in the document.
fn references(value: &Value, at: &str, document: &Value, found: &mut impl FnMut(Rule, &str)) {
    if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
        let schema = reference.strip_prefix("#/components/schemas/");
        let found_schema = schema.and_then(|name| document["components"]["schemas"].get(name));
        if found_schema.is_none() {
            found(Reference, at);
        }
    }
    members(value)
        .for_each(|(name, inner)| references(inner, &format!("{at}/{name}"), document, found));
    items(value).for_each(|inner| references(inner, at, document, found));
}

fn sizes(document: &Value, found: &mut impl FnMut(Rule, &str)) {
    // Each beginning of a path is a resource.
    let mut resources = BTreeSet::from([""]);
    for (path, _) in members(&document["paths"]) {
        resources.insert(path);
        resources.extend(path.match_indices('/').map(|(end, _)| &path[..end]));
    }
    if resources.len() > 300 {
        found(Quota, "/paths");
    }
    let schemes = members(&document["components"]["securitySchemes"]);
    let authorisers = schemes.filter(|(_, it)| it.get("x-amazon-apigateway-authorizer").is_some());
    if authorisers.count() > 10 {
        found(Quota, "/components/securitySchemes");
    }
    if document.to_string().len() > 6 * 1024 * 1024 {
        found(Size, "/");
    }
    for (path, item) in members(&document["paths"]) {
        for (_, described) in members(item) {
            let answers = &described["x-amazon-apigateway-integration"]["responses"];
            let templates =
                members(answers).flat_map(|(_, answer)| members(&answer["responseTemplates"]));
            if templates
                .filter_map(|(_, it)| it.as_str())
                .any(|it| it.len() > 300 * 1024)
            {
                found(Template, path);
            }
        }
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests;
