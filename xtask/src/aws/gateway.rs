//! The document that API Gateway imports: OpenAPI 3.0.3 with its extensions
//! (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html).

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::{
    convert::Models,
    cors, mock, responses,
    shop::{Operation, Shop},
};

/// The scope of the access tokens which people get when they sign in. Without a scope an authoriser takes ID tokens:
/// docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-enable-cognito-user-pool.html
const SCOPE: &str = "aws.cognito.signin.user.admin";

/// The first that browsers accept for a picture. API Gateway looks at no other, and answers text to what is not in its list:
/// docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
const ACCEPTED_FIRST: [&str; 2] = ["image/avif", "image/webp"];

/// Who calls. A method has one way of proving that, so that each is an API of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Callers {
    /// With an access token of the user pool, or nothing; all operations.
    People,
    /// With a signature by temporary credentials; the operations that need a caller. With plans a key says
    /// whose requests are counted.
    Programs,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answers {
    /// The functions; the examples where the document says `mock`.
    Functions,
    /// The examples, everywhere.
    Examples,
}

/// A document to be written.
pub(crate) struct Api<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) callers: Callers,
    pub(crate) answers: Answers,
    /// Whether requests are counted by key.
    pub(crate) has_plans: bool,
}

impl Api<'_> {
    pub(crate) fn document(&self) -> anyhow::Result<Value> {
        let models = Models {
            document: &self.shop.document,
        };
        let mut paths = Map::new();
        for operation in self.operations() {
            let described = self.operation(&models, operation);
            let described = described.with_context(|| operation.id.clone())?;
            if let Some(described) = described {
                let item = paths.entry(&operation.path).or_insert(json!({}));
                item[&operation.method] = described;
            }
        }
        for (path, item) in &mut paths {
            item["options"] = cors::preflight(path, item);
        }
        let paths = Value::Object(paths);
        let (name, about) = match self.callers {
            Callers::People => ("Terrace", "For browsers and apps, with access tokens."),
            Callers::Programs => (
                "Terrace, signed",
                "For programs, which sign their requests.",
            ),
        };
        Ok(json!({
            "openapi": "3.0.3",
            "info": {
                "title": name,
                "version": self.shop.document["info"]["version"],
                "description": about,
                "license": { "name": self.shop.document["info"]["license"]["name"] },
            },
            "components": {
                "schemas": models.used_by(&paths)?,
                "securitySchemes": self.schemes(),
            },
            "paths": paths,
            "x-amazon-apigateway-binary-media-types": self.binary(),
            "x-amazon-apigateway-gateway-responses": responses::all(self.callers),
            "x-amazon-apigateway-request-validator": "parameters",
            "x-amazon-apigateway-request-validators": {
                "all": { "validateRequestBody": true, "validateRequestParameters": true },
                "parameters": { "validateRequestBody": false, "validateRequestParameters": true },
            },
        }))
    }

    /// Those of its callers.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Operation> {
        let all = self.shop.served.iter();
        all.filter(|it| self.callers == Callers::People || it.needs_caller())
    }

    /// One operation; none where it is to be answered from examples, and they are neither JSON nor empty.
    fn operation(
        &self,
        models: &Models<'_>,
        operation: &Operation,
    ) -> anyhow::Result<Option<Value>> {
        let described = &operation.described;
        let is_mock = self.answers == Answers::Examples || operation.edge.mock;
        let integration = if is_mock {
            let Some(integration) = mock::integration(models, described)? else {
                return Ok(None);
            };
            integration
        } else {
            proxy(operation)
        };
        let mut made = json!({
            "operationId": operation.id,
            "parameters": parameters(models, described)?,
            "responses": described_responses(models, described)?,
            "security": self.security(operation),
            "x-amazon-apigateway-integration": integration,
        });
        for key in ["summary", "description", "tags"] {
            if let Some(value) = described.get(key) {
                made[key] = value.clone();
            }
        }
        if let Some(body) = body(models, described)? {
            made["requestBody"] = body;
            made["x-amazon-apigateway-request-validator"] = json!("all");
        }
        Ok(Some(made))
    }

    /// Who may do what is for the function to decide, or for IAM: groups are no scopes.
    fn security(&self, operation: &Operation) -> Value {
        match self.callers {
            _ if !operation.needs_caller() => json!([]),
            Callers::People => json!([{ "people": [SCOPE] }]),
            Callers::Programs if self.has_plans => json!([{ "signature": [], "key": [] }]),
            Callers::Programs => json!([{ "signature": [] }]),
        }
    }

    fn schemes(&self) -> Value {
        let header = |name| json!({ "type": "apiKey", "in": "header", "name": name });
        let mut schemes = json!({});
        match self.callers {
            Callers::People => {
                schemes["people"] = header("Authorization");
                schemes["people"]["x-amazon-apigateway-authtype"] = json!("cognito_user_pools");
                schemes["people"]["x-amazon-apigateway-authorizer"] = json!({
                    "type": "cognito_user_pools",
                    "providerARNs": [{ "Fn::Sub": "${UserPool.Arn}" }],
                });
            }
            Callers::Programs => {
                schemes["signature"] = header("Authorization");
                schemes["signature"]["x-amazon-apigateway-authtype"] = json!("awsSigv4");
                if self.has_plans {
                    schemes["key"] = header("x-api-key");
                }
            }
        }
        schemes
    }

    /// The types that are no text: those of the pictures that are answered.
    fn binary(&self) -> BTreeSet<String> {
        let mut types: BTreeSet<String> = self
            .operations()
            .flat_map(|operation| operation.described["responses"].as_object())
            .flat_map(|responses| responses.values())
            .filter_map(|response| response["content"].as_object())
            .flat_map(Map::keys)
            .filter(|media| media.starts_with("image/"))
            .cloned()
            .collect();
        if !types.is_empty() {
            types.extend(ACCEPTED_FIRST.map(str::to_owned));
        }
        types
    }
}

/// What `Fn::Sub` makes of the parameter: the one site that browsers may call from.
pub(super) fn origin() -> Value {
    json!({ "Fn::Sub": "'${SiteOrigin}'" })
}

/// The integration by a function, in the template that has it.
fn proxy(operation: &Operation) -> Value {
    let function = operation.function;
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations"
    );
    let mut integration = json!({
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": { "Fn::Sub": uri },
        "timeoutInMillis": operation.timeout_ms(),
    });
    if operation.edge.cache.is_some() {
        integration["cacheKeyParameters"] = cache_key(&operation.described).into();
    }
    integration
}

/// An answer is kept for the parameters that the document declares, all of them.
fn cache_key(described: &Value) -> Vec<String> {
    let parameters = described["parameters"].as_array().into_iter().flatten();
    let name = |it: &Value| {
        Some(format!(
            "method.request.{}.{}",
            place(it)?,
            it["name"].as_str()?
        ))
    };
    parameters.filter_map(name).collect()
}

/// Where API Gateway finds a parameter; cookies it does not know.
fn place(parameter: &Value) -> Option<&'static str> {
    match parameter["in"].as_str()? {
        "path" => Some("path"),
        "query" => Some("querystring"),
        "header" => Some("header"),
        _ => None,
    }
}

/// Of a parameter API Gateway checks that it is there, and nothing else. Names of headers have a case there, and
/// come in any: the function asks for those which it needs.
fn parameters(models: &Models<'_>, described: &Value) -> anyhow::Result<Vec<Value>> {
    let mut made = Vec::new();
    let parameters = described["parameters"].as_array().into_iter().flatten();
    for parameter in parameters.filter(|it| place(it).is_some()) {
        let schema = models.resolve(&parameter["schema"])?;
        let kind = match &schema["type"] {
            Value::Array(kinds) => &kinds[0],
            kind => kind,
        };
        let is_required = parameter["required"] == true && parameter["in"] != "header";
        made.push(json!({
            "name": parameter["name"],
            "in": parameter["in"],
            "description": parameter["description"],
            "required": is_required,
            "schema": { "type": kind },
        }));
    }
    Ok(made)
}

/// A body, unless it may be left out and be null, of which API Gateway can check nothing.
fn body(models: &Models<'_>, described: &Value) -> anyhow::Result<Option<Value>> {
    let Some(body) = described.get("requestBody") else {
        return Ok(None);
    };
    let mut content = Map::new();
    for (media, it) in body["content"].as_object().into_iter().flatten() {
        let schema = models.schema(&it["schema"])?;
        if schema.as_object().is_some_and(|schema| !schema.is_empty()) {
            content.insert(media.clone(), json!({ "schema": schema }));
        }
    }
    let is_required = body["required"] == true;
    Ok((!content.is_empty()).then(|| json!({ "required": is_required, "content": content })))
}

/// Each answer has a status: the one for all others is written as 400 and as 500
/// (docs.aws.amazon.com/apigateway/latest/api/API_MethodResponse.html).
fn described_responses(models: &Models<'_>, described: &Value) -> anyhow::Result<Value> {
    let mut made = Map::new();
    let responses = described["responses"].as_object().context("no responses")?;
    for (status, response) in responses.iter().filter(|(status, _)| *status != "default") {
        made.insert(status.clone(), response_of(models, response)?);
    }
    if let Some(other) = responses.get("default") {
        let other = response_of(models, other)?;
        for status in ["400", "500"] {
            made.entry(status).or_insert_with(|| other.clone());
        }
    }
    Ok(made.into())
}

fn response_of(models: &Models<'_>, response: &Value) -> anyhow::Result<Value> {
    let mut made = json!({ "description": response["description"] });
    for (media, it) in response["content"].as_object().into_iter().flatten() {
        // A model describes JSON.
        made["content"][media] = match media.ends_with("json") {
            true => json!({ "schema": models.schema(&it["schema"])? }),
            false => json!({}),
        };
    }
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        made["headers"][name] = json!({
            "description": header["description"],
            "schema": { "type": "string" },
        });
    }
    Ok(made)
}

#[cfg(test)]
mod tests;
