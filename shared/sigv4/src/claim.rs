//! Where a request says by whom and how it is signed: in the header `Authorization`, or in its query.

use std::str::from_utf8;

use crate::{ALGORITHM, Refusal, Request, canonical::Parameter};

/// The parameter that is not signed itself.
pub(crate) const SIGNATURE: &str = "X-Amz-Signature";

/// What a presigned query must have.
const PRESIGNED: [&str; 5] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-SignedHeaders",
    SIGNATURE,
];

/// What a request says of its signature; nothing of it is proven.
pub(crate) struct Claim<'a> {
    /// Access key id and scope.
    pub(crate) credential: &'a str,
    /// Names in lower case with `;` between.
    pub(crate) signed_headers: &'a str,
    /// 64 hexadecimal digits.
    pub(crate) signature: &'a str,
    /// When it was signed, `20260101T000000Z`.
    pub(crate) date: &'a str,
    /// How many seconds it is good for, where a query says so.
    pub(crate) expires: Option<&'a str>,
    pub(crate) session_token: Option<&'a str>,
    /// Whether it stands in the query.
    pub(crate) is_presigned: bool,
}

impl<'a> Claim<'a> {
    /// None where the request is not signed with this algorithm's family.
    pub(crate) fn read(
        request: &Request<'a>,
        query: &'a [Parameter<'_>],
    ) -> Result<Option<Self>, Refusal> {
        let mut in_query = PRESIGNED.iter();
        let in_query =
            in_query.any(|name| query.iter().any(|(known, _)| **known == *name.as_bytes()));
        let mut authorizations = request.all("authorization");
        let in_header = authorizations.any(|value| value.starts_with(b"AWS4-"));
        match (in_header, in_query) {
            (false, false) => Ok(None),
            (true, false) => Self::of_header(request).map(Some),
            (false, true) if request.all("authorization").next().is_none() => {
                Self::of_query(query).map(Some)
            }
            _ => Err(Refusal::IncompleteSignature(
                "Sign in the header `Authorization` or in the query, not in both.",
            )),
        }
    }

    fn of_header(request: &Request<'a>) -> Result<Self, Refusal> {
        let authorization = request.once("authorization")?.unwrap_or_default();
        let (algorithm, parts) = authorization.split_once(' ').unwrap_or_default();
        check_algorithm(algorithm)?;
        let [mut credential, mut signed_headers, mut signature] = [None; 3];
        for part in parts.split(',') {
            let (name, value) = part.trim().split_once('=').unwrap_or_default();
            let known = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(malformed()),
            };
            if known.replace(value).is_some() {
                return Err(malformed());
            }
        }
        let date = request.once("x-amz-date")?;
        Ok(Self {
            credential: credential.ok_or_else(malformed)?,
            signed_headers: signed_headers.ok_or_else(malformed)?,
            signature: signature.ok_or_else(malformed)?,
            date: date.ok_or(Refusal::IncompleteSignature("`X-Amz-Date` is missing."))?,
            expires: None,
            session_token: request.once("x-amz-security-token")?,
            is_presigned: false,
        })
    }

    fn of_query(query: &'a [Parameter<'_>]) -> Result<Self, Refusal> {
        let optional = |name: &str| {
            let mut named = query
                .iter()
                .filter(|(known, _)| **known == *name.as_bytes());
            let value = named.next().map(|(_, value)| from_utf8(value));
            match (value.transpose(), named.next()) {
                (Ok(value), None) => Ok(value),
                _ => Err(Refusal::IncompleteSignature(
                    "A parameter of the signature came twice, or is no text.",
                )),
            }
        };
        let needed = |name| {
            optional(name)?.ok_or(Refusal::IncompleteSignature(
                "A presigned query has X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, \
                 X-Amz-SignedHeaders and X-Amz-Signature.",
            ))
        };
        check_algorithm(needed("X-Amz-Algorithm")?)?;
        Ok(Self {
            credential: needed("X-Amz-Credential")?,
            signed_headers: needed("X-Amz-SignedHeaders")?,
            signature: needed(SIGNATURE)?,
            date: needed("X-Amz-Date")?,
            expires: optional("X-Amz-Expires")?,
            session_token: optional("X-Amz-Security-Token")?,
            is_presigned: true,
        })
    }
}

fn check_algorithm(algorithm: &str) -> Result<(), Refusal> {
    match algorithm == ALGORITHM {
        true => Ok(()),
        false => Err(Refusal::IncompleteSignature(
            "The only algorithm understood is AWS4-HMAC-SHA256.",
        )),
    }
}

fn malformed() -> Refusal {
    Refusal::IncompleteSignature(
        "Send `Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.",
    )
}
