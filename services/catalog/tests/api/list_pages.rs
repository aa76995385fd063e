//! `GET /v1/products` page by page: cursors, and what the pages come to together.

use std::{collections::HashSet, mem::discriminant};

use catalog::{
    product::{Price, name_key},
    store::{NewProduct, SortKey},
};
use kit::http::Cursor;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use testkit::service::Client;

use crate::shop::{Shop, product};

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let products = (0..6).map(|n| product(&format!("Fern {n}")));
    let shop = Shop::with(products.collect()).await;
    let anybody = shop.anybody();
    let first = anybody.get("/v1/products?sort=price&limit=2").await.ok(200);
    let cursor = first["next_cursor"].as_str().unwrap();

    for other in [
        "sort=-price",
        "sort=name",
        "sort=newest",
        "",
        "sort=price&q=fern",
        "sort=price&q=%22",
        "sort=price&category=herbs",
        "sort=price&min_price=1",
        "sort=price&max_price=1",
        "sort=price&in_stock=true",
    ] {
        let answer = anybody
            .get(&format!("/v1/products?{other}&cursor={cursor}"))
            .await;
        answer.refused(400, "bad-cursor");
    }
    let half = &cursor[..cursor.len() / 2];
    for broken in ["", "x", "%00", "bnVsbA", "W10", half] {
        let answer = anybody
            .get(&format!("/v1/products?sort=price&cursor={broken}"))
            .await;
        answer.refused(400, "bad-cursor");
    }
    // The size of a page is no matter of the list.
    let next = anybody
        .get(&format!(
            "/v1/products?limit=100&sort=price&cursor={cursor}"
        ))
        .await;
    assert_eq!(next.ok(200)["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_forged_cursor_with_a_key_of_another_kind_is_refused() {
    let products = (0..3).map(|n| product(&format!("Fern {n}")));
    for shop in Shop::on_all(products.collect()).await {
        let anybody = shop.anybody();
        for list in [
            "sort=name",
            "sort=price",
            "sort=-price",
            "sort=newest",
            "sort=relevance",
            "sort=relevance&q=fern",
            "sort=name&q=fern",
        ] {
            let path = format!("/v1/products?{list}&limit=1");
            let first = anybody.get(&path).await.ok(200);
            let cursor: Cursor = serde_json::from_value(first["next_cursor"].clone()).unwrap();
            let (name, key, seq): (String, SortKey, i64) = cursor.decode().unwrap();

            for forged in [
                SortKey::Text("fern".to_owned()),
                SortKey::Number(1),
                SortKey::Rank(1.0_f64.to_bits()),
            ] {
                let fits = discriminant(&forged) == discriminant(&key);
                let cursor = Cursor::encode(&(&name, forged, seq));
                let answer = anybody.get(&format!("{path}&cursor={cursor}")).await;
                if fits {
                    answer.ok(200);
                } else {
                    answer.refused(400, "bad-cursor");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_only_its_description_matches_is_on_pages_too() {
    let products = (0..3).map(|n| {
        let mut new = product(&format!("Moss {n}"));
        new.details.description = "A fern among ferns.".to_owned();
        new
    });
    for shop in Shop::on_all(products.collect()).await {
        let items = walk(&shop.anybody(), "sort=relevance&q=fern", 1).await;
        assert_eq!(items.len(), 3);
    }
}

/// Products with few different names, prices and ratings, so that every order has many ties.
pub(crate) fn products() -> impl Strategy<Value = Vec<NewProduct>> {
    let one = (
        prop::sample::select(vec![
            "fern",
            "Fern",
            "FERN moss",
            "ivy",
            "Ivy fern",
            "Æther",
            "ÉCLAT",
            "zinnia",
        ]),
        prop::sample::select(vec![100_i64, 100, 250, 9_999_999]),
        prop::sample::select(vec![0_i64, 1, 50]),
        prop::sample::select(vec!["houseplants", "herbs"]),
        prop::sample::select(vec![0.0, 3.5, 4.8]),
        prop::sample::select(vec![
            "",
            "A fern among ferns.",
            "Moss, and much more moss than fern.",
        ]),
    );
    let one = one.prop_map(|(name, price, stock, category, rating, description)| {
        let mut new = product(&format!("{}", uuid::Uuid::now_v7()));
        new.details.name = name.to_owned();
        new.details.price = Price::cents(price).unwrap();
        new.details.category = category.to_owned();
        new.details.description = description.to_owned();
        new.stock = stock;
        new.rating = rating;
        new
    });
    prop::collection::vec(one, 0..60)
}

/// All items of a list, page by page.
pub(crate) async fn walk(client: &Client, query: &str, limit: u32) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/products?{query}&limit={limit}{cursor}");
        let mut page = client.get(&path).await.ok(200);
        let new = page["items"].as_array_mut().unwrap();
        assert!(new.len() <= limit as usize, "{path}");
        items.append(new);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
        assert!(!items.is_empty(), "{path}");
    }
}

/// Whether two neighbours stand in the order asked for.
fn in_order(sort: &str, pair: &[Value]) -> bool {
    let price = |item: &Value| item["price"]["amount"].as_i64().unwrap();
    let name = |item: &Value| name_key(item["name"].as_str().unwrap());
    match sort {
        "price" => price(&pair[0]) <= price(&pair[1]),
        "-price" => price(&pair[0]) >= price(&pair[1]),
        "name" => name(&pair[0]) <= name(&pair[1]),
        _ => true,
    }
}

#[test]
fn pages_of_every_sort_and_filter_show_each_product_once_and_in_order() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(6));
    let every_product = |products: Vec<NewProduct>| {
        runtime.block_on(async {
            for shop in Shop::on_all(products.clone()).await {
                let anybody = shop.anybody();
                for sort in ["relevance", "name", "price", "-price", "newest"] {
                    for filter in 0..16 {
                        let mut query = format!("sort={sort}");
                        let mut expected: Vec<&NewProduct> = products.iter().collect();
                        if filter & 1 != 0 {
                            query += "&category=herbs";
                            expected.retain(|new| new.details.category == "herbs");
                        }
                        if filter & 2 != 0 {
                            query += "&min_price=100&max_price=250";
                            expected.retain(|new| new.details.price.get() <= 250);
                        }
                        if filter & 4 != 0 {
                            query += "&in_stock=true";
                            expected.retain(|new| new.stock > 0);
                        }
                        if filter & 8 != 0 {
                            query += "&q=fern";
                            expected.retain(|new| {
                                let said =
                                    format!("{} {}", new.details.name, new.details.description);
                                said.to_lowercase().contains("fern")
                            });
                        }
                        let whole = walk(&anybody, &query, 100).await;

                        let ids: HashSet<_> =
                            whole.iter().map(|item| item["id"].to_string()).collect();
                        prop_assert_eq!(ids.len(), whole.len(), "{}", query);
                        let expected: HashSet<_> = expected
                            .iter()
                            .map(|new| format!("\"{}\"", new.id))
                            .collect();
                        prop_assert_eq!(&ids, &expected, "{}", query);
                        prop_assert!(
                            whole.windows(2).all(|pair| in_order(sort, pair)),
                            "{}",
                            query
                        );
                        for limit in [1, 3, 24] {
                            let paged = walk(&anybody, &query, limit).await;
                            prop_assert_eq!(&paged, &whole, "{} by {}", query, limit);
                        }
                    }
                }
            }
            Ok(())
        })
    };

    runner.run(&products(), every_product).unwrap();
}
