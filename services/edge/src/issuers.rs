//! Access tokens, verified: by whom a token says that it was issued the issuer is chosen, by that one's keys
//! and settings it is checked.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use client::Upstream;
use foldhash::fast::RandomState;
use kit::{clock::Clock, identity::Minter};
use moka::sync::Cache;
use serde::Deserialize;

use crate::{
    BadSetting, Config,
    call::Identity,
    issuer::{Issuer, invalid},
    keys::{Refused, Source},
};

/// How many verified tokens are remembered.
const REMEMBERED: u64 = 20_000;

/// Verifies access tokens; remembers those that passed until they expire, or their issuer or its keys change.
pub(crate) struct Issuers {
    own: Arc<Issuer>,
    trusted: ArcSwap<Vec<Arc<Issuer>>>,
    verified: Cache<String, Verified, RandomState>,
    clock: Clock,
}

/// A token that passed.
#[derive(Clone)]
struct Verified {
    issuer: Arc<Issuer>,
    /// With which keys: how often they had changed.
    changes: u64,
    identity: Identity,
}

/// Who issued a token, as it says itself.
#[derive(Deserialize)]
struct Claimed {
    iss: String,
}

impl Issuers {
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        let own = Arc::new(Issuer::own(config));
        Self {
            trusted: ArcSwap::from_pointee(vec![own.clone()]),
            own,
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(Duration::from_secs(15 * 60))
                .build_with_hasher(RandomState::default()),
            clock,
        }
    }

    /// From now on these are trusted beside our own, whose keys this service has.
    pub(crate) fn trust(&self, service: Option<(Upstream, Minter)>, others: &[Arc<Issuer>]) {
        if let Source::Service(own) = &self.own.keys.source {
            own.store(service.map(Arc::new));
        }
        let all = std::iter::once(&self.own).chain(others).cloned();
        self.trusted.store(Arc::new(all.collect()));
    }

    /// Who the token speaks for, where that was found out before and nobody need be asked.
    pub(crate) fn remembered(&self, token: &str) -> Option<Identity> {
        let verified = self.verified.get(token)?;
        let issuer = &verified.issuer;
        let trusted = self.trusted.load();
        let is_good = trusted.iter().any(|it| Arc::ptr_eq(it, issuer))
            && issuer.keys.are_as_after(verified.changes)
            && issuer
                .check_end(verified.identity.until, self.now())
                .is_ok();
        is_good.then_some(verified.identity)
    }

    /// Who the token speaks for.
    pub(crate) async fn verify(&self, token: &str) -> Result<Identity, Refused> {
        let header = jsonwebtoken::decode_header(token);
        let header = header.map_err(|_| Refused::Token("It is not a signed JSON Web Token."))?;
        // Whose keys are asked for its key: two issuers may call theirs alike.
        let claimed = jsonwebtoken::dangerous::insecure_decode_claims::<Claimed>(token);
        let claimed = claimed.map_err(|_| invalid())?.iss;
        let trusted = self.trusted.load_full();
        let issuer = trusted.iter().find(|issuer| issuer.name == claimed);
        let issuer = issuer.ok_or(Refused::Token("It comes from another issuer."))?;
        issuer.keys.renew().await;
        if let Some(identity) = self.remembered(token) {
            return Ok(identity);
        }

        // Before the key is looked up: what is verified with a key that goes meanwhile is not kept.
        let changes = issuer.keys.changes();
        if header.crit.is_some() {
            let detail = "It needs an extension that is not understood here.";
            return Err(Refused::Token(detail));
        }
        let id = header.kid.as_ref();
        let id = id.ok_or(Refused::Token("It names no key."))?;
        let key = issuer.keys.key(id).await?;
        let identity = issuer.check(token, &header, &key, self.now())?;
        let verified = Verified {
            issuer: issuer.clone(),
            changes,
            identity: identity.clone(),
        };
        self.verified.insert(token.to_owned(), verified);
        Ok(identity)
    }

    fn now(&self) -> i64 {
        self.clock.now().as_second()
    }
}

/// Those of the settings. One that was there `before` goes on with its keys where it is the same.
pub(crate) fn others(
    config: &Config,
    before: &[Arc<Issuer>],
) -> Result<Vec<Arc<Issuer>>, BadSetting> {
    let mut others: Vec<Arc<Issuer>> = Vec::new();
    for (name, own) in &config.issuers {
        let is_known = |it: &&Arc<Issuer>| it.name == own.issuer;
        if own.issuer == config.issuer || others.iter().any(|it| is_known(&it)) {
            let fault = format!("issuers.{name}.issuer: expected one that no other has");
            return Err(BadSetting(fault));
        }
        let known = before.iter().find(|it| it.is_of(own));
        others.push(match known {
            Some(known) => known.clone(),
            None => Arc::new(Issuer::new(name, own)?),
        });
    }
    Ok(others)
}
