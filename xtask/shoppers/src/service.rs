//! How a service is reached from outside: the replicas of the edge, or of the site, are behind one name, as with DNS.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::{
    ClientBuilder,
    dns::{Addrs, Name, Resolve, Resolving},
};

use crate::{Fault, attempts::CLOSED, told};

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

/// How many connections are kept, and for how long. They are fewer than the people who use them, so that there are always new
/// ones, to each replica in turn; and none is used again that the service may be about to close.
const KEPT: usize = 1;
const IDLE: Duration = Duration::from_millis(500);

/// A service, and the connections to it.
#[derive(Clone)]
pub struct Service {
    /// Its address, as the client has it.
    pub url: String,
    /// With the connections that all share.
    pub http: reqwest::Client,
}

impl Service {
    /// The service at these addresses, `http://<host>:<port>` with commas between.
    pub fn at(addresses: &str) -> Result<Self, Fault> {
        let mut replicas = Vec::new();
        for address in addresses.split(',') {
            let authority = address
                .strip_prefix("http://")
                .ok_or("http://<host>:<port>")?;
            let found = authority.to_socket_addrs()?.next();
            replicas.push(found.ok_or_else(|| format!("{authority} has no address"))?);
        }
        let replicas = Replicas {
            all: replicas,
            next: AtomicUsize::new(0),
        };
        let http = ClientBuilder::new()
            .no_proxy()
            .dns_resolver(Arc::new(replicas))
            .pool_max_idle_per_host(KEPT)
            .pool_idle_timeout(IDLE)
            .timeout(ANSWER)
            .build()?;
        // A port of its own would be that of each replica.
        Ok(Self {
            url: "http://shop".to_owned(),
            http,
        })
    }

    /// The text of a page or a script; it has some.
    pub async fn read(&self, path: &str) -> Result<String, Fault> {
        let ask = || self.http.get(format!("{}{path}", self.url)).send();
        let answer = match ask().await {
            Err(fault) if told(&fault).contains(CLOSED) => ask().await?,
            answer => answer?,
        };
        let text = answer.error_for_status()?.text().await?;
        match text.is_empty() {
            true => Err(format!("{path} is empty").into()),
            false => Ok(text),
        }
    }
}

/// What the name stands for: each in turn is the first to be tried; where it takes no connection, the next one is.
struct Replicas {
    all: Vec<SocketAddr>,
    next: AtomicUsize,
}

impl Resolve for Replicas {
    fn resolve(&self, _: Name) -> Resolving {
        let mut all = self.all.clone();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % all.len();
        all.rotate_left(first);
        let all: Addrs = Box::new(all.into_iter());
        Box::pin(std::future::ready(Ok(all)))
    }
}
