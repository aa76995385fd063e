//! Requests as clients of AWS sign them, by its official signer.

use std::time::{Duration, SystemTime};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
        sign,
    },
    sign::v4::SigningParams,
};
use axum::http::{Method, Request, header, request::Builder};
use serde::Deserialize;
use uuid::Uuid;

use crate::world::{World, bearer, request};

/// Temporary credentials, as the edge gives them out.
#[derive(Clone, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) session_token: Option<String>,
}

/// How a request is signed.
#[derive(Clone, Copy)]
pub(crate) struct How {
    pub(crate) place: Place,
    /// How many seconds ago.
    pub(crate) age: u64,
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Place {
    /// In `Authorization`; nothing is said of the body.
    Header,
    /// The same, with the body's hash.
    HeaderWithHash,
    /// The same, with a body that is not signed.
    HeaderUnsigned,
    /// In the query, for a minute.
    Query,
}

impl Default for How {
    fn default() -> Self {
        Self {
            place: Place::Header,
            age: 0,
            region: "local",
            service: "execute-api",
        }
    }
}

impl From<Place> for How {
    fn from(place: Place) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }
}

impl Credentials {
    /// Those of the holder of an access token.
    pub(crate) async fn of(world: &World, token: &str) -> Self {
        let asked = bearer(request(Method::POST, "/v1/me/credentials"), token);
        world.edge.send(asked).await.read(201)
    }

    /// Those of a new customer.
    pub(crate) async fn of_customer(world: &World) -> Self {
        Self::of(world, &world.issuer.customer(Uuid::now_v7())).await
    }

    /// The request, signed.
    pub(crate) fn sign(&self, request: Builder, body: &[u8], how: impl Into<How>) -> Builder {
        let how = how.into();
        let (head, ()) = request.body(()).unwrap().into_parts();
        let identity = aws_credential_types::Credentials::new(
            &self.access_key_id,
            &self.secret_access_key,
            self.session_token.clone(),
            None,
            "test",
        );
        let identity = identity.into();
        let mut settings = SigningSettings::default();
        match how.place {
            Place::Header => {}
            Place::HeaderWithHash | Place::HeaderUnsigned => {
                settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            }
            Place::Query => {
                settings.signature_location = SignatureLocation::QueryParams;
                settings.expires_in = Some(Duration::from_secs(60));
            }
        }
        let params = SigningParams::builder()
            .identity(&identity)
            .region(how.region)
            .name(how.service)
            .time(SystemTime::now() - Duration::from_secs(how.age))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let host = head.headers[header::HOST].to_str().unwrap();
        let uri = format!("http://{host}{}", head.uri);
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let body = match how.place {
            Place::HeaderUnsigned => SignableBody::UnsignedPayload,
            _ => SignableBody::Bytes(body),
        };
        let signable = SignableRequest::new(head.method.as_str(), uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let mut signed = Request::from_parts(head, ());
        instructions.apply_to_request_http1x(&mut signed);
        again(signed)
    }
}

/// Begins a request like this one.
fn again(request: Request<()>) -> Builder {
    let (head, ()) = request.into_parts();
    let mut builder = Request::builder().method(head.method).uri(head.uri);
    *builder.headers_mut().unwrap() = head.headers;
    *builder.extensions_mut().unwrap() = head.extensions;
    builder
}
