//! The stage and its usage plans, for the template: cache, limits and canary, from `x-edge` and the settings.

use serde_json::{Map, Value, json};

use super::{gateway::Api, settings::Settings};

/// Properties of the API's stage (AWS::Serverless::Api).
pub(crate) fn stage(api: &Api<'_>, settings: &Settings) -> Value {
    let everything = json!({
        "HttpMethod": "*",
        "ResourcePath": "/*",
        "CachingEnabled": false,
        "MetricsEnabled": true,
        "ThrottlingRateLimit": rate(settings.client_rate_per_s.into(), settings),
        "ThrottlingBurstLimit": burst(settings.client_burst, settings),
    });
    let mut methods = vec![everything];
    let mut is_cached = false;
    for operation in api.operations() {
        let edge = &operation.edge;
        if edge.cache.is_none() && edge.throttle.is_none() {
            continue;
        }
        let mut method = json!({
            "HttpMethod": operation.method.to_uppercase(),
            "ResourcePath": resource(&operation.path),
            "MetricsEnabled": true,
        });
        if let Some(cache) = &edge.cache {
            is_cached = true;
            method["CachingEnabled"] = json!(true);
            method["CacheDataEncrypted"] = json!(true);
            method["CacheTtlInSeconds"] = json!(cache.ttl_s);
        }
        let (of_one, at_once) = match edge.throttle {
            Some(throttle) => (throttle.rate_per_s, throttle.burst),
            None => (settings.client_rate_per_s.into(), settings.client_burst),
        };
        method["ThrottlingRateLimit"] = json!(rate(of_one, settings));
        method["ThrottlingBurstLimit"] = json!(burst(at_once, settings));
        methods.push(method);
    }
    let mut stage = json!({ "StageName": settings.stage, "MethodSettings": methods });
    if is_cached {
        stage["CacheClusterEnabled"] = json!(true);
        stage["CacheClusterSize"] = json!(settings.cache_gb);
    }
    if settings.canary_percent > 0 {
        stage["CanarySetting"] = json!({
            "PercentTraffic": settings.canary_percent,
            // The new version's answers are its own.
            "UseStageCache": false,
        });
    }
    stage
}

/// A usage plan for each plan of the settings, of the API for programs; keys are made for those who get one.
pub(crate) fn plans(settings: &Settings) -> Value {
    let mut resources = Map::new();
    for (name, plan) in &settings.plans {
        let mut properties = json!({
            "UsagePlanName": name,
            "ApiStages": [{ "ApiId": { "Ref": "SignedApi" }, "Stage": { "Ref": "SignedApi.Stage" } }],
            "Throttle": { "RateLimit": plan.rate_per_s, "BurstLimit": plan.burst },
        });
        if let Some(limit) = plan.per_day {
            properties["Quota"] = json!({ "Limit": limit, "Period": "DAY" });
        }
        let mut resource = name[..1].to_uppercase() + &name[1..];
        resource += "Plan";
        let plan = json!({ "Type": "AWS::ApiGateway::UsagePlan", "Properties": properties });
        resources.insert(resource, plan);
    }
    resources.into()
}

/// API Gateway counts the requests of all clients together.
fn rate(of_one: f64, settings: &Settings) -> f64 {
    of_one * f64::from(settings.clients)
}

fn burst(of_one: u32, settings: &Settings) -> u32 {
    of_one.saturating_mul(settings.clients)
}

/// A path as the settings of a method name it:
/// docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-apigateway-stage-methodsetting.html
fn resource(path: &str) -> String {
    format!("/{}", path.replace('/', "~1"))
}

#[cfg(test)]
mod tests;
