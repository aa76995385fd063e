//! Products found by OpenSearch: what it knows and when, and what happens while it is away. What it finds, and in which
//! order, `search`, `list_products` and `list_pages` ask it as they ask the databases.

use std::{
    net::TcpListener,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    http::Request,
};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    list_products::said,
    shop::{Shop, change, product, smallest},
};

async fn index(shop: &Shop) {
    shop.state.engine().unwrap().index_due().await.unwrap();
}

/// The names that are found, and who had a part in it.
async fn asked(shop: &Shop, query: &str) -> (Vec<String>, String) {
    let answer = shop.anybody().get(&format!("/v1/products{query}")).await;
    let timings = answer.headers.get_all("server-timing").iter();
    let timings: Vec<_> = timings.map(|it| it.to_str().unwrap().to_owned()).collect();
    let list = answer.ok(200);
    let items = list["items"].as_array().unwrap().iter();
    let names = items.map(|item| item["name"].as_str().unwrap().to_owned());
    (names.collect(), timings.join(", "))
}

#[tokio::test]
async fn what_changes_is_found_as_it_is_once_it_is_indexed() {
    let (rose, fern) = (product("Rose"), product("Fern"));
    let (rose_id, fern_id) = (rose.id, fern.id);
    let Some(shop) = Shop::with_opensearch(vec![rose, fern]).await else {
        return;
    };
    let staff = shop.staff();
    assert!(asked(&shop, "?q=rose").await.1.contains("opensearch;"));
    assert!(!asked(&shop, "?q=rose").await.1.contains("fallback"));

    staff.post("/v1/products", &smallest()).await.ok(201);
    index(&shop).await;
    assert_eq!(shop.names("?q=pesto").await, ["Basil"]);

    let path = format!("/v1/products/{rose_id}");
    let (tag, name) = (shop.tag(rose_id).await, json!({ "name": "Dahlia" }));
    change(&staff, Method::PATCH, &path, &tag, &name)
        .await
        .ok(200);
    index(&shop).await;
    assert!(shop.names("?q=rose").await.is_empty());
    assert_eq!(shop.names("?q=dahlia").await, ["Dahlia"]);

    let order = Uuid::now_v7();
    shop.reserve(order, rose_id, 10).await.ok(204);
    index(&shop).await;
    assert!(shop.names("?q=dahlia&in_stock=true").await.is_empty());
    shop.release(order).await.ok(204);
    index(&shop).await;
    assert_eq!(shop.names("?q=dahlia&in_stock=true").await, ["Dahlia"]);

    // What is gone is not shown, indexed or not.
    let path = format!("/v1/products/{fern_id}");
    let tag = shop.tag(fern_id).await;
    change(&staff, Method::DELETE, &path, &tag, &Value::Null)
        .await
        .ok(204);
    assert!(shop.names("?q=fern").await.is_empty());
    index(&shop).await;
    assert!(shop.names("?q=fern").await.is_empty());
}

#[tokio::test]
async fn pages_are_full_although_products_have_gone_since_they_were_indexed() {
    let ferns: Vec<_> = (0..8).map(|n| product(&format!("Fern {n}"))).collect();
    let gone: Vec<Uuid> = ferns[..5].iter().map(|fern| fern.id).collect();
    let Some(shop) = Shop::with_opensearch(ferns).await else {
        return;
    };
    for id in gone {
        let (path, tag) = (format!("/v1/products/{id}"), shop.tag(id).await);
        change(&shop.staff(), Method::DELETE, &path, &tag, &Value::Null)
            .await
            .ok(204);
    }

    assert_eq!(
        shop.names("?q=fern&limit=3&sort=name").await,
        ["Fern 5", "Fern 6", "Fern 7"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_index_is_made_anew_every_search_is_answered_and_no_change_is_lost() {
    let roses: Vec<_> = (0..300).map(|n| product(&format!("Rose {n}"))).collect();
    let ids: Vec<Uuid> = roses.iter().map(|rose| rose.id).collect();
    let Some(shop) = Shop::with_opensearch(roses).await else {
        return;
    };
    let replica = shop.replica().await;
    let is_over = AtomicBool::new(false);

    let searching = async {
        let mut count = 0;
        while !is_over.load(Relaxed) {
            // Another question each time: none is kept.
            let query = format!("?q=grows&limit=1&max_price={}", 5_000 + count);
            let (names, timings) = asked(&shop, &query).await;
            assert_eq!(names.len(), 1);
            assert!(!timings.contains("fallback"), "{timings}");
            count += 1;
        }
        count
    };
    let changing = async {
        for id in ids.iter().step_by(15) {
            let (path, tag) = (format!("/v1/products/{id}"), shop.tag(*id).await);
            let name = json!({ "name": "Dahlia" });
            change(&shop.staff(), Method::PATCH, &path, &tag, &name)
                .await
                .ok(200);
            index(&replica).await;
        }
    };
    let renewing = async {
        for _ in 0..3 {
            let count = shop.state.engine().unwrap().reindex().await.unwrap();
            assert_eq!(count, ids.len());
        }
    };
    let work = async {
        tokio::join!(changing, renewing);
        is_over.store(true, Relaxed);
    };
    let (searches, ()) = tokio::join!(searching, work);

    assert!(searches > 3, "{searches}");
    let (dahlias, timings) = asked(&shop, "?q=dahlia&limit=100").await;
    assert_eq!(dahlias.len(), ids.len() / 15);
    assert!(!timings.contains("fallback"));
    assert_eq!(shop.names("?q=rose&limit=100").await.len(), 100);
}

#[tokio::test]
async fn the_program_makes_an_index_anew_and_whoever_searches_by_it_finds_all() {
    let Some(shop) = Shop::with_opensearch(vec![product("Rose"), product("Fern")]).await else {
        return;
    };

    let said = shop.run("reindex");

    assert_eq!(said.trim(), "2 products are indexed");
    let (found, timings) = asked(&shop, "?q=grows&sort=name").await;
    assert_eq!(found, ["Fern", "Rose"]);
    assert!(!timings.contains("fallback"), "{timings}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_https_has_to_be_one_that_the_system_trusts() {
    let Some(shop) = Shop::with_opensearch(vec![product("Rose"), product("Fern")]).await else {
        return;
    };
    let (server, alias) = shop.index_place();
    let address = server.trim_start_matches("http://").parse().unwrap();
    let (guarded, certificate) = testkit::tls::before(address).await;
    let engine = format!("opensearch:https://{guarded}/{alias}");
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("authority.pem");
    std::fs::write(&trusted, certificate).unwrap();
    let reindex = || shop.command("reindex", &engine);

    let refused = reindex().output().unwrap();
    let done = reindex().env("SSL_CERT_FILE", &trusted).output().unwrap();

    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{told}");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout).trim(),
        "2 products are indexed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_was_lost_is_made_again_by_who_serves() {
    let Some(shop) = Shop::with_opensearch(vec![product("Rose")]).await else {
        return;
    };
    let stop = tokio_util::sync::CancellationToken::new();
    let background = shop.state.spawn_background(stop.clone());
    let (server, alias) = shop.index_place();
    let client = client::Upstream::http(server.parse().unwrap());
    let aliases = json!({ "actions": [{ "remove": { "index": "*", "alias": alias } }] });
    let lose = Request::post("/_aliases")
        .header("content-type", "application/json")
        .body(Body::from(aliases.to_string()))
        .unwrap();

    let lost = client.send(lose).await.unwrap().status();

    assert_eq!(lost, 200);
    for n in 0.. {
        let (found, timings) = asked(&shop, &format!("?q=rose&max_price={}", 5_000 + n)).await;
        assert_eq!(found, ["Rose"], "by whomever");
        if n > 0 && timings.contains("opensearch") && !timings.contains("fallback") {
            break;
        }
        assert!(n < 300, "it is not made again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stop.cancel();
    background.await.unwrap();
}

#[tokio::test]
async fn while_the_engine_is_away_the_store_answers_and_says_so() {
    // Nobody listens; somebody listens and never answers.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ports = [9, silent.local_addr().unwrap().port()];
    for port in ports {
        let engine = format!("opensearch:http://127.0.0.1:{port}/products");
        let shop = Shop::searched_by(&engine, vec![product("Rose"), product("Fern")]).await;
        let started = Instant::now();

        let (first, timings) = asked(&shop, "?q=rose").await;
        let took = started.elapsed();
        let (second, again) = asked(&shop, "?q=fern").await;

        assert_eq!((first, second), (vec!["Rose".into()], vec!["Fern".into()]));
        assert!(timings.contains("opensearch;dur") && timings.contains("search-fallback;dur"));
        assert!(took < Duration::from_secs(2), "{took:?}");
        assert!(again.contains("search-fallback;dur"), "{again}");
        assert!(!again.contains("opensearch"), "it is left alone: {again}");
        let counted = shop.anybody().get("/v1/facets?q=fern").await.ok(200);
        assert_eq!(counted["total"], 1, "the store counts");
        let (_, list) = asked(&shop, "?sort=name").await;
        assert!(!list.contains("search"), "the store lists: {list}");
        let indexed = shop.state.engine().unwrap().index_due().await;
        assert!(indexed.is_err());
    }
}

#[tokio::test]
async fn a_list_that_the_engine_began_the_store_goes_on_with() {
    let products = vec![
        said("Rose food", "", "For roses.", "Rose after rose."),
        said("Rosemary", "", "Evergreen.", "Resin."),
        said("Shrub rose", "Rosa", "White.", "Flowers."),
        said("Rose trowel", "", "Sharp.", "Digs."),
    ];
    let Some(shop) = Shop::with_opensearch(products).await else {
        return;
    };
    let without = shop.searched_by_itself().await;
    for query in ["", "&sort=name", "&sort=-price", "&sort=newest"] {
        let whole = without.names(&format!("?q=rose{query}")).await;
        let (mut found, mut cursor) = (Vec::new(), String::new());
        for shop in [&shop, &without].into_iter().cycle().take(4) {
            let path = format!("/v1/products?q=rose&limit=1{query}{cursor}");
            let page = shop.anybody().get(&path).await.ok(200);
            found.push(page["items"][0]["name"].as_str().unwrap().to_owned());
            let next = page["next_cursor"].as_str().unwrap_or_default();
            cursor = format!("&cursor={next}");
        }

        assert_eq!(found, whole, "{query}");
    }
}

#[tokio::test]
async fn requests_to_the_managed_service_are_signed() {
    if std::env::var("AWS_ACCESS_KEY_ID").is_err() {
        return;
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = seen.clone();
    let answer = move |request: Request<Body>| async move {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, 1_000_000).await.unwrap();
        note.lock().unwrap().push((head, body));
        Json(json!({ "timed_out": false, "hits": { "hits": [] } }))
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Router::new().fallback(answer);
    let server = tokio::spawn(async move { axum::serve(listener, server).await });
    let engine = format!("opensearch+aws:http://127.0.0.1:{port}/test-products");
    let shop = Shop::searched_by(&engine, vec![product("Rose")]).await;

    let (found, timings) = asked(&shop, "?q=rose").await;

    assert!(
        found.is_empty() && !timings.contains("fallback"),
        "{timings}"
    );
    server.abort();
    let seen = seen.lock().unwrap();
    let (head, body) = &seen[0];
    assert_eq!(head.uri.path(), "/test-products/_search");
    let rules = sigv4::Rules {
        region: &std::env::var("AWS_REGION").unwrap(),
        service: "es",
        normalise: true,
    };
    let signed = sigv4::Signed::read(&sigv4::Request::from(head), &rules);
    let signed = signed.unwrap().unwrap();
    let secret = std::env::var("AWS_SECRET_ACCESS_KEY").unwrap();
    signed.verify(Some(&secret), sigv4::hash(body)).unwrap();
    assert!(
        signed
            .verify(Some(&secret), sigv4::hash(b"another"))
            .is_err()
    );
}
