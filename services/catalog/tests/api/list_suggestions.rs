//! `GET /v1/suggestions`.

use serde_json::Value;

use crate::{
    list_products::{escaped, said},
    shop::{Shop, product},
};

async fn suggested(shop: &Shop, typed: &str) -> Vec<String> {
    let path = format!("/v1/suggestions?q={}", escaped(typed));
    let list = shop.anybody().get(&path).await.ok(200);
    assert_eq!(list["next_cursor"], Value::Null);
    let items = list["items"].as_array().unwrap().iter();
    let words = items.map(|item| item["q"].as_str().unwrap().to_owned());
    words.collect()
}

#[tokio::test]
async fn what_products_and_their_categories_are_called_is_suggested_and_found() {
    let mut popular = said("Shrub rose 'Iceberg'", "Rosa", "White.", "Flowers.");
    popular.rating = 5.0;
    let products = vec![
        said("Rosemary", "Salvia rosmarinus", "Evergreen.", "Resin."),
        popular,
        said("Rose food, 2 kg", "", "For roses.", "Roseate."),
        said("Cox\u{2019}s Orange Pippin", "Malus", "An apple.", "Crisp."),
        said("\u{7ea2}\u{73ab}\u{7470}\u{82b1}", "", "Red.", "Sweet."),
    ];
    for shop in Shop::on_all(products).await {
        for (typed, expected) in [
            (
                "ros",
                &[
                    "rose",
                    "rosa",
                    "rosemary",
                    "rosmarinus",
                    "Shrub rose 'Iceberg'",
                    "Rose food, 2 kg",
                    "Salvia rosmarinus",
                ][..],
            ),
            ("Rose F", &["rose food", "Rose food, 2 kg"]),
            ("hous", &["houseplants"]),
            (
                "coxs o",
                &["cox\u{2019}s orange", "Cox\u{2019}s Orange Pippin"],
            ),
            ("rosemery", &["rosemary"]),
            ("\u{7ea2}", &["\u{7ea2}\u{73ab}\u{7470}\u{82b1}"]),
            // Of no name, and a category without products.
            ("roseate", &[]),
            ("herb", &[]),
            (" ", &[]),
            ("\"*\0", &[]),
        ] {
            let suggested = suggested(&shop, typed).await;

            assert_eq!(suggested, expected, "{typed}");
            for suggestion in suggested {
                let found = shop.names(&format!("?q={}", escaped(&suggestion))).await;
                assert!(!found.is_empty(), "{suggestion}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_sold_no_more_is_suggested_to_nobody_who_asks_later() {
    let (fern, ivy) = (product("Fern"), product("Ivy"));
    let id = fern.id;
    let shop = Shop::with(vec![fern, ivy]).await;
    let path = format!("/v1/products/{id}");
    let tag = shop.tag(id).await;
    let delete = testkit::service::request(http::Method::DELETE, &path).header("if-match", tag);
    shop.staff().send(delete, String::new()).await.ok(204);

    let shop = shop.replica().await;

    assert_eq!(suggested(&shop, "fer").await, [""; 0]);
    assert_eq!(suggested(&shop, "iv").await, ["ivy"]);
}

#[tokio::test]
async fn what_is_no_beginning_of_a_search_is_refused() {
    let shop = Shop::empty().await;
    let long = "\u{e9}".repeat(101);

    for query in ["", "?q=", "?q=a&limit=3", &format!("?q={}", escaped(&long))] {
        let path = format!("/v1/suggestions{query}");
        shop.anybody()
            .get(&path)
            .await
            .refused(400, "bad-parameter");
    }
    assert_eq!(suggested(&shop, &"\u{e9}".repeat(100)).await, [""; 0]);
}
