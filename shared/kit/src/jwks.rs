//! Keys that an issuer publishes (RFC 7517), as somebody reads them who verifies its tokens.

use std::collections::HashMap;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse},
};

/// Keys by their ids, each with the one algorithm that it verifies by (RFC 8725 §3.1).
pub type Keys = HashMap<String, (Algorithm, DecodingKey)>;

/// The keys of a set that verify by one of these algorithms. What is for something else, unknown here, or without
/// an id is left out, and of several algorithms also what does not say by which.
pub fn usable(published: &[u8], algorithms: &[Algorithm]) -> serde_json::Result<Keys> {
    let set: JwkSet = serde_json::from_slice(published)?;
    let usable = set.keys.iter().filter(|jwk| verifies(jwk));
    let usable = usable.filter_map(|jwk| {
        let algorithm = match (jwk.common.key_algorithm, algorithms) {
            (Some(named), _) => named.to_string().parse().ok()?,
            // Some providers leave it out.
            (None, [only]) => *only,
            (None, _) => return None,
        };
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let is_fit = algorithms.contains(&algorithm) && key.family() == algorithm.family();
        Some((jwk.common.key_id.clone()?, (algorithm, key))).filter(|_| is_fit)
    });
    Ok(usable.collect())
}

/// Whether a key is meant to verify signatures (RFC 7517 §4.2, §4.3).
fn verifies(jwk: &Jwk) -> bool {
    let purpose = jwk.common.public_key_use.as_ref();
    let operations = jwk.common.key_operations.as_ref();
    purpose.is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
        && operations.is_none_or(|operations| operations.contains(&KeyOperations::Verify))
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn ids(members: &str, algorithms: &[Algorithm]) -> Vec<String> {
        let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{X}",{members}}}]}}"#);
        let keys = usable(set.as_bytes(), algorithms).unwrap();
        keys.into_keys().collect()
    }

    #[test]
    fn a_key_is_taken_for_the_algorithm_that_it_names_or_the_only_one() {
        use Algorithm::{EdDSA, RS256};

        for (members, algorithms, taken) in [
            (r#""kid":"a","alg":"EdDSA""#, &[RS256, EdDSA][..], true),
            (r#""kid":"a""#, &[EdDSA], true),
            (r#""kid":"a""#, &[RS256, EdDSA], false),
            (r#""kid":"a""#, &[RS256], false),
            (r#""kid":"a","alg":"RS256""#, &[RS256, EdDSA], false),
            (r#""kid":"a","alg":"EdDSA""#, &[RS256], false),
            (r#""alg":"EdDSA""#, &[EdDSA], false),
            (r#""kid":"a","use":"enc""#, &[EdDSA], false),
            (r#""kid":"a","key_ops":["sign"]"#, &[EdDSA], false),
        ] {
            assert_eq!(!ids(members, algorithms).is_empty(), taken, "{members}");
        }
    }
}
