//! `POST /v1/products/{id}/image-uploads` and `…/{name}/finish`: pictures that browsers send by themselves. What a
//! bucket does is tried on a server of S3, which `cargo xtask test s3` starts.

#[cfg(feature = "s3")]
mod bucket;

use http::Method;
use serde_json::{Value, json};
use testkit::service::{Answer, Client, request};
use uuid::Uuid;

use crate::shop::{Shop, product};

const NO_UPLOAD: &str = "0123456789abcdef01234567-0123456789abcdef0123456789abcdef";

fn photo() -> Value {
    json!({ "media_type": "image/png", "size": 1000 })
}

async fn begin(client: &Client, id: Uuid, tag: &str, file: &Value) -> Answer {
    let path = format!("/v1/products/{id}/image-uploads");
    let begin = request(Method::POST, &path)
        .header("if-match", tag)
        .header("content-type", "application/json");
    client.send(begin, file.to_string()).await
}

async fn finish(client: &Client, id: Uuid, name: &str) -> Answer {
    let path = format!("/v1/products/{id}/image-uploads/{name}/finish");
    client.bare(Method::POST, &path).await
}

#[tokio::test]
async fn only_staff_may_send_pictures_and_only_of_a_version_that_they_know() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (staff, customer) = (shop.staff(), shop.service.customer(Uuid::now_v7()));

    for (client, status, slug) in [
        (shop.anybody(), 401, "sign-in-required"),
        (customer, 403, "staff-only"),
    ] {
        let begun = begin(&client, id, "*", &photo()).await;
        begun.refused(status, slug);
        let finished = finish(&client, id, NO_UPLOAD).await;
        finished.refused(status, slug);
    }
    let path = format!("/v1/products/{id}/image-uploads");
    let blind = staff.post(&path, &photo()).await;
    blind.refused(428, "precondition-required");
}

#[tokio::test]
async fn a_file_is_a_picture_of_at_most_ten_mebibytes() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for file in [
        json!({ "media_type": "image/svg+xml", "size": 1000 }),
        json!({ "media_type": "text/html", "size": 1000 }),
        json!({ "media_type": "image/png", "size": 0 }),
        json!({ "media_type": "image/png", "size": -1 }),
        json!({ "media_type": "image/png" }),
        json!({ "media_type": "image/png", "size": 1000, "key": "pictures/a.webp" }),
    ] {
        let answer = begin(&shop.staff(), id, "*", &file).await;
        answer.refused(422, "invalid-body");
    }
    let large = json!({ "media_type": "image/png", "size": 10_485_761 });
    let answer = begin(&shop.staff(), id, "*", &large).await;
    answer.refused(413, "body-too-large");
}

#[cfg(not(feature = "s3"))]
#[tokio::test]
async fn a_shop_that_keeps_its_pictures_in_a_folder_says_so() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    let begun = begin(&shop.staff(), id, "*", &photo()).await;
    begun.refused(409, "no-direct-uploads");
    let finished = finish(&shop.staff(), id, NO_UPLOAD).await;
    finished.refused(409, "no-direct-uploads");
    let nonsense = finish(&shop.staff(), id, "nonsense").await;
    nonsense.refused(404, "not-found");
}

#[cfg(not(feature = "s3"))]
#[tokio::test]
async fn a_bucket_is_refused_by_a_program_without_the_feature() {
    let url = "s3://garden/?region=eu-central-1".parse().unwrap();
    let config = catalog::Config {
        store: kit::store::StoreUrl::Sqlite(":memory:".into()),
        images: url,
        ..catalog::Config::default()
    };

    let refused = catalog::connect(&config).await.err().unwrap().to_string();

    assert_eq!(
        refused,
        "images: this program was built without the feature s3"
    );
}
