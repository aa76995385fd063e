//! A schema of the document, compiled (JSON Schema 2020-12, as OpenAPI 3.1 has it), and what is wrong
//! with a value in the words that the services use.

use jsonschema::{
    JsonType, PatternOptions, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind as Kind},
    paths::LocationSegment,
};
use kit::http::FieldError;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::document::plain;

/// How many faults are named at most.
const MAX_FAULTS: usize = 32;

/// A compiled schema.
pub(super) struct Schema {
    source: Value,
    validator: Validator,
}

impl Schema {
    /// References lead into the document and nowhere else; patterns match in linear time.
    pub(super) fn compile(document: &Value, schema: &Value) -> Result<Self, String> {
        let mut components = Map::new();
        collect(document, schema, &mut components);
        let source = json!({ "allOf": [schema], "components": components });
        let options = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true)
            // However a service reads one: with hyphens or without.
            .with_format("uuid", |text| Uuid::parse_str(text).is_ok())
            // What an address is the service decides.
            .with_format("email", |_| true);
        let validator = options.build(&source);
        let validator = validator.map_err(|fault| format!("a schema cannot be used: {fault}"))?;
        Ok(Self { source, validator })
    }

    /// What is wrong with `value`, by pointers into it.
    pub(super) fn faults(&self, value: &Value) -> Vec<FieldError> {
        // Cheaper than to look for every fault where there is none.
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.name(&error, &mut found);
        }
        found.truncate(MAX_FAULTS);
        found
    }

    fn name(&self, error: &ValidationError<'_>, found: &mut Vec<FieldError>) {
        let pointer = error.instance_path().as_str();
        let mut add = |pointer: String, detail: String| found.push(FieldError { pointer, detail });
        match error.kind() {
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    add(format!("{pointer}/{name}"), "is not described".into());
                }
            }
            Kind::OneOfNotValid { context } | Kind::AnyOf { context } => {
                // What the sender most likely meant: the form with which least is wrong.
                let forms = context.iter().filter(|errors| !asks_for_null(errors));
                let errors = forms.min_by_key(|errors| errors.len());
                for error in errors.into_iter().flatten() {
                    self.name(error, found);
                }
            }
            _ => add(pointer.to_owned(), self.sentence(error)),
        }
    }

    fn sentence(&self, error: &ValidationError<'_>) -> String {
        let rule = self.rule(error).unwrap_or(&Value::Null);
        match error.kind() {
            Kind::MinLength { .. } | Kind::MaxLength { .. } => {
                between("has", rule, ["minLength", "maxLength"], " characters")
            }
            Kind::Minimum { .. } | Kind::Maximum { .. } => {
                between("is", rule, ["minimum", "maximum"], "")
            }
            Kind::MinItems { .. } | Kind::MaxItems { .. } => {
                between("has", rule, ["minItems", "maxItems"], " items")
            }
            Kind::MinProperties { .. } | Kind::MaxProperties { .. } => {
                between("has", rule, ["minProperties", "maxProperties"], " fields")
            }
            Kind::ExclusiveMinimum { limit } => format!("is above {limit}"),
            Kind::ExclusiveMaximum { limit } => format!("is below {limit}"),
            Kind::MultipleOf { multiple_of } => format!("is a multiple of {multiple_of}"),
            Kind::Type { kind } => format!("is {}", types(kind)),
            Kind::Enum { options } => {
                let options = options.as_array().into_iter().flatten();
                let options: Vec<_> = options
                    .map(|option| format!("`{}`", plain(option)))
                    .collect();
                format!("is one of {}", options.join(", "))
            }
            Kind::Constant { expected_value } => format!("is `{}`", plain(expected_value)),
            Kind::Format { format } => format!("has the format `{format}`"),
            Kind::Required { property } => format!("missing field `{}`", plain(property)),
            Kind::UniqueItems => "has no two items alike".into(),
            Kind::OneOfMultipleValid { .. } => "has one of several forms, and not more".into(),
            Kind::Pattern { .. } => match rule["description"].as_str() {
                Some(meaning) => {
                    format!("does not have this form: {}", meaning.trim_end_matches('.'))
                }
                None => format!("matches {}", plain(&rule["pattern"])),
            },
            _ => "is not as the document describes it".into(),
        }
    }

    /// The part of the schema that has the broken rule.
    fn rule(&self, error: &ValidationError<'_>) -> Option<&Value> {
        let mut here = &self.source;
        let mut segments = error.evaluation_path().segments().peekable();
        while let Some(segment) = segments.next() {
            if segments.peek().is_none() {
                return Some(here);
            }
            here = match segment {
                LocationSegment::Property(name) if name == "$ref" => {
                    let at = here["$ref"].as_str()?;
                    self.source.pointer(at.strip_prefix('#')?)?
                }
                LocationSegment::Property(name) => here.get(name.as_ref())?,
                LocationSegment::Index(at) => here.get(at)?,
            };
        }
        None
    }
}

/// What `schema` refers to in the document's components, and what that refers to. All of them would be compiled
/// anew for each schema.
fn collect(document: &Value, schema: &Value, found: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            if let Some(reference) = schema["$ref"].as_str() {
                take(document, reference, found);
            }
            for field in fields.values() {
                collect(document, field, found);
            }
        }
        Value::Array(items) => {
            for item in items {
                collect(document, item, found);
            }
        }
        _ => {}
    }
}

/// The component that `#/components/<kind>/<name>` leads to or into. What leads elsewhere is told by the compiler.
fn take(document: &Value, reference: &str, found: &mut Map<String, Value>) {
    let Some(path) = reference.strip_prefix("#/components/") else {
        return;
    };
    let mut names = path.split('/');
    let (Some(kind), Some(name)) = (names.next(), names.next()) else {
        return;
    };
    let name = name.replace("~1", "/").replace("~0", "~");
    let Some(component) = document["components"][kind].get(&name) else {
        return;
    };
    let same = found.entry(kind).or_insert_with(|| json!({}));
    if same.get(&name).is_none() {
        same[&name] = component.clone();
        collect(document, component, found);
    }
}

fn asks_for_null(errors: &[ValidationError<'_>]) -> bool {
    let is_null = |error: &ValidationError<'_>| {
        matches!(
            error.kind(),
            Kind::Type {
                kind: TypeKind::Single(JsonType::Null)
            }
        )
    };
    matches!(errors, [error] if is_null(error))
}

/// `has 1 to 100 characters`, `is at most 5`.
fn between(verb: &str, rule: &Value, [least, most]: [&str; 2], unit: &str) -> String {
    match (rule.get(least), rule.get(most)) {
        (Some(least), Some(most)) => format!("{verb} {least} to {most}{unit}"),
        (Some(least), None) => format!("{verb} at least {least}{unit}"),
        (None, Some(most)) => format!("{verb} at most {most}{unit}"),
        (None, None) => format!("{verb} fewer or more{unit}"),
    }
}

fn types(kind: &TypeKind) -> String {
    let named = |kind: JsonType| match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "an integer",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    };
    match kind {
        TypeKind::Single(kind) => named(*kind).to_owned(),
        TypeKind::Multiple(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(named).collect();
            kinds.join(" or ")
        }
    }
}
