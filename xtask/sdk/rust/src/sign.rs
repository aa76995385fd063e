//! AWS Signature Version 4 of a request in its headers.

use std::{collections::BTreeMap, fmt, time::SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use reqwest::Url;
use sha2::{Digest, Sha256};

/// Temporary credentials.
#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    /// Without it the API refuses what is signed.
    pub session_token: Option<String>,
    /// Until then they are kept; for ever where it is not known.
    pub expires_at: Option<SystemTime>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = to.debug_struct("Credentials");
        told.field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// Adds the headers that prove who sends the request, at this moment. All are signed; their names are in lower case.
pub(crate) fn sign(
    method: &str,
    url: &Url,
    headers: &mut BTreeMap<String, String>,
    body: &[u8],
    by: &Credentials,
    region: &str,
    now: SystemTime,
) {
    let now = Timestamp::try_from(now)
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC);
    let stamp = now.strftime("%Y%m%dT%H%M%SZ").to_string();
    let payload = hex(&Sha256::digest(body));
    headers.insert("x-amz-content-sha256".to_owned(), payload.clone());
    headers.insert("x-amz-date".to_owned(), stamp.clone());
    if let Some(token) = &by.session_token {
        headers.insert("x-amz-security-token".to_owned(), token.clone());
    }
    let mut signed = headers.clone();
    let port = url.port().map(|port| format!(":{port}"));
    let host = url.host_str().unwrap_or_default().to_owned() + &port.unwrap_or_default();
    signed.insert("host".to_owned(), host);
    let names = signed.keys().cloned().collect::<Vec<_>>().join(";");
    let lines: String = signed
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}:{}\n",
                value.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        })
        .collect();
    let mut pairs: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| format!("{}={}", escape(&name), escape(&value)))
        .collect();
    pairs.sort();
    // Escapes are escaped once more, as everywhere but in S3.
    let path = url
        .path()
        .split('/')
        .map(escape)
        .collect::<Vec<_>>()
        .join("/");
    let canonical = format!(
        "{method}\n{path}\n{}\n{lines}\n{names}\n{payload}",
        pairs.join("&")
    );
    let scope = format!("{}/{region}/execute-api/aws4_request", &stamp[..8]);
    let digest = hex(&Sha256::digest(canonical));
    let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}");
    let mut key = format!("AWS4{}", by.secret_access_key).into_bytes();
    for part in scope.split('/').chain([&*text]) {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes keys of every length");
        mac.update(part.as_bytes());
        key = mac.finalize().into_bytes().to_vec();
    }
    let credential = format!("{}/{scope}", by.access_key_id);
    headers.insert(
        "authorization".to_owned(),
        format!(
            "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={}",
            hex(&key)
        ),
    );
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 3986: everything but letters, digits and `-._~`.
pub(crate) fn escape(text: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escaped).collect()
}
