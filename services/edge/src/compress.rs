//! Compresses answers by gzip for clients that accept it: those of at least [`SMALLEST`] bytes, no
//! pictures, no archives, no streams of events, nothing that is encoded already, and no parts of a whole.
//!
//! A strong entity tag names bytes, so the compressed answer needs another (RFC 9110 §8.8.3.3):
//! `"7"` becomes `"7-gzip"`. A client may bring back either, in `If-None-Match` and in `If-Match`;
//! the service is told `"7"`.

use axum::{body::Body, extract::Request, response::Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tower::Layer;
use tower_http::{
    CompressionLevel,
    compression::{
        Compression, CompressionBody, CompressionLayer,
        predicate::{And, NotForContentType, Predicate, SizeAbove},
    },
    map_response_body::MapResponseBody,
};

use crate::middleware::{Before, Middleware, Stage, Staged};

/// In bytes. What fits into one packet is no sooner there for being smaller.
const SMALLEST: u64 = 1024;

/// What distinguishes the tag of a compressed answer.
const SUFFIX: &str = "-gzip\"";

pub(crate) const GZIP: HeaderValue = HeaderValue::from_static("gzip");
pub(crate) const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

/// It is compressed in itself.
const ARCHIVES: NotForContentType = NotForContentType::const_new("application/zip");

type Worthwhile = And<And<And<SizeAbove, NotForContentType>, NotForContentType>, NotForContentType>;
type Boxed = fn(CompressionBody<Body>) -> Body;

/// The layer.
#[derive(Clone, Copy)]
pub(crate) struct Compress;

impl<S> Layer<S> for Compress {
    type Service = Staged<Negotiate, MapResponseBody<Compression<S, Worthwhile>, Boxed>>;

    fn layer(&self, rest: S) -> Self::Service {
        let worthwhile = SizeAbove::new(SMALLEST)
            .and(NotForContentType::IMAGES)
            .and(ARCHIVES)
            .and(NotForContentType::SSE);
        let gzip = CompressionLayer::new()
            // Every answer is compressed anew, for one reader: the level that costs least.
            .quality(CompressionLevel::Fastest)
            .compress_when(worthwhile);
        let boxed: Boxed = Body::new;
        Stage(Negotiate).layer(MapResponseBody::new(gzip.layer(rest), boxed))
    }
}

/// Says which coding is wanted, and names what was compressed.
#[derive(Clone, Copy)]
pub(crate) struct Negotiate;

impl Middleware for Negotiate {
    /// Whether the client named a compressed answer that it has.
    type Kept = bool;

    fn before(&self, mut request: Request) -> Before<bool> {
        let headers = request.headers_mut();
        // tower-http refuses who accepts neither with 406, after the service has acted.
        let wanted = if accepts_gzip(headers) {
            GZIP
        } else {
            IDENTITY
        };
        headers.insert(header::ACCEPT_ENCODING, wanted);
        let mut named = headers.get_all(header::IF_NONE_MATCH).iter();
        let has_compressed = named.any(|tags| tags.to_str().is_ok_and(|it| it.contains(SUFFIX)));
        Before::Pass(request, has_compressed)
    }

    fn after(has_compressed: bool, mut answer: Response) -> Response {
        let unchanged = answer.status() == StatusCode::NOT_MODIFIED;
        let headers = answer.headers_mut();
        if unchanged {
            // As the answer that it stands for would say.
            let vary = HeaderValue::from_static("accept-encoding");
            headers.append(header::VARY, vary);
        }
        let is_gzip = headers.get(header::CONTENT_ENCODING) == Some(&GZIP);
        if is_gzip || (unchanged && has_compressed) {
            mark_tag(headers);
        }
        answer
    }
}

/// Whether a client takes gzip (RFC 9110 §12.5.3).
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    for line in headers.get_all(header::ACCEPT_ENCODING) {
        for member in line.to_str().unwrap_or_default().split(',') {
            let (coding, weight) = member.split_once(';').unwrap_or((member, ""));
            let weight = weight.trim_start().strip_prefix(['q', 'Q']);
            let weight = weight.and_then(|weight| weight.strip_prefix('='));
            let weight = weight.map_or(Ok(1.0), |weight| weight.trim_end().parse::<f32>());
            let accepted = weight.is_ok_and(|weight| weight > 0.0);
            let is = |name: &str| coding.trim().eq_ignore_ascii_case(name);
            if is("gzip") || is("x-gzip") {
                return accepted;
            }
            if is("*") {
                any = accepted;
            }
        }
    }
    any
}

/// Gives the compressed answer a tag of its own. A weak tag is as good for both.
fn mark_tag(headers: &mut HeaderMap) {
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let strong = tag.and_then(|tag| tag.strip_prefix('"')?.strip_suffix('"'));
    let marked = strong.map(|tag| HeaderValue::try_from(format!("\"{tag}{SUFFIX}")));
    if let Some(Ok(marked)) = marked {
        headers.insert(header::ETAG, marked);
    }
}

/// The tags that a client brings back, as the service gave them out.
pub(crate) fn restore_tags(headers: &mut HeaderMap) {
    const CONDITIONS: [HeaderName; 2] = [header::IF_MATCH, header::IF_NONE_MATCH];
    for condition in CONDITIONS {
        // Few requests have one, and a look at the entry makes room for it.
        if !headers.contains_key(&condition) {
            continue;
        }
        let http::header::Entry::Occupied(mut tags) = headers.entry(condition) else {
            continue;
        };
        for tags in tags.iter_mut() {
            let restored = tags.to_str().ok().map(|tags| tags.replace(SUFFIX, "\""));
            if let Some(Ok(restored)) = restored.map(HeaderValue::try_from) {
                *tags = restored;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_taken_as_far_as_the_client_says() {
        for (accepted, said) in [
            (true, "gzip"),
            (true, "br, GZIP"),
            (true, "x-gzip"),
            (true, "gzip;q=0.5, identity"),
            (true, "br;q=1.0, gzip; q=0.001"),
            (true, "*"),
            (false, ""),
            (false, "identity"),
            (false, "br"),
            (false, "gzip;q=0"),
            (false, "gzip;q=0.000, *"),
            (false, "*;q=0"),
            (false, "gzip;q=much"),
            (false, "gzipped"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, said.parse().unwrap());

            assert_eq!(accepts_gzip(&headers), accepted, "{said:?}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
