//! `GET /v2/products/{id}`.

use http::Method;
use serde_json::json;

use crate::shop::{Shop, change, product};

#[tokio::test]
async fn it_shows_what_version_1_shows_with_the_pictures_in_one_place() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let first = shop.product(id).await;

    let second = shop.anybody().get("/v2/products/basil").await.ok(200);

    let mut expected = first;
    let members = expected.as_object_mut().unwrap();
    let url = members.remove("image_url");
    let widths = members.remove("images");
    members.remove("in_stock");
    members.insert("image".into(), json!({ "url": url, "widths": widths }));
    assert_eq!(second, expected);
}

#[tokio::test]
async fn a_change_may_name_the_tag_of_either_version() {
    let basil = product("Basil");
    let path = format!("/v1/products/{}", basil.id);
    let shop = Shop::with(vec![basil]).await;

    for (version, name) in [("v1", "Thyme"), ("v2", "Sage")] {
        let read = shop
            .anybody()
            .get(&format!("/{version}/products/basil"))
            .await;
        let body = json!({ "name": name });
        let patch = async || {
            let tag = read.header("etag");
            change(&shop.staff(), Method::PATCH, &path, tag, &body).await
        };

        patch().await.ok(200);
        patch().await.refused(412, "precondition-failed");
    }
}
