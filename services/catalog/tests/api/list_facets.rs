//! `GET /v1/facets`.

use catalog::{product::Price, store::NewProduct};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use testkit::service::Client;

use crate::{
    list_pages::{products, walk},
    shop::{Shop, change, product},
};

fn garden() -> Vec<NewProduct> {
    let one = |name: &str, category: &str, price, stock| {
        let mut new = product(name);
        new.details.category = category.to_owned();
        new.details.price = Price::cents(price).unwrap();
        new.stock = stock;
        new
    };
    vec![
        one("Fern", "houseplants", 999, 3),
        one("Boston fern", "houseplants", 1_000, 0),
        one("Fern fork", "tools", 5_400, 1),
        one("Spade", "tools", 5_400, 1),
    ]
}

/// The counts, without what has none.
async fn facets(shop: &Shop, query: &str) -> Value {
    let mut facets = shop.found(&format!("/v1/facets{query}")).await;
    for kind in ["categories", "prices"] {
        let kinds = facets[kind].as_array_mut().unwrap();
        kinds.retain(|kind| kind["product_count"] != 0);
    }
    let categories = facets["categories"].as_array().unwrap().iter();
    let categories: Vec<_> = categories
        .map(|kind| json!([kind["name"], kind["product_count"]]))
        .collect();
    let prices = facets["prices"].as_array().unwrap().iter();
    let prices: Vec<_> = prices
        .map(|kind| json!([kind["min_price"], kind["max_price"], kind["product_count"]]))
        .collect();
    json!([
        facets["total"],
        facets["in_stock"],
        Value::from(categories),
        Value::from(prices)
    ])
}

#[tokio::test]
async fn each_kind_is_counted_among_what_the_other_filters_leave() {
    for shop in Shop::on_all(garden()).await {
        let (plants, tools) = (json!(["Houseplants", 2]), json!(["Tools", 2]));
        for (query, expected) in [
            (
                "",
                json!([
                    4,
                    3,
                    [plants, tools],
                    [[null, 999, 1], [1_000, 1_999, 1], [5_000, 9_999, 2]]
                ]),
            ),
            (
                "?category=tools",
                json!([2, 2, [plants, tools], [[5_000, 9_999, 2]]]),
            ),
            (
                "?max_price=1000",
                json!([
                    2,
                    1,
                    [plants],
                    [[null, 999, 1], [1_000, 1_999, 1], [5_000, 9_999, 2]]
                ]),
            ),
            (
                "?in_stock=true",
                json!([
                    3,
                    3,
                    [["Houseplants", 1], tools],
                    [[null, 999, 1], [5_000, 9_999, 2]]
                ]),
            ),
            (
                "?q=fern",
                json!([
                    3,
                    2,
                    [plants, ["Tools", 1]],
                    [[null, 999, 1], [1_000, 1_999, 1], [5_000, 9_999, 1]]
                ]),
            ),
            (
                "?q=fern&category=houseplants&min_price=1000&in_stock=true",
                json!([0, 0, [["Tools", 1]], [[null, 999, 1]]]),
            ),
            // What a list by these has: nothing.
            ("?q=%22", json!([0, 0, [], []])),
            ("?q=zzz", json!([0, 0, [], []])),
            ("?category=no%00ne", json!([0, 0, [plants, tools], []])),
            (
                "?min_price=2&max_price=1",
                json!([
                    0,
                    0,
                    [],
                    [[null, 999, 1], [1_000, 1_999, 1], [5_000, 9_999, 2]]
                ]),
            ),
        ] {
            assert_eq!(facets(&shop, query).await, expected, "{query}");
        }
    }
}

#[tokio::test]
async fn every_category_and_price_band_is_there_in_its_order() {
    let shop = Shop::empty().await;

    let facets = shop.anybody().get("/v1/facets").await.ok(200);

    let of = |kind: &str, key: &str| -> Vec<Value> {
        let kinds = facets[kind].as_array().unwrap().iter();
        kinds.map(|kind| kind[key].clone()).collect()
    };
    assert_eq!(of("categories", "id"), ["houseplants", "herbs", "tools"]);
    let begins = of("prices", "min_price");
    assert_eq!(begins[0], Value::Null);
    assert!(begins[1..].is_sorted_by_key(|begin| begin.as_i64().unwrap()));
    assert_eq!(of("prices", "product_count"), vec![json!(0); begins.len()]);
}

#[tokio::test]
async fn what_a_list_refuses_is_refused() {
    let shop = Shop::empty().await;
    let long = "a".repeat(201);

    for query in [
        "min_price=-1",
        "min_price=4294967296",
        "max_price=x",
        "in_stock=perhaps",
        "sort=name",
        "limit=1",
        "unknown=1",
        &format!("q={long}"),
        &format!("category={}", &long[..81]),
    ] {
        let path = format!("/v1/facets?{query}");
        let answer = shop.anybody().get(&path).await;
        answer.refused(400, "bad-parameter");
    }
    let path = format!("/v1/facets?q={}&category={}", &long[..200], &long[..80]);
    shop.anybody().get(&path).await.ok(200);
}

#[tokio::test]
async fn a_write_is_counted_at_once() {
    let shop = Shop::with(garden()).await;
    let before = facets(&shop, "").await;
    let id = shop.anybody().get("/v1/products?q=spade").await.ok(200)["items"][0]["id"].clone();
    let path = format!("/v1/products/{}", id.as_str().unwrap());
    let tag = shop.anybody().get(&path).await.header("etag").to_owned();

    let staff = shop.staff();
    let retired = change(&staff, http::Method::DELETE, &path, &tag, &Value::Null).await;
    assert_eq!(retired.status, 204);

    let after = facets(&shop, "").await;
    assert_eq!((&before[0], &after[0]), (&json!(4), &json!(3)));
}

/// How many products a list has.
async fn count(client: &Client, query: &str) -> i64 {
    walk(client, query, 100).await.len().try_into().unwrap()
}

#[test]
fn a_facet_is_the_number_of_products_that_its_list_has() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(4));
    let every_facet = |products: Vec<NewProduct>| {
        runtime.block_on(async {
            for shop in Shop::on_all(products.clone()).await {
                let anybody = shop.anybody();
                for filter in 0..16 {
                    let [category, price, stock, words] = [
                        (1, "&category=herbs"),
                        (2, "&min_price=100&max_price=250"),
                        (4, "&in_stock=true"),
                        (8, "&q=fern"),
                    ]
                    .map(|(bit, asked)| if filter & bit == 0 { "" } else { asked });
                    let path = format!("/v1/facets?in_stock={}", filter & 4 != 0);
                    let path = format!("{path}{category}{price}{words}");
                    let facets = shop.found(&path).await;
                    let asked = format!("{category}{price}{stock}{words}");

                    prop_assert_eq!(&facets["total"], count(&anybody, &asked).await, "{}", asked);
                    let asked = format!("{category}{price}{words}&in_stock=true");
                    prop_assert_eq!(
                        &facets["in_stock"],
                        count(&anybody, &asked).await,
                        "{}",
                        asked
                    );
                    for facet in facets["categories"].as_array().unwrap() {
                        let id = facet["id"].as_str().unwrap();
                        let asked = format!("{price}{stock}{words}&category={id}");
                        let count = count(&anybody, &asked).await;
                        prop_assert_eq!(&facet["product_count"], count, "{}", asked);
                    }
                    for facet in facets["prices"].as_array().unwrap() {
                        let mut asked = format!("{category}{stock}{words}");
                        for end in ["min_price", "max_price"] {
                            if let Some(cents) = facet[end].as_i64() {
                                asked += &format!("&{end}={cents}");
                            }
                        }
                        let count = count(&anybody, &asked).await;
                        prop_assert_eq!(&facet["product_count"], count, "{}", asked);
                    }
                }
            }
            Ok(())
        })
    };

    runner.run(&products(), every_facet).unwrap();
}
