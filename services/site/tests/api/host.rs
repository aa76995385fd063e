//! Which host a page is asked of (RFC 9112 §3.2).

use http::Method;

use crate::TestSite;

#[tokio::test]
async fn a_host_that_is_none_is_refused_and_several_are() {
    let site = TestSite::of(&[("index.html", "<p>Welcome")]);

    for (hosts, expected) in [
        (vec!["localhost:3000"], 200),
        (vec!["SHOP.example"], 200),
        (vec![""], 400),
        (vec!["a b"], 400),
        (vec!["a/b"], 400),
        (vec!["localhost:99999"], 400),
        (vec!["localhost", "localhost"], 400),
    ] {
        let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
        let answer = site.ask(Method::GET, "/", &headers).await;

        assert_eq!(answer.code(), expected, "{hosts:?}");
        assert!(!answer.header("content-security-policy").is_empty());
    }
}

#[tokio::test]
async fn an_absolute_target_names_the_host_in_any_case() {
    let site = TestSite::of(&[("index.html", "<p>Welcome")]);

    for (target, expected) in [
        ("http://LOCALHOST:3000/", 200),
        ("http://evil.example/", 400),
    ] {
        let answer = site.get(target).await;
        assert_eq!(answer.code(), expected, "{target}");
    }
}
