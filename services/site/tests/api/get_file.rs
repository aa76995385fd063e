use std::fs;

use http::Method;
use site::Config;

use crate::TestSite;

const PAGE: &str = "<!doctype html><script>alert(1)</script><script src=/a.js></script>";

fn shop() -> TestSite {
    TestSite::of(&[
        ("index.html", "home"),
        ("200.html", PAGE),
        ("404.html", "lost"),
        ("care/index.html", "care"),
        ("robots.txt", "0123456789"),
        ("_app/immutable/entry.1a2b.js", "let plain"),
        ("_app/immutable/entry.1a2b.js.br", "brotli"),
        ("_app/immutable/entry.1a2b.js.gz", "gzipped"),
        ("_app/version.json", "{}"),
        (".env", "secret"),
        ("drawings/tea rose.svg", "<svg/>"),
    ])
}

// Names

#[tokio::test]
async fn a_folder_is_answered_by_its_index_document() {
    let site = shop();

    assert_eq!(site.get("/").await.body, "home");
    assert_eq!(site.get("/care/").await.body, "care");
}

#[tokio::test]
async fn a_folder_without_its_slash_is_redirected_with_the_query() {
    let site = shop();

    let answer = site.get("/care?plant=rose").await;

    assert_eq!(answer.code(), 302);
    assert_eq!(answer.header("location"), "/care/?plant=rose");
}

#[tokio::test]
async fn a_path_that_looks_like_another_host_is_never_a_redirect() {
    let site = shop();

    for path in [
        "//care",
        "//evil.example/care",
        "/%2fevil.example",
        "/\\evil.example/",
    ] {
        let answer = site.get(path).await;

        assert!(
            matches!(answer.code(), 400 | 404),
            "{path}: {}",
            answer.status
        );
        assert_eq!(answer.header("location"), "", "{path}");
    }
}

#[tokio::test]
async fn a_path_without_extension_is_answered_by_the_fallback_document() {
    let site = shop();

    for path in ["/products/tea-rose", "/cart", "/orders/1/"] {
        let answer = site.get(path).await;

        assert_eq!((answer.code(), answer.body.as_str()), (200, PAGE), "{path}");
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
}

#[tokio::test]
async fn an_address_that_is_no_page_is_a_404_drawn_by_the_storefront() {
    let site = shop();
    site.write("routes.json", r#"["/", "/shop", "/product/[slug]"]"#);

    for path in ["/shop", "/shop/?q=rose", "/product/rose"] {
        assert_eq!(site.get(path).await.code(), 200, "{path}");
    }
    for path in ["/no/such/page", "/product", "/product/rose/7"] {
        let answer = site.get(path).await;

        assert_eq!((answer.code(), answer.body.as_str()), (404, PAGE), "{path}");
        assert_eq!(answer.header("etag"), "", "{path}");
    }
}

#[tokio::test]
async fn a_page_has_the_browser_connect_to_the_api_meanwhile() {
    let site = shop();

    let page = site.get_with("/shop", &[("host", "127.0.0.1:3000")]).await;
    let file = site.get("/robots.txt").await;

    let connect = "<http://127.0.0.1:8080>; rel=preconnect; crossorigin";
    assert_eq!(page.header("link"), connect);
    assert_eq!(file.header("link"), "");
}

#[tokio::test]
async fn a_missing_file_is_answered_by_the_error_document() {
    let site = shop();

    for path in ["/missing.js", "/care/missing.png", "/_app/immutable/chunk"] {
        let conditional = [("if-none-match", "*"), ("range", "bytes=0-1")];
        let answer = site.get_with(path, &conditional).await;

        assert_eq!(
            (answer.code(), answer.body.as_str()),
            (404, "lost"),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("etag"), "");
    }
}

#[tokio::test]
async fn without_documents_a_missing_page_is_a_plain_404() {
    let config = Config {
        fallback_document: String::new(),
        ..Config::default()
    };
    let site = TestSite::with(config, &[("index.html", "home"), ("200.html", PAGE)]);

    let answer = site.get("/cart").await;

    assert_eq!(answer.code(), 404);
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
}

#[tokio::test]
async fn an_escaped_name_finds_its_file() {
    let site = shop();

    let answer = site.get("/drawings/tea%20rose.svg").await;

    assert_eq!(answer.body, "<svg/>");
    assert_eq!(answer.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn nothing_outside_and_nothing_hidden_is_served() {
    let site = shop();
    fs::write(site.folder.path().join("secret.txt"), "secret").unwrap();

    for (path, status) in [
        ("/../secret.txt", 400),
        ("/%2e%2e/secret.txt", 400),
        ("/care/..%2f..%2fsecret.txt", 400),
        ("/care/%2e%2e/%2e%2e/secret.txt", 400),
        ("/..%5csecret.txt", 400),
        ("/robots.txt%00.html", 400),
        ("/%", 400),
        ("/.env", 404),
        ("/%2eenv", 404),
        ("/care//index.html", 404),
    ] {
        let answer = site.get(path).await;

        assert_eq!(answer.code(), status, "{path}");
        assert!(!answer.body.contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let site = shop();

    for method in [
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
    ] {
        let answer = site.ask(method.clone(), "/robots.txt", &[]).await;

        assert_eq!(answer.code(), 405, "{method}");
        assert_eq!(answer.header("allow"), "GET,HEAD", "{method}");
    }
}

#[tokio::test]
async fn head_answers_the_headers_of_get() {
    let site = shop();

    for path in ["/", "/robots.txt", "/cart", "/missing.js", "/care"] {
        let get = site.get(path).await;
        let head = site.ask(Method::HEAD, path, &[]).await;

        let but_timing = |mut headers: http::HeaderMap| {
            headers.remove("server-timing");
            headers
        };
        assert_eq!(head.status, get.status, "{path}");
        assert_eq!(but_timing(head.headers), but_timing(get.headers), "{path}");
        assert_eq!(head.body, "", "{path}");
    }
}

// Versions and parts

#[tokio::test]
async fn a_visitor_who_has_the_file_is_not_sent_it_again() {
    let site = shop();
    let first = site.get("/robots.txt").await;

    let by_tag = [("if-none-match", first.header("etag"))];
    let by_date = [("if-modified-since", first.header("last-modified"))];
    let by_tag = site.get_with("/robots.txt", &by_tag).await;
    let by_date = site.get_with("/robots.txt", &by_date).await;

    for answer in [by_tag, by_date] {
        assert_eq!((answer.code(), answer.body.as_str()), (304, ""));
        for name in [
            "etag",
            "last-modified",
            "cache-control",
            "vary",
            "content-security-policy",
        ] {
            assert_eq!(answer.header(name), first.header(name), "{name}");
        }
        assert_eq!(answer.header("content-type"), "");
    }
}

#[tokio::test]
async fn another_version_of_the_file_fails_the_precondition() {
    let site = shop();

    let answer = site
        .get_with("/robots.txt", &[("if-match", "\"other\"")])
        .await;

    assert_eq!(answer.code(), 412);
}

#[tokio::test]
async fn a_part_is_sent_alone() {
    let site = shop();

    let middle = site
        .get_with("/robots.txt", &[("range", "bytes=2-4")])
        .await;
    let end = site.get_with("/robots.txt", &[("range", "bytes=-3")]).await;

    assert_eq!((middle.code(), middle.body.as_str()), (206, "234"));
    assert_eq!(middle.header("content-range"), "bytes 2-4/10");
    assert_eq!(middle.header("content-length"), "3");
    assert_eq!((end.code(), end.body.as_str()), (206, "789"));
}

#[tokio::test]
async fn a_part_past_the_end_is_refused_with_the_length() {
    let site = shop();

    let answer = site
        .get_with("/robots.txt", &[("range", "bytes=10-")])
        .await;

    assert_eq!(answer.code(), 416);
    assert_eq!(answer.header("content-range"), "bytes */10");
}

#[tokio::test]
async fn a_large_file_is_streamed_with_the_same_rules() {
    let large = "flowers ".repeat(600_000);
    let site = TestSite::of(&[("film.mp4", &large)]);

    let whole = site.get("/film.mp4").await;
    let part = site
        .get_with("/film.mp4", &[("range", "bytes=799992-800002")])
        .await;
    let again = site
        .get_with("/film.mp4", &[("if-none-match", whole.header("etag"))])
        .await;

    assert_eq!(whole.header("content-length"), large.len().to_string());
    assert!(whole.body == large);
    assert_eq!((part.code(), part.body.as_str()), (206, "flowers flo"));
    assert_eq!(again.code(), 304);
}

// Codings and caches

#[tokio::test]
async fn a_precompressed_file_is_sent_to_who_takes_it() {
    let site = shop();
    let path = "/_app/immutable/entry.1a2b.js";

    let mut tags = Vec::new();
    for (accepted, coding, body) in [
        ("gzip, deflate, br", "br", "brotli"),
        ("br;q=0.2, gzip;q=0.8", "gzip", "gzipped"),
        ("br;q=0", "", "let plain"),
        ("zstd", "", "let plain"),
    ] {
        let answer = site.get_with(path, &[("accept-encoding", accepted)]).await;

        assert_eq!(
            (answer.code(), answer.body.as_str()),
            (200, body),
            "{accepted}"
        );
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.header("content-length"), body.len().to_string());
        assert_eq!(
            answer.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        tags.push(answer.header("etag").to_owned());
    }
    // Each coding is a version of its own; the plain file is the same twice.
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_all_others_are_checked() {
    let site = shop();

    let hashed = site.get("/_app/immutable/entry.1a2b.js").await;
    let version = site.get("/_app/version.json").await;

    let for_ever = "public, max-age=31536000, immutable";
    assert_eq!(hashed.header("cache-control"), for_ever);
    assert_eq!(version.header("cache-control"), "no-cache");
    assert_eq!(site.get("/").await.header("cache-control"), "no-cache");
}

// Policy

#[tokio::test]
async fn the_policy_of_a_page_names_its_inline_scripts_and_the_api_alone() {
    let site = shop();

    let answer = site.get_with("/cart", &[("host", "127.0.0.1:3000")]).await;

    assert_eq!(
        answer.header("content-security-policy"),
        "default-src 'none'; script-src 'self' \
         'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: http://127.0.0.1:8080; connect-src 'self' http://127.0.0.1:8080; \
         font-src 'self'; manifest-src 'self'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'none'"
    );
}

#[tokio::test]
async fn a_compressed_page_has_the_policy_of_the_plain_one() {
    let site = shop();
    site.write("200.html.br", "brotli");

    let plain = site.get("/cart").await;
    let compressed = site.get_with("/cart", &[("accept-encoding", "br")]).await;

    let policy = "content-security-policy";
    assert_eq!(compressed.header("content-encoding"), "br");
    assert_eq!(compressed.header(policy), plain.header(policy));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let site = shop();

    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/care"),
        (Method::GET, "/missing.js"),
        (Method::GET, "/%00"),
        (Method::GET, "/config.json"),
        (Method::POST, "/"),
    ] {
        let answer = site.ask(method, path, &[]).await;

        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; "),
            "{path}: {policy}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            answer.header("permissions-policy").contains("camera=()"),
            "{path}"
        );
        assert!(
            answer.header("server-timing").starts_with("site;dur="),
            "{path}"
        );
    }
}

// Builds

#[tokio::test]
async fn a_new_build_is_served_at_once_even_with_the_size_and_time_of_the_old() {
    let site = shop();
    let old = site.get("/").await;
    let written = fs::metadata(site.path("index.html"))
        .unwrap()
        .modified()
        .unwrap();

    let folder = site.folder.path();
    fs::rename(folder.join("build"), folder.join("old")).unwrap();
    site.write("index.html", "hall");
    let index = fs::File::options()
        .write(true)
        .open(site.path("index.html"))
        .unwrap();
    index.set_modified(written).unwrap();
    let new = site
        .get_with("/", &[("if-none-match", old.header("etag"))])
        .await;

    assert_eq!((new.code(), new.body.as_str()), (200, "hall"));
    assert_eq!(new.header("last-modified"), old.header("last-modified"));
    assert_ne!(new.header("etag"), old.header("etag"));
}

#[tokio::test]
async fn before_the_first_build_a_sentence_helps_and_after_it_the_page_is_there() {
    let site = TestSite::of(&[]);

    let before = site.get("/cart").await;
    site.write("200.html", PAGE);
    let after = site.get("/cart").await;

    assert_eq!(before.code(), 503);
    assert_eq!(before.header("retry-after"), "5");
    assert_eq!(before.header("cache-control"), "no-store");
    assert!(before.body.contains("npm run build"), "{}", before.body);
    assert_eq!((after.code(), after.body.as_str()), (200, PAGE));
}
