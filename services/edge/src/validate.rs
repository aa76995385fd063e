//! Holds a request against the document before the service sees it: parameters, media type, JSON body.
//! Answers 400, 415 and 422 in the services' words and names every field at fault; what was sent is
//! not repeated. Stands inside of `whole`, which has read the body, and outside of the permits of
//! requests in flight: what the service would refuse takes none.
//!
//! Services check again, and more: that a product exists, that a total has not changed.

mod parameter;
mod schema;
mod strict;

use std::sync::Arc;

use axum::{body::Body, extract::Request};
use futures::FutureExt;
use http::HeaderMap;
use http_body_util::BodyExt;
use kit::http::{Problem, kinds, read_json, says_json, says_no_coding};
use serde_json::Value;

use crate::{
    document::resolve,
    middleware::{Before, Middleware},
    operation::Operation,
};
use parameter::Parameter;
use schema::Schema;
use strict::Strict;

/// Refuses what the document does not describe.
#[derive(Clone)]
pub(crate) struct Validate(Arc<Rules>);

/// What a document says of one operation's requests.
pub(crate) struct Rules {
    /// Finds the parameters of the path.
    path: matchit::Router<()>,
    parameters: Vec<Parameter>,
    body: Option<JsonBody>,
}

struct JsonBody {
    required: bool,
    schema: Schema,
}

impl Rules {
    /// What `document` says of an operation with these parameters and this body; none where it says
    /// nothing that could be checked.
    pub(crate) fn compile(
        document: &Value,
        template: &str,
        parameters: &[Value],
        body: Option<&Value>,
    ) -> Result<Option<Self>, String> {
        let parameters = parameters.iter();
        let parameters: Vec<Parameter> = parameters
            .filter_map(|described| Parameter::compile(document, described).transpose())
            .collect::<Result<_, _>>()?;
        let body = body.map(|described| resolve(document, described));
        let body = body.transpose()?.and_then(|described| {
            let schema = described.pointer("/content/application~1json/schema")?;
            let required = described["required"] == Value::Bool(true);
            let schema = Schema::compile(document, schema);
            Some(schema.map(|schema| JsonBody { required, schema }))
        });
        let body = body.transpose()?;
        if parameters.is_empty() && body.is_none() {
            return Ok(None);
        }
        let mut path = matchit::Router::new();
        path.insert(template, ())
            .map_err(|fault| fault.to_string())?;
        Ok(Some(Self {
            path,
            parameters,
            body,
        }))
    }

    /// Whether the body has to be read before the request goes on.
    pub(crate) fn read_body(&self) -> bool {
        self.body.is_some()
    }

    fn check_parameters(&self, request: &Request) -> Result<(), Problem> {
        if self.parameters.is_empty() {
            return Ok(());
        }
        let path = self.path.at(request.uri().path());
        let path = path.map(|found| found.params).unwrap_or_default();
        let query = request.uri().query().unwrap_or_default();
        let mut faults = Vec::new();
        for parameter in &self.parameters {
            faults.extend(parameter.check(&path, query, request.headers())?);
        }
        if self.has_unknown(query) {
            faults.push("the query has a parameter that is not described".to_owned());
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(kinds::BAD_PARAMETER
                .problem()
                .detail(format!("{}.", faults.join("; ")))),
        }
    }

    /// Where the document names parameters of the query there are no others: a misspelt filter would
    /// filter nothing.
    fn has_unknown(&self, query: &str) -> bool {
        let known = || self.parameters.iter().filter_map(Parameter::in_query);
        let is_known = |name: &str| known().any(|known| known == name);
        let mut members = form_urlencoded::parse(query.as_bytes());
        known().next().is_some() && !members.all(|(name, _)| is_known(&name))
    }
}

impl JsonBody {
    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
        if body.is_empty() && !self.required {
            return Ok(());
        }
        says_json(headers)?;
        says_no_coding(headers)?;
        let Strict(value) = read_json(body)?;
        match self.schema.faults(&value) {
            faults if faults.is_empty() => Ok(()),
            faults => Err(Problem::invalid_body(faults)),
        }
    }
}

impl Validate {
    /// None where the document says nothing that could be checked.
    pub(crate) fn new(operation: &Operation) -> Option<Self> {
        operation.rules.clone().map(Self)
    }

    fn check(&self, request: Request) -> Result<Request, Problem> {
        self.0.check_parameters(&request)?;
        let Some(rule) = &self.0.body else {
            return Ok(request);
        };
        let (head, body) = request.into_parts();
        let body = body.collect().now_or_never();
        let body = body.expect("`whole` has read it to its end");
        let body = body.map_err(|_| Problem::internal())?.to_bytes();
        rule.check(&head.headers, &body)?;
        Ok(Request::from_parts(head, Body::from(body)))
    }
}

impl Middleware for Validate {
    type Kept = ();

    fn before(&self, request: Request) -> Before<()> {
        match self.check(request) {
            Ok(request) => Before::Pass(request, ()),
            Err(refusal) => Before::Refuse(refusal),
        }
    }
}
