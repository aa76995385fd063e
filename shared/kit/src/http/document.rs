//! What every operation's description has in common, written once.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema, Type,
        extensions::ExtensionsBuilder,
        path::{Operation, Parameter},
        schema::SchemaType,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{FieldError, Kind, ProblemBody, kinds};

const PROBLEM_JSON: &str = "application/problem+json";

/// Completes a service's document: every refusal is a problem document, those that an operation
/// names (unless it says more of one) and its `default` response; a parameter that may be left out is never null; and the
/// security scheme `bearer` is an access token. `own` are the kinds of problems that only this service has.
pub fn complete(mut document: OpenApi, own: &[Kind]) -> OpenApi {
    let components = document.components.get_or_insert_default();
    components.schemas.insert("Problem".into(), problem(own));
    components
        .schemas
        .insert(FieldError::name().into_owned(), FieldError::schema());
    components.security_schemes.insert(
        "bearer".into(),
        RefOr::T(SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .build(),
        )),
    );
    let problem = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .build();
    let default = ResponseBuilder::new()
        .description("Refused or failed")
        .content(PROBLEM_JSON, problem.clone())
        .build();
    for item in document.paths.paths.values_mut() {
        let operations: [&mut Option<Operation>; 5] = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            for (status, response) in responses.iter_mut() {
                if let RefOr::T(response) = response
                    && status.starts_with(['4', '5'])
                {
                    response
                        .content
                        .entry(PROBLEM_JSON.into())
                        .or_insert_with(|| RefOr::T(problem.clone()));
                }
            }
            responses.insert("default".into(), RefOr::T(default.clone()));
            let parameters = operation.parameters.iter_mut().flatten();
            parameters.for_each(without_null);
        }
    }
    document
}

/// A problem document, with the kinds that there are: a list that may grow (rule 112 of Zalando's RESTful API guidelines).
fn problem(own: &[Kind]) -> RefOr<Schema> {
    let mut schema = ProblemBody::schema();
    let mut kinds: Vec<String> = kinds::ALL.iter().chain(own).map(|it| it.uri()).collect();
    kinds.sort();
    if let RefOr::T(Schema::Object(document)) = &mut schema
        && let Some(RefOr::T(Schema::Object(kind))) = document.properties.get_mut("type")
    {
        let listed = ExtensionsBuilder::new().add("x-extensible-enum", kinds);
        kind.extensions = Some(listed.build());
    }
    schema
}

/// Outside of a body there is no null: `Option` means that the parameter may be left out.
fn without_null(parameter: &mut RefOr<Parameter>) {
    if let RefOr::T(parameter) = parameter
        && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
        && let SchemaType::Array(types) = &mut schema.schema_type
    {
        types.retain(|kind| *kind != Type::Null);
        if let [only] = types.as_slice() {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}
