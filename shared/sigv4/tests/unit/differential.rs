//! Random requests, signed by the official signer: each is accepted, and none after a change.

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
        sign,
    },
    sign::v4::SigningParams,
};
use http::request::Parts;
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};
use sigv4::{Payload, Refusal, Request, Rules, Signed, hash};

const SECRET: &str = "a secret that nobody else has, +/=";
const RULES: Rules<'_> = Rules {
    region: "local",
    service: "execute-api",
    normalise: true,
};

/// A request before it is signed, and how it is signed.
#[derive(Clone, Debug)]
struct Draft {
    method: &'static str,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    place: Place,
    token: Option<String>,
    at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Header,
    HeaderWithHash,
    Query,
}

fn drafts() -> impl Strategy<Value = Draft> {
    // What a client sends encoded: any byte of a text, either way.
    let text = "([A-Za-z0-9._~-]|%20|%2[Bb]|%2[Ff]|%3A|%C3%A9|%E2%82%AC){1,8}";
    let segment = "([A-Za-z0-9_~:@!$&'()*,;=-]|%20|%2[Bb]|%c3%a9){1,8}";
    let header = select(&["content-type", "idempotency-key", "x-amz-meta", "accept"][..]);
    (
        select(&["GET", "POST", "PUT", "DELETE"][..]),
        prop::collection::vec(segment, 0..4),
        prop::collection::vec(
            (
                text,
                prop::option::of(text).prop_map(Option::unwrap_or_default),
            ),
            0..5,
        ),
        prop::collection::btree_map(header, "[!-~]([ -~]{0,20}[!-~])?", 0..4),
        prop::collection::vec(any::<u8>(), 0..64),
        select(&[Place::Header, Place::HeaderWithHash, Place::Query][..]),
        prop::option::of("[A-Za-z0-9/+=_-]{1,40}"),
        1_600_000_000_u64..2_500_000_000,
    )
        .prop_map(
            |(method, path, query, headers, body, place, token, at)| Draft {
                method,
                path: format!("/{}", path.join("/")),
                query,
                headers: headers.into_iter().collect(),
                body,
                place,
                token,
                at,
            },
        )
}

impl Draft {
    fn target(&self) -> String {
        let pairs = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let query: Vec<_> = pairs.collect();
        match query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, query.join("&")),
        }
    }

    /// The request as the official signer makes it.
    fn signed(&self) -> Parts {
        let token = self.token.clone();
        let identity = Credentials::new("ASIAGARDEN", SECRET, token, None, "test").into();
        let mut settings = SigningSettings::default();
        match self.place {
            Place::Header => {}
            Place::HeaderWithHash => {
                settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256
            }
            Place::Query => {
                settings.signature_location = SignatureLocation::QueryParams;
                settings.expires_in = Some(Duration::from_secs(60));
            }
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(RULES.region)
            .name(RULES.service)
            .time(UNIX_EPOCH + Duration::from_secs(self.at))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = format!("https://shop.test{}", self.target());
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let body = SignableBody::Bytes(&self.body);
        let signable = SignableRequest::new(self.method, &uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut request = http::Request::builder().method(self.method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let mut request = request.header("host", "shop.test").body(()).unwrap();
        instructions.apply_to_request_http1x(&mut request);
        request.into_parts().0
    }
}

fn verify(parts: &Parts, body: &[u8], at: i64) -> Result<(), Refusal> {
    let signed = Signed::read(&Request::from(parts), &RULES)?;
    let signed = signed.ok_or(Refusal::MissingAuthenticationToken)?;
    signed.check_time(Timestamp::from_second(at).unwrap())?;
    signed.verify(Some(SECRET), hash(body))?;
    match signed.payload() {
        Payload::Declared(declared) if declared != hash(body) => {
            Err(Refusal::InvalidSignature("another body"))
        }
        _ => Ok(()),
    }
}

proptest! {
    #[test]
    fn what_the_official_signer_signs_is_accepted(draft in drafts()) {
        prop_assert_eq!(verify(&draft.signed(), &draft.body, draft.at as i64), Ok(()));
    }

    #[test]
    fn what_is_changed_after_signing_is_refused(draft in drafts()) {
        let parts = draft.signed();
        let (body, at) = (&*draft.body, draft.at as i64);
        let with = |change: &dyn Fn(&mut Parts)| {
            let mut parts = parts.clone();
            change(&mut parts);
            verify(&parts, body, at)
        };

        prop_assert!(with(&|it| it.method = http::Method::PATCH).is_err());
        prop_assert!(with(&|it| _ = it.headers.insert("host", "shop.example".parse().unwrap())).is_err());
        prop_assert!(with(&|it| _ = it.headers.append("host", "shop.test".parse().unwrap())).is_err());
        for (name, _) in &draft.headers {
            prop_assert!(with(&|it| _ = it.headers.remove(*name)).is_err());
        }
        let uri = parts.uri.to_string();
        let end = if uri.contains('?') { "&z=1" } else { "?z=1" };
        for changed in [uri.replacen("shop.test/", "shop.test/z", 1), uri.clone() + end] {
            prop_assert!(with(&|it| it.uri = changed.parse().unwrap()).is_err());
        }
        let other_body = [body, b"!"].concat();
        prop_assert!(verify(&parts, &other_body, at).is_err());
        for late in [-301, 301] {
            prop_assert!(verify(&parts, body, at + late).is_err());
        }
    }

    #[test]
    fn nothing_that_claims_to_be_signed_makes_the_reader_panic(
        authorization in "AWS4-HMAC-SHA256 [ -~é]{0,80}|(AWS4-HMAC-SHA256 )?(Credential=[a-z/]{0,30}|SignedHeaders=[a-z;]{0,20}|Signature=[0-9a-f]{0,64}|, ?){0,6}",
        target in "/[ -~é]{0,60}|/\\?(X-Amz-(Algorithm|Date|Expires|Credential|Signature|SignedHeaders)=[0-9A-Za-z/%-]{0,20}&?){0,8}",
        date in "[0-9TZé]{0,20}",
    ) {
        let headers = vec![
            ("Authorization", authorization.as_bytes()),
            ("X-Amz-Date", date.as_bytes()),
            ("Host", b"shop.test"),
        ];
        let request = Request { method: "GET", target: target.as_bytes(), headers };
        let _ = Signed::read(&request, &RULES);
    }
}
