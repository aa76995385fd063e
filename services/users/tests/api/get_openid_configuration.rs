use serde_json::json;

use crate::app::TestApp;

#[tokio::test]
async fn a_verifier_finds_the_keys_by_the_issuer() {
    let answer = TestApp::new()
        .await
        .anonymous()
        .get("/.well-known/openid-configuration")
        .await;

    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let metadata = answer.ok(200);
    assert_eq!(metadata["issuer"], "http://localhost:8080");
    assert_eq!(
        metadata["jwks_uri"],
        "http://localhost:8080/.well-known/jwks.json"
    );
    assert_eq!(
        metadata["id_token_signing_alg_values_supported"],
        json!(["EdDSA"])
    );
}
