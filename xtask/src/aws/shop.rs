//! The operations of the shop as API Gateway is to serve them: which function answers, and which are left out.

use std::{collections::BTreeMap, fs, sync::LazyLock};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::{run::root, services::neighbours_of};

/// Who answers an operation.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// The function of this name in the template.
    Function(&'static str),
    /// The edge, in whose place API Gateway stands.
    Edge,
    /// A service that the template does not have.
    Nobody,
}

/// Why what a service answers that the template does not have is left out.
pub(crate) const NO_FUNCTION: &str = "the template has no function of its service";

/// Three bytes of a body are four of the event, which may have 6 MB:
/// docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const LARGEST_BODY: u64 = 6 * 1024 * 1024 / 4 * 3;

const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

/// The public document, and whose its operations are.
pub(crate) struct Shop {
    pub(crate) document: Value,
    pub(crate) served: Vec<Operation>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// An operation that a function answers.
pub(crate) struct Operation {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) id: String,
    /// Its name in the template.
    pub(crate) function: &'static str,
    pub(crate) described: Value,
    pub(crate) edge: XEdge,
}

/// An operation that API Gateway does not serve.
#[derive(Debug, PartialEq)]
pub(crate) struct LeftOut {
    pub(crate) id: String,
    pub(crate) why: &'static str,
}

/// Of `x-edge`, what API Gateway is told as well.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct XEdge {
    timeout_ms: Option<u64>,
    body_limit: Option<u64>,
    pub(crate) throttle: Option<Throttle>,
    stream: bool,
    pub(crate) mock: bool,
    pub(crate) cache: Option<Cache>,
}

/// What one client may do.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Throttle {
    pub(crate) rate_per_s: f64,
    pub(crate) burst: u32,
}

/// How long an answer is good, and for whom.
#[derive(Deserialize)]
pub(crate) struct Cache {
    pub(crate) ttl_s: u64,
    #[serde(default)]
    scope: String,
}

impl Shop {
    /// From the documents in `openapi/`.
    pub(crate) fn read() -> anyhow::Result<Self> {
        let read = |name: &str| -> anyhow::Result<Value> {
            let path = root().join(format!("openapi/{name}.json"));
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            Ok(serde_json::from_str(&text)?)
        };
        let mut services = Vec::new();
        let documented = neighbours_of("edge").iter().map(String::as_str);
        for service in documented.chain(["edge"]) {
            services.push((by(service), read(service)?));
        }
        Self::new(read("terrace")?, &services)
    }

    /// Of the public document, and the documents of the services with their functions.
    pub(crate) fn new(document: Value, services: &[(By, Value)]) -> anyhow::Result<Self> {
        let mut whose = BTreeMap::new();
        for (by, document) in services {
            for (_, _, described) in operations(document) {
                whose.insert(id(described)?, *by);
            }
        }
        let (mut served, mut left_out) = (Vec::new(), Vec::new());
        for (method, path, described) in operations(&document) {
            let id = id(described)?;
            let by = whose.get(&id).copied();
            let by = by.with_context(|| format!("{id} is no service's"))?;
            let edge = described.get("x-edge").cloned().unwrap_or_default();
            let edge = match edge {
                Value::Null => XEdge::default(),
                edge => serde_json::from_value(edge).with_context(|| id.clone())?,
            };
            match (why_not(by, &edge), by) {
                (None, By::Function(function)) => served.push(Operation {
                    method: method.to_owned(),
                    path: path.clone(),
                    id,
                    function,
                    described: described.clone(),
                    edge,
                }),
                (why, _) => left_out.push(LeftOut {
                    id,
                    why: why.unwrap_or_default(),
                }),
            }
        }
        ensure!(!served.is_empty(), "no operation is left for API Gateway");
        for operation in &served {
            operation.check_cache()?;
        }
        Ok(Self {
            document,
            served,
            left_out,
        })
    }
}

/// Who answers the operations of a service: its function, where the template has one.
fn by(service: &str) -> By {
    static TEMPLATE: LazyLock<String> = LazyLock::new(|| {
        let path = root().join("aws/template.yaml");
        fs::read_to_string(path).expect("the template can be read")
    });
    let (first, rest) = service.split_at(1);
    let name = format!("{}{rest}Function:", first.to_uppercase());
    let mut keys = TEMPLATE.lines().filter_map(|line| line.strip_prefix("  "));
    match keys.find(|key| *key == name) {
        Some(key) => By::Function(key.trim_end_matches(':')),
        None if service == "edge" => By::Edge,
        None => By::Nobody,
    }
}

/// Why API Gateway does not serve an operation, if it does not.
fn why_not(by: By, edge: &XEdge) -> Option<&'static str> {
    match by {
        By::Function(_) => {}
        By::Edge => return Some("the edge answers it, whose place API Gateway takes"),
        By::Nobody => return Some(NO_FUNCTION),
    }
    if edge.stream {
        return Some("its answer goes on, and an integration ends after 29 s");
    }
    let body = edge.body_limit.unwrap_or_default();
    (body > LARGEST_BODY).then_some("its body may have more than the 6 MB that a function takes")
}

impl Operation {
    /// How long the function may take, as at the edge.
    pub(crate) fn timeout_ms(&self) -> u64 {
        self.edge.timeout_ms.unwrap_or(5_000)
    }

    /// Whether it takes an access token; if not, everybody may call.
    pub(crate) fn needs_caller(&self) -> bool {
        let security = self.described["security"].as_array();
        security.is_some_and(|all| all.iter().any(|scheme| scheme.get("bearer").is_some()))
    }

    /// The stage's cache is one for all callers, and its times end at an hour:
    /// docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html
    fn check_cache(&self) -> anyhow::Result<()> {
        let Some(cache) = &self.edge.cache else {
            return Ok(());
        };
        if cache.scope != "public" {
            bail!("{}: API Gateway keeps answers for everybody alone", self.id);
        }
        if cache.ttl_s > 3_600 {
            bail!(
                "{}: API Gateway keeps an answer for 3600 s at most",
                self.id
            );
        }
        Ok(())
    }
}

fn operations(document: &Value) -> impl Iterator<Item = (&'static str, &String, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        let described = move |method| Some((method, path, item.get(method)?));
        METHODS.into_iter().filter_map(described)
    })
}

fn id(described: &Value) -> anyhow::Result<String> {
    let id = described["operationId"].as_str();
    Ok(id.context("an operation has no `operationId`")?.to_owned())
}
