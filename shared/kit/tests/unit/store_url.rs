//! The URL whose scheme chooses the adapter.

use kit::store::StoreUrl;
use sqlx::{ConnectOptions, postgres::PgSslMode};

#[test]
fn a_password_is_in_nothing_that_is_shown() {
    let url = "postgres://orders:hu?sh@db:5433/orders?sslmode=require&pool=3";

    let url: StoreUrl = url.parse().unwrap();

    let shown = format!("{url} {url:?} {}", String::from(url.clone()));
    assert!(shown.contains("orders:…@db:5433/orders"), "{shown}");
    assert!(!shown.contains("hu") && !shown.contains("sh@"), "{shown}");
    let StoreUrl::Postgres(url) = url else {
        panic!("{url}")
    };
    let options = url.connect_options();
    assert_eq!(options.to_url_lossy().password(), Some("hu%3Fsh"));
    assert!(matches!(options.get_ssl_mode(), PgSslMode::Require));
}

#[test]
fn a_url_that_cannot_be_served_is_refused_with_what_can_be() {
    let refused = |url: &str| url.parse::<StoreUrl>().unwrap_err().to_string();

    for (url, expected) in [
        (
            "mysql://root:hush@db/shop",
            "\"mysql:…\": expected sqlite:<path> or postgres://",
        ),
        ("hush", "expected sqlite:<path> or postgres://"),
        ("sqlite:", "expected sqlite:<path>"),
        ("postgres://db", "user:password@host:port/database"),
        (
            "postgres://me:hush@/shop",
            "user:password@host:port/database",
        ),
        ("postgres://me:hush@db", "user:password@host:port/database"),
        ("postgres://me:hush@db/shop?colour=hush", "?name=value"),
        (
            "postgres://me:hush@db/shop?sslmode=allow",
            "prefer, require or verify-full",
        ),
        (
            "postgres://me:hush@db/shop?sslmode=require&sslrootcert=x",
            "sslmode=verify-full",
        ),
        ("postgres://me:hush@db/shop?pool=0", "1 to 1000"),
        (
            "postgres://me:hush@db/shop?password_file=/x",
            "one password",
        ),
        (
            "postgres://me:hush@db/shop?settings=hush",
            "session or role",
        ),
        (
            "postgres://me:hush@db/shop?settings=role&options=-c%20jit=on",
            "no options",
        ),
    ] {
        let fault = refused(url);
        assert!(fault.contains(expected), "{url}: {fault}");
        assert!(!fault.contains("hush"), "{fault}");
    }
}

#[cfg(not(feature = "aws-secrets"))]
#[test]
fn a_password_in_a_secret_needs_a_program_with_the_feature() {
    let fault = "postgres://me@db/shop?password_secret=shop"
        .parse::<StoreUrl>()
        .unwrap_err();

    assert!(fault.to_string().contains("aws-secrets"), "{fault}");
}
