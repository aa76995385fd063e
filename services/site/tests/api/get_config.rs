use http::Method;
use site::Config;

use crate::TestSite;

async fn api_for(site: &TestSite, host: &str) -> String {
    let answer = site.get_with("/config.json", &[("host", host)]).await;
    let config: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let api = config["api"].as_str().unwrap().to_owned();

    // Page and config must name the same origin, or the page may not call it.
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains(&format!("connect-src 'self' {api};")),
        "{policy}"
    );
    api
}

#[tokio::test]
async fn the_api_is_on_the_host_that_the_visitor_used() {
    let site = TestSite::of(&[]);

    assert_eq!(
        api_for(&site, "localhost:3000").await,
        "http://localhost:8080"
    );
    assert_eq!(
        api_for(&site, "127.0.0.1:3000").await,
        "http://127.0.0.1:8080"
    );
    assert_eq!(api_for(&site, "[::1]:3000").await, "http://[::1]:8080");
    assert_eq!(api_for(&site, "localhost").await, "http://localhost:8080");
}

#[tokio::test]
async fn a_host_that_is_not_this_machine_is_not_repeated() {
    let site = TestSite::of(&[]);

    for host in [
        "evil.example",
        "localhost.evil.example:3000",
        "127.0.0.1.evil.example",
    ] {
        assert_eq!(
            api_for(&site, host).await,
            "http://localhost:8080",
            "{host}"
        );
    }
    for refused in [
        "evil.example#localhost",
        "localhost@evil.example",
        "localhost; script-src *",
        "",
    ] {
        let answer = site.get_with("/config.json", &[("host", refused)]).await;
        assert_eq!(answer.code(), 400, "{refused}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("connect-src 'self' http://localhost:8080;"),
            "{policy}"
        );
    }
}

#[tokio::test]
async fn a_set_address_goes_before_the_host_and_the_port() {
    let config = Config {
        api_url: Some("https://api.example.com/".into()),
        ..Config::default()
    };
    let site = TestSite::with(config, &[]);

    assert_eq!(
        api_for(&site, "127.0.0.1:3000").await,
        "https://api.example.com"
    );
}

#[tokio::test]
async fn another_port_of_the_edge_is_told() {
    let config = Config {
        edge_port: 8090,
        ..Config::default()
    };
    let site = TestSite::with(config, &[]);

    assert_eq!(
        api_for(&site, "localhost:3000").await,
        "http://localhost:8090"
    );
}

#[tokio::test]
async fn the_config_is_never_kept_and_goes_before_a_file_of_that_name() {
    let site = TestSite::of(&[("config.json", "{}")]);

    let answer = site.get("/config.json").await;
    let posted = site.ask(Method::POST, "/config.json", &[]).await;

    assert_eq!(answer.body, r#"{"api":"http://localhost:8080"}"#);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(posted.code(), 405);
}

#[tokio::test]
async fn a_page_may_send_pictures_to_the_bucket_that_is_named_and_to_no_other() {
    let config = Config {
        uploads_url: Some("https://garden.s3.eu-central-1.amazonaws.com/".into()),
        ..Config::default()
    };
    let site = TestSite::with(config, &[]);

    let answer = site
        .get_with("/config.json", &[("host", "localhost")])
        .await;

    let policy = answer.header("content-security-policy");
    let sources =
        "connect-src 'self' http://localhost:8080 https://garden.s3.eu-central-1.amazonaws.com;";
    assert!(policy.contains(sources), "{policy}");
    assert_eq!(policy.matches("amazonaws").count(), 1, "{policy}");
}
