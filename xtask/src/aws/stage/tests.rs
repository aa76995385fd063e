use super::*;
use crate::aws::shop::By;
use crate::aws::{
    gateway::{Answers, Callers},
    shop::Shop,
};

const SETTINGS: &str = r#"
stage = "live"
cache_gb = "0.5"
canary_percent = 0
clients = 10
client_rate_per_s = 50
client_burst = 300
"#;

/// The stage of a shop with one operation that says this.
fn stage_of(edge: Value, settings: &str) -> anyhow::Result<Value> {
    let operation = json!({ "operationId": "list_products", "responses": {}, "x-edge": edge });
    let document = json!({ "paths": { "/v1/products": { "get": operation } } });
    let shop = Shop::new(
        document.clone(),
        &[(By::Function("CatalogFunction"), document)],
    )?;
    let api = Api {
        shop: &shop,
        callers: Callers::People,
        answers: Answers::Functions,
        has_plans: false,
    };
    Ok(stage(&api, &Settings::parse(settings)?))
}

#[test]
fn without_anything_said_all_methods_have_the_general_limit_and_no_cache() {
    let stage = stage_of(json!({}), SETTINGS).expect("a stage");

    assert_eq!(
        stage,
        json!({
            "StageName": "live",
            "MethodSettings": [{
                "HttpMethod": "*",
                "ResourcePath": "/*",
                "CachingEnabled": false,
                "MetricsEnabled": true,
                "ThrottlingRateLimit": 500.0,
                "ThrottlingBurstLimit": 3000,
            }],
        })
    );
}

#[test]
fn what_a_document_says_of_an_operation_changes_its_method_alone() {
    let kept = json!({ "cache": { "scope": "public", "ttl_s": 30 } });
    let limited = json!({ "throttle": { "rate_per_s": 0.5, "burst": 20 } });

    let kept = stage_of(kept, SETTINGS).expect("a stage");
    let limited = stage_of(limited, SETTINGS).expect("a stage");

    assert_eq!(kept["CacheClusterEnabled"], true);
    assert_eq!(kept["CacheClusterSize"], "0.5");
    let method = &kept["MethodSettings"][1];
    assert_eq!(method["HttpMethod"], "GET");
    assert_eq!(method["ResourcePath"], "/~1v1~1products");
    assert_eq!(method["CachingEnabled"], true);
    assert_eq!(method["CacheTtlInSeconds"], 30);
    assert_eq!(method["ThrottlingRateLimit"], 500.0);
    assert!(limited.get("CacheClusterEnabled").is_none());
    let method = &limited["MethodSettings"][1];
    assert!(method.get("CachingEnabled").is_none());
    assert_eq!(method["ThrottlingRateLimit"], 5.0);
    assert_eq!(method["ThrottlingBurstLimit"], 200);
}

#[test]
fn what_the_cache_of_a_stage_cannot_keep_is_refused() {
    for (cache, fault) in [
        (json!({ "ttl_s": 30 }), "for everybody alone"),
        (
            json!({ "scope": "principal", "ttl_s": 30 }),
            "for everybody alone",
        ),
        (
            json!({ "scope": "public", "ttl_s": 3601 }),
            "3600 s at most",
        ),
    ] {
        let told = stage_of(json!({ "cache": cache }), SETTINGS).expect_err(fault);
        assert!(told.to_string().contains(fault), "{told}");
    }
}

#[test]
fn a_canary_has_its_share_and_answers_of_its_own() {
    let settings = SETTINGS.replace("canary_percent = 0", "canary_percent = 5");

    let stage = stage_of(json!({}), &settings).expect("a stage");

    assert_eq!(
        stage["CanarySetting"],
        json!({ "PercentTraffic": 5, "UseStageCache": false })
    );
}

#[test]
fn a_plan_becomes_a_usage_plan_with_a_quota_where_there_is_one() {
    let settings = format!(
        "{SETTINGS}
        [plans.partner]
        groups = [\"customer\"]
        rate_per_s = 10
        burst = 20
        per_day = 1000
        [plans.free]
        groups = [\"customer\"]
        rate_per_s = 1
        burst = 2"
    );

    let plans = plans(&Settings::parse(&settings).expect("settings"));

    let partner = &plans["PartnerPlan"]["Properties"];
    assert_eq!(
        partner["Throttle"],
        json!({ "RateLimit": 10, "BurstLimit": 20 })
    );
    assert_eq!(partner["Quota"], json!({ "Limit": 1000, "Period": "DAY" }));
    assert!(plans["FreePlan"]["Properties"].get("Quota").is_none());
}
