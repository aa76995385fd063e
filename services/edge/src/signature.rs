//! Requests that are signed with AWS Signature Version 4, for `execute-api`. Not a layer: `identify`
//! asks here, and `signed_body` finishes what needs the body.

use std::sync::Arc;

use axum::extract::Request;
use http::{HeaderName, Uri, header, request::Parts, uri::PathAndQuery};
use http_body::Body as _;
use kit::clock::Clock;
use sigv4::{Payload, Refusal, Rules, Signed};

use crate::{
    call::{Call, Identity, Who},
    credentials::{Opened, Sessions},
};

/// The region is the one of the operations' ARNs.
const RULES: Rules<'static> = Rules {
    region: "local",
    service: "execute-api",
    normalise: true,
};

/// What comes along with a signature and ends here, as an access token does.
pub(crate) const SIGNATURE_HEADERS: [HeaderName; 4] = [
    header::AUTHORIZATION,
    HeaderName::from_static("x-amz-date"),
    HeaderName::from_static("x-amz-security-token"),
    HeaderName::from_static("x-amz-content-sha256"),
];

/// Verifies signatures.
#[derive(Clone)]
pub(crate) struct Signatures {
    /// None where there are no temporary credentials: then no key is known.
    pub(crate) sessions: Option<Arc<Sessions>>,
    pub(crate) clock: Clock,
}

/// The signature of a request: a part of its [`Call`].
pub(crate) struct Signature {
    pub(crate) signed: Signed,
    /// Who signed it, where that can be proven from the body alone.
    unproven: Option<Opened>,
}

impl Signatures {
    /// Whether a request seems to be signed; one that is in truth not is left as it is.
    pub(crate) fn seem_in(request: &Request) -> bool {
        let authorization = request.headers().get(header::AUTHORIZATION);
        authorization.is_some_and(|it| it.as_bytes().starts_with(b"AWS4-"))
            || request
                .uri()
                .query()
                .is_some_and(|it| it.contains("X-Amz-"))
    }

    /// Notes who signed the request, and takes the signature away; whether there was one.
    pub(crate) fn verify(&self, request: Request) -> (Request, Result<bool, Refusal>) {
        let (mut head, body) = request.into_parts();
        let verified = self.verify_head(&head, body.is_end_stream());
        let is_signed = verified
            .as_ref()
            .map(Option::is_some)
            .map_err(|refusal| *refusal);
        if let Ok(Some((caller, signature))) = verified {
            take_signature(&mut head);
            let call = head.extensions.get_mut::<Call>();
            let call = call.expect("`sanitise` stands outside of all that ask");
            call.caller = caller.map_or(Who::Nobody, Who::User);
            call.signature = Some(Arc::new(signature));
        }
        (Request::from_parts(head, body), is_signed)
    }

    /// Who signed it, unless that needs the body.
    fn verify_head(
        &self,
        head: &Parts,
        is_empty: bool,
    ) -> Result<Option<(Option<Identity>, Signature)>, Refusal> {
        let Some(signed) = Signed::read(&head.into(), &RULES)? else {
            return Ok(None);
        };
        signed.check_time(self.clock.now())?;
        let token = signed
            .session_token()
            .ok_or(Refusal::MissingAuthenticationToken)?;
        let opened = match &self.sessions {
            Some(sessions) => sessions.open(signed.access_key_id(), token),
            None => Err(Refusal::UnrecognizedClient),
        };
        let nothing = sigv4::hash(b"");
        let opened = opened.inspect_err(|_| {
            // For nothing but its time, which would tell keys from others.
            let _ = signed.verify(None, nothing);
        })?;
        if signed.payload() == Payload::Whole && !is_empty {
            let unproven = Some(opened);
            return Ok(Some((None, Signature { signed, unproven })));
        }
        signed.verify(Some(&opened.secret_access_key), nothing)?;
        let unproven = None;
        Ok(Some((
            Some(opened.identity),
            Signature { signed, unproven },
        )))
    }
}

impl Signature {
    /// Whether it is proven by the body alone.
    pub(crate) fn is_unproven(&self) -> bool {
        self.unproven.is_some()
    }

    /// Who says that they signed it, while that is not proven.
    pub(crate) fn claimed(&self) -> Option<&Identity> {
        self.unproven.as_ref().map(|opened| &opened.identity)
    }

    /// Who signed the request with a body of this hash.
    pub(crate) fn prove(&self, body_hash: [u8; 32]) -> Result<Who, Refusal> {
        let opened = self.unproven.as_ref().ok_or(Refusal::UnrecognizedClient)?;
        self.signed
            .verify(Some(&opened.secret_access_key), body_hash)?;
        Ok(Who::User(opened.identity.clone()))
    }
}

/// Services neither know nor need what a request was signed with.
fn take_signature(head: &mut Parts) {
    for name in &SIGNATURE_HEADERS {
        head.headers.remove(name);
    }
    let Some(query) = head.uri.query().filter(|query| query.contains("X-Amz-")) else {
        return;
    };
    let kept = query.split('&').filter(|item| !item.starts_with("X-Amz-"));
    let kept: Vec<&str> = kept.collect();
    let target = match kept.is_empty() {
        true => head.uri.path().to_owned(),
        false => format!("{}?{}", head.uri.path(), kept.join("&")),
    };
    let mut uri = std::mem::take(&mut head.uri).into_parts();
    uri.path_and_query = PathAndQuery::try_from(target).ok();
    head.uri = Uri::from_parts(uri).unwrap_or_default();
}
