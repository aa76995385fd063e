//! Keys that an issuer publishes (RFC 7517), as somebody reads them who verifies its tokens.

use std::collections::HashMap;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse},
};

/// Keys by their ids, each with the one algorithm that it verifies by (RFC 8725 §3.1).
pub type Keys = HashMap<String, (Algorithm, DecodingKey)>;

/// The keys of a set that verify by one of these algorithms. What is for something else, unknown here, or without
/// an id is left out.
pub fn usable(published: &[u8], algorithms: &[Algorithm]) -> serde_json::Result<Keys> {
    let set: JwkSet = serde_json::from_slice(published)?;
    let usable = set.keys.iter().filter(|jwk| verifies(jwk));
    let usable = usable.filter_map(|jwk| {
        let key = DecodingKey::from_jwk(jwk).ok()?;
        let mut fit = algorithms.iter().filter(|it| it.family() == key.family());
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => {
                let named = named.to_string().parse().ok()?;
                *fit.find(|it| **it == named)?
            }
            // Some providers leave it out: then the key's kind has to say it.
            None => *fit.next().filter(|_| fit.next().is_none())?,
        };
        Some((jwk.common.key_id.clone()?, (algorithm, key)))
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
    fn a_key_is_taken_for_the_algorithm_of_its_name_or_of_its_kind() {
        use Algorithm::{EdDSA, RS256};

        for (members, algorithms, taken) in [
            (r#""kid":"a","alg":"EdDSA""#, &[RS256, EdDSA][..], true),
            (r#""kid":"a""#, &[RS256, EdDSA], true),
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

    #[test]
    fn a_key_that_could_be_for_two_algorithms_says_for_which() {
        let set = r#"{"keys":[{"kty":"RSA","kid":"a","n":"AQAB","e":"AQAB"}]}"#;

        let of_one = usable(set.as_bytes(), &[Algorithm::RS256]).unwrap();
        let of_two = usable(set.as_bytes(), &[Algorithm::RS256, Algorithm::PS256]).unwrap();

        assert_eq!((of_one.len(), of_two.len()), (1, 0));
    }
}
