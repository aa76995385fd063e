//! `POST /v1/products`.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::shop::{Shop, product, smallest};

fn with(field: &str, value: Value) -> Value {
    let mut body = smallest();
    body[field] = value;
    body
}

#[tokio::test]
async fn a_new_product_is_answered_and_can_be_read_where_the_location_says() {
    let shop = Shop::empty().await;
    let body = json!({
        "slug": "genovese-basil",
        "name": "  Basil 'Genovese' ",
        "botanical_name": "Ocimum basilicum",
        "summary": "For pesto.",
        "description": "Sweet.\nTender.",
        "category": "herbs",
        "price": { "amount": 350, "currency": "USD" },
        "stock": 12,
        "care": "Pinch the tips.",
        "attributes": { "light": "Full sun" },
    });

    let answer = shop.staff().post("/v1/products", &body).await;

    let new = answer.ok(201);
    let id = new["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(answer.header("etag"), shop.tag(id).await);
    assert_eq!(new["name"], "Basil 'Genovese'");
    assert_eq!(new["slug"], "genovese-basil");
    assert_eq!(new["attributes"], json!({ "light": "Full sun" }));
    assert_eq!(new["stock"], 12);
    assert_eq!(new["in_stock"], true);
    let read = shop.anybody().get(answer.header("location")).await.ok(200);
    assert_eq!(read, new);
    let picture = new["image_url"].as_str().unwrap();
    assert_eq!(shop.anybody().get(picture).await.status, 200);
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let shop = Shop::empty().await;

    let new = shop.staff().post("/v1/products", &smallest()).await.ok(201);

    assert_eq!(new["slug"], "basil");
    assert_eq!(new["botanical_name"], Value::Null);
    assert_eq!(
        (&new["description"], &new["care"]),
        (&json!(""), &json!(""))
    );
    assert_eq!(
        (&new["stock"], &new["in_stock"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(new["attributes"], json!({}));
}

#[tokio::test]
async fn a_second_product_of_a_name_gets_a_slug_of_its_own_and_a_chosen_one_is_taken_once() {
    let shop = Shop::empty().await;
    let first = shop.staff().post("/v1/products", &smallest()).await;
    let path = first.header("location").to_owned();

    for slug in ["basil-2", "basil-3"] {
        let again = shop.staff().post("/v1/products", &smallest()).await;
        assert_eq!(again.ok(201)["slug"], slug);
    }
    let chosen = with("slug", json!("basil"));
    let taken = shop.staff().post("/v1/products", &chosen).await;
    taken.refused(409, "slug-taken");
    // What is sold no more needs none.
    let retire = testkit::service::request(http::Method::DELETE, &path).header("if-match", "*");
    shop.staff().send(retire, "").await.ok(204);

    let new = shop.staff().post("/v1/products", &chosen).await;
    assert_eq!(new.ok(201)["slug"], "basil");
}

#[tokio::test]
async fn facts_whose_names_differ_by_space_alone_are_refused() {
    let shop = Shop::empty().await;
    let facts = with("attributes", json!({ "Light": "Sun", "Light ": "Shade" }));

    let refused = shop.staff().post("/v1/products", &facts).await;

    assert_eq!(refused.faults(), ["/attributes"]);
}

#[tokio::test]
async fn an_unknown_category_is_a_fault_of_the_body() {
    let shop = Shop::empty().await;

    let answer = shop
        .staff()
        .post("/v1/products", &with("category", json!("moon")))
        .await;

    assert_eq!(answer.faults(), ["/category"]);
}

#[tokio::test]
async fn every_fault_is_named_at_once() {
    let shop = Shop::empty().await;
    let body = json!({
        "slug": "Not A Slug",
        "name": " ",
        "botanical_name": "x".repeat(121),
        "summary": "nul \u{0}",
        "description": "x".repeat(4001),
        "category": "",
        "price": { "amount": 0, "currency": "USD" },
        "stock": 1_000_001,
        "care": "bell \u{7}",
        "attributes": { "": "" },
    });

    let mut faults = shop.staff().post("/v1/products", &body).await.faults();

    faults.sort();
    assert_eq!(
        faults,
        [
            "/attributes",
            "/botanical_name",
            "/care",
            "/category",
            "/description",
            "/name",
            "/price",
            "/slug",
            "/stock",
            "/summary"
        ]
    );
}

#[tokio::test]
async fn every_limit_allows_its_last_value_and_refuses_the_next() {
    let shop = Shop::with(vec![product("Other")]).await;
    let facts = |n: usize| -> Value { (0..n).map(|i| (i.to_string(), json!("x"))).collect() };
    let money = |amount: i64| json!({ "amount": amount, "currency": "USD" });
    let cases = [
        ("slug", json!("a".repeat(80)), json!("a".repeat(81))),
        ("name", json!("ü".repeat(120)), json!("ü".repeat(121))),
        (
            "botanical_name",
            json!("x".repeat(120)),
            json!("x".repeat(121)),
        ),
        ("summary", json!("x".repeat(200)), json!("x".repeat(201))),
        (
            "description",
            json!("x".repeat(4000)),
            json!("x".repeat(4001)),
        ),
        ("care", json!("x".repeat(2000)), json!("x".repeat(2001))),
        ("price", money(1), money(0)),
        ("price", money(10_000_000), money(10_000_001)),
        ("stock", json!(0), json!(-1)),
        ("stock", json!(1_000_000), json!(1_000_001)),
        ("attributes", facts(20), facts(21)),
        (
            "attributes",
            json!({ "x".repeat(40): "x".repeat(120) }),
            json!({ "x".repeat(41): "x" }),
        ),
        (
            "attributes",
            json!({ "x": "x".repeat(120) }),
            json!({ "x": "x".repeat(121) }),
        ),
    ];

    for (field, last, next) in cases {
        let mut allowed = with(field, last);
        if field != "slug" {
            allowed["slug"] = json!(format!("a-{}", Uuid::now_v7()));
        }
        shop.staff().post("/v1/products", &allowed).await.ok(201);
        let faults = shop
            .staff()
            .post("/v1/products", &with(field, next))
            .await
            .faults();
        assert!(
            faults[0].starts_with(&format!("/{field}")),
            "{field}: {faults:?}"
        );
    }
}

#[tokio::test]
async fn a_body_of_another_shape_is_refused() {
    let shop = Shop::empty().await;
    let staff = shop.staff();
    let euros = json!({ "amount": 350, "currency": "EUR" });

    let other_currency = staff
        .post("/v1/products", &with("price", euros))
        .await
        .faults();
    assert!(
        other_currency[0].starts_with("/price"),
        "{other_currency:?}"
    );
    let unknown = staff.post("/v1/products", &with("rating", json!(5))).await;
    assert_eq!(unknown.faults(), ["/rating"]);
    let half = staff.post("/v1/products", &with("stock", json!(1.5))).await;
    assert_eq!(half.faults(), ["/stock"]);
    let request = testkit::service::request(http::Method::POST, "/v1/products");
    let text = request.header("content-type", "text/plain");
    staff
        .send(text, "{}")
        .await
        .refused(415, "unsupported-media-type");
    let request = testkit::service::request(http::Method::POST, "/v1/products");
    let json = request.header("content-type", "application/json");
    staff.send(json, "{").await.refused(400, "invalid-json");
}

#[tokio::test]
async fn only_staff_may_add() {
    let shop = Shop::empty().await;
    let customer = shop.service.customer(Uuid::now_v7());

    let anonymous = shop.anybody().post("/v1/products", &smallest()).await;
    anonymous.refused(401, "sign-in-required");
    customer
        .post("/v1/products", &smallest())
        .await
        .refused(403, "staff-only");

    assert!(shop.names("").await.is_empty());
}
