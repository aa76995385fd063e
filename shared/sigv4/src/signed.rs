//! One signature: read from a request, checked for its time, proven with the secret.

use aws_lc_rs::{digest, hmac};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    ALGORITHM, Refusal, Request, canonical,
    claim::{Claim, SIGNATURE},
};

/// How far the signer's clock may be from ours, and how long a signature is good that says nothing of it.
const MAX_CLOCK_DIFFERENCE: SignedDuration = SignedDuration::from_mins(5);

/// The longest life of a presigned request, in seconds: a week.
const MAX_EXPIRES_S: i64 = 604_800;

/// For which service requests have to be signed, and how paths are read there.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The scope's region.
    pub region: &'a str,
    /// The scope's service.
    pub service: &'a str,
    /// Whether the path is signed with its dot segments and doubled slashes resolved: everywhere but in S3.
    pub normalise: bool,
}

/// What the signature says of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing but its hash, which has to be taken from the body itself.
    Whole,
    /// It has this SHA-256: whoever takes the body has to compare.
    Declared([u8; 32]),
    /// It is not signed.
    Unsigned,
}

/// A signature that is well-formed and signs what it has to. It proves nothing before
/// [`verify`](Self::verify).
pub struct Signed {
    pub(crate) access_key_id: String,
    pub(crate) session_token: Option<String>,
    pub(crate) payload: Payload,
    /// Not before.
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
    /// As it was sent.
    pub(crate) date: String,
    pub(crate) scope: String,
    /// The canonical request but for its last line, the hash of the body.
    pub(crate) head: Vec<u8>,
    pub(crate) signature: [u8; 32],
}

impl Signed {
    /// Reads the signature of a request; none where there is none.
    pub fn read(request: &Request<'_>, rules: &Rules<'_>) -> Result<Option<Self>, Refusal> {
        let (path, query) = request.path_and_query();
        let query = canonical::parameters(query);
        let Some(claim) = Claim::read(request, &query)? else {
            return Ok(None);
        };
        if !path.starts_with(b"/") {
            let refusal = "A path begins with a slash.";
            return Err(Refusal::IncompleteSignature(refusal));
        }
        let (access_key_id, scope) = claim.credential.split_once('/').unwrap_or_default();
        check_scope(scope, claim.date, rules)?;
        let (from, until) = period(&claim)?;
        let signed_headers: Vec<&str> = claim.signed_headers.split(';').collect();
        check_signed_headers(request, &signed_headers, !claim.is_presigned)?;

        let path = canonical::path(path, rules.normalise);
        let signed_query = query
            .iter()
            .filter(|(name, _)| **name != *SIGNATURE.as_bytes());
        let query = canonical::query(signed_query);
        let mut head = format!("{}\n{path}\n{query}\n", request.method).into_bytes();
        head.extend(canonical::headers(request, &signed_headers)?);
        head.push(b'\n');
        head.extend_from_slice(claim.signed_headers.as_bytes());
        head.push(b'\n');
        Ok(Some(Self {
            access_key_id: access_key_id.to_owned(),
            session_token: claim.session_token.map(str::to_owned),
            payload: payload(request)?,
            from,
            until,
            date: claim.date.to_owned(),
            scope: scope.to_owned(),
            head,
            signature: digits(claim.signature).ok_or(Refusal::IncompleteSignature(
                "A signature has 64 hexadecimal digits in lower case.",
            ))?,
        }))
    }

    /// The key that it names.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// What came with temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// What it says of the body.
    pub fn payload(&self) -> Payload {
        self.payload
    }

    /// The signature itself: the same again is the same request again.
    pub fn signature(&self) -> [u8; 32] {
        self.signature
    }

    /// When it is good no longer.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether it is good now.
    pub fn check_time(&self, now: Timestamp) -> Result<(), Refusal> {
        if now > self.until {
            return Err(Refusal::InvalidSignature("The signature has expired."));
        }
        if now < self.from {
            return Err(Refusal::InvalidSignature("The signature is not yet good."));
        }
        Ok(())
    }

    /// Whether whoever has this secret signed this request with a body of this [`hash`], which is used only
    /// where the signature says nothing else of it. Without a secret the answer takes as long.
    pub fn verify(&self, secret: Option<&str>, body_hash: [u8; 32]) -> Result<(), Refusal> {
        let (key, text) = self.key_and_text(secret.unwrap_or_default(), body_hash);
        // In constant time.
        let is_right = hmac::verify(&key, text.as_bytes(), &self.signature).is_ok();
        match (secret, is_right) {
            (None, _) => Err(Refusal::UnrecognizedClient),
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(Refusal::InvalidSignature(
                "The signature is not the one that this key makes of this request.",
            )),
        }
    }

    /// What is signed, and with which key.
    pub(crate) fn key_and_text(&self, secret: &str, body_hash: [u8; 32]) -> (hmac::Key, String) {
        let mut canonical = digest::Context::new(&digest::SHA256);
        canonical.update(&self.head);
        match self.payload {
            Payload::Unsigned => canonical.update(b"UNSIGNED-PAYLOAD"),
            Payload::Declared(hash) => canonical.update(hex::encode(hash).as_bytes()),
            Payload::Whole => canonical.update(hex::encode(body_hash).as_bytes()),
        }
        let hash = hex::encode(canonical.finish());
        let (date, scope) = (&self.date, &self.scope);
        let text = format!("{ALGORITHM}\n{date}\n{scope}\n{hash}");
        let secret_key = format!("AWS4{secret}");
        let key = scope
            .split('/')
            .fold(key(secret_key.as_bytes()), |key, part| {
                self::key(hmac::sign(&key, part.as_bytes()).as_ref())
            });
        (key, text)
    }
}

/// The SHA-256 of a body.
pub fn hash(body: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, body);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

fn key(bytes: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, bytes)
}

/// `<date>/<region>/<service>/aws4_request`, of the day at which it was signed.
fn check_scope(scope: &str, date: &str, rules: &Rules<'_>) -> Result<(), Refusal> {
    let mut parts = scope.split('/');
    let refusal = match [(); 5].map(|()| parts.next()) {
        [
            Some(day),
            Some(region),
            Some(service),
            Some("aws4_request"),
            None,
        ] => {
            if date.get(..8) != Some(day) {
                "The scope's day is not the one of `X-Amz-Date`."
            } else if region != rules.region {
                "The scope names another region."
            } else if service != rules.service {
                "The scope names another service."
            } else {
                return Ok(());
            }
        }
        _ => {
            let form = "A credential is <access key id>/<day>/<region>/<service>/aws4_request.";
            return Err(Refusal::IncompleteSignature(form));
        }
    };
    Err(Refusal::InvalidSignature(refusal))
}

/// From when to when it is good.
fn period(claim: &Claim<'_>) -> Result<(Timestamp, Timestamp), Refusal> {
    let date = time(claim.date).ok_or(Refusal::IncompleteSignature(
        "`X-Amz-Date` has the form 20260101T000000Z.",
    ))?;
    let life = match claim.expires {
        None => MAX_CLOCK_DIFFERENCE,
        Some(text) => {
            let is_number =
                (1..=6).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
            let seconds = text.parse().ok().filter(|_| is_number);
            let seconds = seconds.filter(|seconds| (1..=MAX_EXPIRES_S).contains(seconds));
            SignedDuration::from_secs(seconds.ok_or(Refusal::IncompleteSignature(
                "`X-Amz-Expires` is a number of seconds from 1 to 604800.",
            ))?)
        }
    };
    let far = Refusal::InvalidSignature("The signature is of another age.");
    let from = date.checked_sub(MAX_CLOCK_DIFFERENCE).map_err(|_| far)?;
    let until = date.checked_add(life).map_err(|_| far)?;
    Ok((from, until))
}

fn time(text: &str) -> Option<Timestamp> {
    let is_formed = text.len() == 16
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 => byte == b'T',
            15 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", text)
        .ok()
        .filter(|_| is_formed)?;
    TimeZone::UTC.to_timestamp(time).ok()
}

/// Whether all is signed that has to be, each name once and in order.
fn check_signed_headers(
    request: &Request<'_>,
    signed: &[&str],
    with_date: bool,
) -> Result<(), Refusal> {
    let is_lower = |name: &&str| !name.bytes().any(|byte| byte.is_ascii_uppercase());
    let refusal = if !signed.is_sorted_by(|one, next| one < next) || !signed.iter().all(is_lower) {
        "The signed headers are named once each, in lower case and in order."
    } else if !signed.contains(&"host") {
        "The header `host` has to be signed."
    } else if with_date && !signed.contains(&"x-amz-date") {
        "The header `x-amz-date` has to be signed."
    } else if request
        .headers
        .iter()
        .any(|(name, _)| is_left_out(name, signed))
    {
        "Every header `x-amz-…` has to be signed."
    } else {
        return Ok(());
    };
    Err(Refusal::IncompleteSignature(refusal))
}

fn is_left_out(name: &str, signed: &[&str]) -> bool {
    let begins = name
        .get(..6)
        .is_some_and(|begin| begin.eq_ignore_ascii_case("x-amz-"));
    begins && !signed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn payload(request: &Request<'_>) -> Result<Payload, Refusal> {
    match request.once("x-amz-content-sha256")? {
        None => Ok(Payload::Whole),
        Some("UNSIGNED-PAYLOAD") => Ok(Payload::Unsigned),
        Some(text) => digits(text).map(Payload::Declared).ok_or(Refusal::IncompleteSignature(
            "`X-Amz-Content-Sha256` is the body's SHA-256, or UNSIGNED-PAYLOAD; chunks are not signed here.",
        )),
    }
}

/// 64 hexadecimal digits in lower case: another way to write them would be another text that was signed.
fn digits(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (!text.bytes().any(|byte| byte.is_ascii_uppercase())).then_some(bytes)
}
