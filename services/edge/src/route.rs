//! Picks the stack that a request passes by its path and method: an operation's, or one that
//! answers 404 or 405. `HEAD` is served where `GET` is, `OPTIONS` on every path that there is.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use arc_swap::ArcSwap;
use axum::{extract::Request, response::Response};
use http::{HeaderValue, Method};
use kit::http::Problem;
use tower::{Service, util::BoxCloneSyncService};

use crate::{document::DocumentError, error::method_not_allowed, table::Table};

/// A stack of the edge, built when its table is.
pub type Built = BoxCloneSyncService<Request, Response, Infallible>;

/// On to the stack of the operation, of the table that is there when the request comes.
#[derive(Clone)]
pub(crate) struct Routes(pub(crate) Arc<ArcSwap<Table>>);

/// Every operation's stack by path and method.
pub(crate) struct Paths {
    paths: matchit::Router<Methods>,
    not_found: Built,
}

/// What is served on one path.
struct Methods {
    template: String,
    served: Vec<(Method, Built)>,
    not_allowed: Built,
}

impl Paths {
    /// The stacks of these templates; `refusing` builds one that refuses, `telling` one that says
    /// which methods there are.
    pub(crate) fn new(
        stacks: BTreeMap<String, Vec<(Method, Built)>>,
        refusing: impl Fn(Problem) -> Built,
        telling: impl Fn(HeaderValue) -> Built,
    ) -> Result<Self, DocumentError> {
        let mut paths = matchit::Router::new();
        for (template, mut served) in stacks {
            let get = served.iter().find(|(method, _)| *method == Method::GET);
            if let Some((_, get)) = get.cloned() {
                served.insert(1, (Method::HEAD, get));
            }
            let names = served.iter().map(|(method, _)| method.as_str());
            let names: Vec<_> = names.chain([Method::OPTIONS.as_str()]).collect();
            let allowed = HeaderValue::try_from(names.join(", "));
            let allowed = allowed.expect("methods are visible ASCII");
            served.push((Method::OPTIONS, telling(allowed.clone())));
            let methods = Methods {
                template: template.clone(),
                not_allowed: refusing(method_not_allowed(allowed)),
                served,
            };
            let inserted = paths.insert(template.as_str(), methods);
            inserted.map_err(|fault| DocumentError::Ambiguous(template, fault))?;
        }
        let not_found = refusing(Problem::not_found());
        Ok(Self { paths, not_found })
    }

    /// Whether such a request comes to the operation of this template.
    pub(crate) fn serves(&self, method: &Method, path: &str, template: &str) -> bool {
        let found = self.paths.at(path).ok().map(|found| found.value);
        let found = found.filter(|it| it.template == template);
        found.is_some_and(|it| it.served.iter().any(|(served, _)| served == method))
    }

    fn find(&self, request: &Request) -> &Built {
        let Ok(found) = self.paths.at(request.uri().path()) else {
            return &self.not_found;
        };
        let methods = found.value;
        let mut served = methods.served.iter();
        let served = served.find(|(method, _)| method == request.method());
        served.map_or(&methods.not_allowed, |(_, stack)| stack)
    }
}

impl Service<Request> for Routes {
    type Response = Response;
    type Error = Infallible;
    type Future = <Built as Service<Request>>::Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // No stack ever makes a request wait for its turn: what is too much is refused.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let mut stack = self.0.load().paths.find(&request).clone();
        stack.call(request)
    }
}
