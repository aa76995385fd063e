//! The services' OpenAPI documents as the edge's configuration: operations, and the merged public
//! document.

mod check;
mod merge;
mod resolve;

use std::{cell::LazyCell, collections::BTreeMap, sync::Arc, time::Duration};

use client::Upstream;
use http::Method;
use kit::{config::Switch, identity::Minter};
use serde::Deserialize;
use serde_json::Value;

pub use merge::merge;
pub(crate) use resolve::{base_path, plain, resolve};

use crate::{
    Config, Service,
    cache::rules::{Of, Spec},
    canary::Arm,
    deprecation,
    limit::Limit,
    load::{Load, Priority},
    meters::Meters,
    mock,
    operation::{Access, Operation, Target},
    table::Table,
    validate::Rules,
};

/// A document that the edge cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is not what an OpenAPI document looks like.
    #[error("{0}: not a readable OpenAPI document: {1}")]
    Unreadable(String, serde_json::Error),
    /// It describes what no client may reach.
    #[error("{0}: {1} is internal, or could match what is, and cannot stand in a public document")]
    Internal(String, String),
    /// Two operations answer the same method and path.
    #[error("{0} {1} is described twice")]
    Twice(Method, String),
    /// Two templates cannot be told apart.
    #[error("{0}: {1}")]
    Ambiguous(String, matchit::InsertError),
    /// Nobody could call it.
    #[error(
        "{0} {1}: no request reaches it, because a path like this is refused or is another operation's"
    )]
    Unreachable(Method, String),
    /// It asks for proof of identity that the edge cannot check.
    #[error("{0} {1}: the security scheme `{2}` is not `bearer`, the only one known")]
    Security(Method, String, String),
    /// What it says of parameters or bodies cannot be checked.
    #[error("{0} {1}: {2}")]
    Schema(Method, String, String),
    /// A throttle of nothing at all, or of more than can be counted.
    #[error("{0} {1}: a throttle has a rate above 0, up to 1000000, and a burst of 1 or more")]
    Throttle(Method, String),
    /// Its answers cannot be kept as it asks for.
    #[error("{0} {1}: x-edge.cache: {2}")]
    Cache(Method, String, &'static str),
    /// It is deprecated in a way that would mislead its callers.
    #[error("{0} {1}: x-edge.deprecation: {2}")]
    Deprecation(Method, String, String),
    /// It makes the edge forget what it does not keep.
    #[error("{0}: x-edge.purge: `{1}` is a tag of no operation")]
    Purge(String, Arc<str>),
}

/// A service and its document.
pub(crate) struct Entry {
    pub(crate) name: Box<str>,
    pub(crate) document: Value,
    pub(crate) upstream: Upstream,
    pub(crate) minter: Option<Minter>,
}

impl From<Service> for Entry {
    fn from(service: Service) -> Self {
        Self {
            name: service.name.into(),
            document: service.document,
            upstream: service.upstream,
            minter: service.minter,
        }
    }
}

/// Operations by path template and method.
pub(crate) type Operations = BTreeMap<String, Vec<(Method, Arc<Operation>)>>;

/// Every operation of these documents.
/// What was learnt of those `before` goes over.
pub(crate) fn operations(
    entries: Vec<Entry>,
    config: &Config,
    before: Option<&Table>,
) -> Result<Operations, DocumentError> {
    let mut by_template = Operations::new();
    let queue = Duration::from_millis(config.queue_ms);
    for entry in entries {
        let source = entry.document;
        let document = Document::deserialize(&source)
            .map_err(|fault| DocumentError::Unreadable(entry.name.to_string(), fault))?;
        let mock = LazyCell::new(|| {
            Arc::new(Target {
                name: entry.name.clone(),
                upstream: Upstream::InProcess(mock::app(&source)),
                load: Load::new(config.in_flight, queue),
                minter: None,
            })
        });
        let known = before.and_then(|table| table.target(&entry.name));
        let load = known.map(|known| known.load.clone());
        let target = Arc::new(Target {
            name: entry.name.clone(),
            upstream: entry.upstream,
            load: load.unwrap_or_else(|| Load::new(config.in_flight, queue)),
            minter: entry.minter,
        });
        let base = base_path(&source);
        for (own, item) in document.paths {
            let template = format!("{base}{own}");
            // With its base path, and without it as the service sees it.
            if may_match_internal(&template) || may_match_internal(&own) {
                return Err(DocumentError::Internal(target.name.to_string(), template));
            }
            let methods = by_template.entry(template.clone()).or_default();
            let shared = item.parameters.clone();
            for (method, mut described) in item.operations() {
                described
                    .security
                    .get_or_insert_with(|| document.security.clone());
                let unusable = |why| DocumentError::Schema(method.clone(), template.clone(), why);
                described.parameters.extend(shared.iter().cloned());
                for parameter in &mut described.parameters {
                    *parameter = resolve(&source, parameter).map_err(unusable)?.clone();
                }
                if methods.iter().any(|(known, _)| *known == method) {
                    return Err(DocumentError::Twice(method, template));
                }
                let is_validated = config.validate == Switch::On && described.edge.validate;
                let rules = is_validated.then(|| rules(&source, &template, &described));
                let rules = rules.transpose().map_err(unusable)?.flatten();
                let target = if described.edge.mock { &mock } else { &target };
                let operation = Operation {
                    rules: rules.map(Arc::new),
                    ..operation(base, &template, &method, described, target, config, before)?
                };
                methods.push((method, Arc::new(operation)));
            }
        }
    }
    check::purges(&by_template)?;
    check::successors(&by_template)?;
    Ok(by_template)
}

/// What the document says of the operation's requests.
fn rules(document: &Value, template: &str, described: &Described) -> Result<Option<Rules>, String> {
    let body = described.request_body.as_ref();
    Rules::compile(document, template, &described.parameters, body)
}

fn operation(
    base: &str,
    template: &str,
    method: &Method,
    described: Described,
    target: &Arc<Target>,
    config: &Config,
    before: Option<&Table>,
) -> Result<Operation, DocumentError> {
    let edge = described.edge;
    let before = before.and_then(|table| table.operation(&described.operation_id));
    let limit = edge.throttle.map(|throttle| {
        Limit::new(throttle.rate_per_s, throttle.burst)
            .ok_or_else(|| DocumentError::Throttle(method.clone(), template.to_owned()))
    });
    let access = access(described.security.as_deref().unwrap_or_default());
    let access = access
        .map_err(|scheme| DocumentError::Security(method.clone(), template.to_owned(), scheme))?;
    let of = Of {
        method,
        access: &access,
        is_stream: edge.stream,
        parameters: &described.parameters,
    };
    let cache = edge.cache.map(|spec| {
        spec.rules(&of)
            .map_err(|fault| DocumentError::Cache(method.clone(), template.to_owned(), fault))
    });
    let deprecation = edge.deprecation.map(|spec| match described.deprecated {
        true => spec.of(base, template),
        false => Err("`deprecated` is not true, so that no client's tools would tell".into()),
    });
    let deprecation = deprecation
        .transpose()
        .map_err(|why| DocumentError::Deprecation(method.clone(), template.to_owned(), why));
    Ok(Operation {
        arn: arn(method, template),
        cache: cache.transpose()?,
        purge: edge.purge,
        deprecation: deprecation?,
        access,
        timeout: Duration::from_millis(edge.timeout_ms.unwrap_or(5_000)),
        retry: edge.retry.unwrap_or(*method == Method::GET),
        unsigned_payload: edge.unsigned_payload,
        stream: edge.stream,
        compress: edge.compress && !edge.stream,
        body_limit: edge.body_limit.unwrap_or(config.body_limit),
        cookies: described.parameters.iter().any(|it| it["in"] == "cookie"),
        priority: edge.priority,
        rules: None,
        arm: Arm::Stable,
        base_path: base.len(),
        target: target.clone(),
        limit: limit
            .transpose()?
            .map(|limit| limit.or_same(before.and_then(|it| it.limit.as_ref()))),
        usual: before.map_or_else(Arc::default, |it| it.usual.clone()),
        meters: Meters::new(&described.operation_id),
        id: described.operation_id.into(),
        template: template.into(),
    })
}

/// `arn:terrace:execute-api:<region>:<api>:<stage>/<method>/<path>`, after the API Gateway's own
/// (docs.aws.amazon.com: "Resource format of permissions for executing API").
pub fn arn(method: &Method, template: &str) -> Arc<str> {
    let path = template.trim_start_matches('/');
    let (stage, path) = match path.split_once('/') {
        Some((version, rest)) if version.starts_with('v') => (version, rest),
        _ => ("$default", path),
    };
    format!("arn:terrace:execute-api:local:shop:{stage}/{method}/{path}").into()
}

/// Whether a path below `/internal`, or that path itself, could reach this template.
fn may_match_internal(template: &str) -> bool {
    let first = template.trim_start_matches('/').split('/').next();
    first.is_some_and(|segment| segment == "internal" || segment.contains('{'))
}

/// Fails with the name of a scheme that is not `bearer`: it must not be taken for none.
fn access(security: &[BTreeMap<String, Vec<String>>]) -> Result<Access, String> {
    let schemes = || security.iter().flatten();
    if let Some((unknown, _)) = schemes().find(|(scheme, _)| *scheme != "bearer") {
        return Err(unknown.clone());
    }
    Ok(match schemes().next() {
        None => Access::Public,
        Some((_, groups)) if groups.is_empty() => Access::User,
        Some((_, groups)) => Access::Groups(groups.clone().into()),
    })
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    paths: BTreeMap<String, PathItem>,
    /// What holds for every operation that says nothing of its own.
    #[serde(default)]
    security: Vec<BTreeMap<String, Vec<String>>>,
}

#[derive(Deserialize)]
struct PathItem {
    /// Of every operation of the path.
    #[serde(default)]
    parameters: Vec<Value>,
    get: Option<Described>,
    put: Option<Described>,
    post: Option<Described>,
    delete: Option<Described>,
    patch: Option<Described>,
}

impl PathItem {
    fn operations(self) -> impl Iterator<Item = (Method, Described)> {
        [
            (Method::GET, self.get),
            (Method::PUT, self.put),
            (Method::POST, self.post),
            (Method::DELETE, self.delete),
            (Method::PATCH, self.patch),
        ]
        .into_iter()
        .filter_map(|(method, described)| Some((method, described?)))
    }
}

#[derive(Deserialize)]
struct Described {
    #[serde(rename = "operationId", default)]
    operation_id: String,
    #[serde(default)]
    parameters: Vec<Value>,
    #[serde(rename = "requestBody")]
    request_body: Option<Value>,
    security: Option<Vec<BTreeMap<String, Vec<String>>>>,
    #[serde(default)]
    deprecated: bool,
    #[serde(rename = "x-edge", default)]
    edge: XEdge,
}

/// What OpenAPI cannot say of an operation. Unknown keys are refused: a misspelt limit is none.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct XEdge {
    /// How long the service may take until its answer's head; 5000.
    timeout_ms: Option<u64>,
    /// Whether a call without a body may be carried out twice, so that the edge may repeat it when a
    /// connection breaks; that of a GET.
    retry: Option<bool>,
    /// The largest request body, in bytes; that of the settings.
    body_limit: Option<usize>,
    /// A limit for each client, beside the general one; none.
    throttle: Option<ThrottleSpec>,
    /// Whether a request that is signed (Signature Version 4) may leave its body out of the signature, as
    /// `UNSIGNED-PAYLOAD`; false.
    unsigned_payload: bool,
    /// Whether the answer goes on until somebody ends it; false.
    stream: bool,
    /// Whether answers are compressed for clients that accept it; true. False where an answer has
    /// a secret beside what an attacker chose, because its length would tell of it (BREACH).
    compress: bool,
    /// Whether requests are held against the document before the service sees them; true.
    validate: bool,
    /// `high` for what is shed last when there is too much to do, `low` for what is shed first; `normal`.
    priority: Priority,
    /// Whether it is answered from the document's examples instead of by the service; false.
    mock: bool,
    /// How answers are kept; not at all.
    cache: Option<Spec>,
    /// The tags of what it changes: kept answers that have one are forgotten; none.
    purge: Vec<Arc<str>>,
    /// Since when it is deprecated, until when it is served, what follows it; not deprecated.
    deprecation: Option<deprecation::Spec>,
}

impl Default for XEdge {
    fn default() -> Self {
        Self {
            timeout_ms: None,
            retry: None,
            body_limit: None,
            throttle: None,
            unsigned_payload: false,
            stream: false,
            compress: true,
            validate: true,
            priority: Priority::Normal,
            mock: false,
            cache: None,
            purge: Vec::new(),
            deprecation: None,
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThrottleSpec {
    rate_per_s: f64,
    burst: u32,
}
