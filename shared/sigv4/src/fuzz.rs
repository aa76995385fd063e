//! What holds of every signed request, whatever is in it: called by the fuzzer with inputs of its own, and
//! by a test with those that are kept (`fuzz/corpus/signature`).

use aws_lc_rs::hmac;

use crate::{ALGORITHM, Payload, Refusal, Request, Rules, Signed, canonical, claim::Claim, hash};

const RULES: Rules<'_> = Rules {
    region: "local",
    service: "execute-api",
    normalise: true,
};

/// Reads a request: `GET /path?query`, then a header a line.
pub fn signature(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let mut words = first.splitn(2, |byte| *byte == b' ');
    let method = words.next().and_then(|word| str::from_utf8(word).ok());
    let (Some(method), Some(target)) = (method, words.next()) else {
        return;
    };
    let header = |line| header(line).map(|(name, value)| (name, value.trim_ascii()));
    let Some(headers) = lines.map(header).collect() else {
        return;
    };
    let request = Request {
        method,
        target,
        headers,
    };
    if let Ok(Some(signed)) = Signed::read(&request, &RULES) {
        read_alike_when_written_anew(&request, &signed);
        is_bound_in_time(&signed);
        is_proven_by_the_secret_alone(signed);
    }
}

fn header(line: &[u8]) -> Option<(&str, &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((str::from_utf8(&line[..colon]).ok()?, &line[colon + 1..]))
}

/// With other spaces and escapes, and its query in order, it is the same signature of the same request.
fn read_alike_when_written_anew(request: &Request<'_>, signed: &Signed) {
    let (path, query) = request.path_and_query();
    let query = canonical::parameters(query);
    let claim = Claim::read(request, &query);
    let claim = claim.ok().flatten().expect("it was read before");
    let target = [path, b"?", canonical::query(query.iter()).as_bytes()].concat();
    let authorization = format!(
        "{ALGORITHM}  Signature={},SignedHeaders={} ,  Credential={}",
        claim.signature, claim.signed_headers, claim.credential,
    );
    let signs = |name: &str| name.eq_ignore_ascii_case("authorization");
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| match signs(name) {
            true => (*name, authorization.as_bytes()),
            false => (*name, *value),
        });
    let anew = Request {
        method: request.method,
        target: &target,
        headers: headers.collect(),
    };
    let again = Signed::read(&anew, &RULES).expect("it is as well-formed");
    let again = again.expect("it is as signed");
    assert_eq!(again.access_key_id, signed.access_key_id);
    assert_eq!(again.session_token, signed.session_token);
    assert_eq!(again.payload, signed.payload);
    assert_eq!((again.from, again.until), (signed.from, signed.until));
    assert_eq!(again.date, signed.date);
    assert_eq!(again.scope, signed.scope);
    assert_eq!(again.signature, signed.signature);
    // Nobody signs the header that the signature stands in, but it is not forbidden.
    if !claim.signed_headers.split(';').any(signs) {
        assert_eq!(again.head, signed.head);
    }
}

/// No signature is good for longer than a week, and five minutes for clocks that differ.
fn is_bound_in_time(signed: &Signed) {
    let life = signed.until.duration_since(signed.from);
    assert!((300..=604_800 + 300).contains(&life.as_secs()), "{life:?}");
    assert_eq!(signed.check_time(signed.until), Ok(()));
}

/// Nobody has made these signatures with this secret; once they are, everything counts.
fn is_proven_by_the_secret_alone(mut signed: Signed) {
    let (secret, body) = (Some("a secret"), hash(b"a body"));
    assert_eq!(signed.verify(None, body), Err(Refusal::UnrecognizedClient));
    assert!(signed.verify(secret, body).is_err());
    let (key, text) = signed.key_and_text("a secret", body);
    let right = hmac::sign(&key, text.as_bytes());
    signed.signature.copy_from_slice(right.as_ref());
    assert_eq!(signed.verify(secret, body), Ok(()));
    assert!(signed.verify(Some("another"), body).is_err());
    let body_counts = signed.payload == Payload::Whole;
    let other_body = signed.verify(secret, hash(b"another"));
    assert_eq!(other_body.is_err(), body_counts);
    signed.signature[31] ^= 1;
    assert!(signed.verify(secret, body).is_err());
}

#[test]
fn inputs_that_were_found_once_find_nothing_any_more() {
    testkit::corpus::replay("signature", signature);
}
