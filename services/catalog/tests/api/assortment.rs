//! An assortment from a folder, and what its products show.

use std::{fs, path::Path};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    set_image::png,
    shop::{Shop, change},
};

/// The smallest drawing of this colour.
fn drawing(colour: &str) -> String {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><path fill=\"{colour}\"/></svg>")
}

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("images")).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

/// Teas have a drawing, cups have none; one tea has a picture of its own.
fn teas_and_cups() -> TempDir {
    let categories = json!([
        { "id": "teas", "name": "Teas", "position": 1, "image": "tea.svg" },
        { "id": "cups", "name": "Cups", "position": 2 },
    ]);
    let product = |slug: &str, category: &str, image: Value| {
        json!({
            "slug": slug, "name": slug, "summary": "Warm.", "category": category, "image": image,
            "price": { "amount": 900, "currency": "USD" }, "stock": 3,
        })
    };
    let products = json!([
        product("green", "teas", json!("green.png")),
        product("black", "teas", Value::Null),
        product("cup", "cups", Value::Null),
    ]);
    folder(&[
        ("categories.json", categories.to_string().as_bytes()),
        ("products.json", products.to_string().as_bytes()),
        ("images/tea.svg", drawing("green").as_bytes()),
        ("images/green.png", &png()),
        ("synonyms.json", br#"[["cup", "mug"], ["green", "matcha"]]"#),
    ])
}

/// The picture that a product shows.
async fn picture(shop: &Shop, slug: &str) -> Vec<u8> {
    let product = shop.anybody().get(&format!("/v1/products/{slug}")).await;
    let address = product.ok(200)["image_url"].clone();
    let picture = shop.anybody().get(address.as_str().unwrap()).await;
    assert_eq!(picture.status, 200, "{slug}");
    picture.body.to_vec()
}

#[tokio::test]
async fn words_that_mean_the_same_find_the_same() {
    let files = teas_and_cups();
    let shop = Shop::of(files.path()).await.unwrap();

    for (typed, found) in [
        ("mug", vec!["cup"]),
        ("mugs", vec!["cup"]),
        ("matcha warm", vec!["green"]),
        ("matcha mug", vec![]),
    ] {
        let query = format!("?q={}", typed.replace(' ', "%20"));
        assert_eq!(shop.names(&query).await, found, "{typed}");
    }
}

#[tokio::test]
async fn a_product_without_a_picture_shows_its_categorys_drawing_or_a_plain_one() {
    let files = teas_and_cups();
    let shop = Shop::of(files.path()).await.unwrap();

    let [green, black, cup] = ["green", "black", "cup"].map(|slug| picture(&shop, slug));
    let (green, black, cup) = (green.await, black.await, cup.await);

    assert!(green.starts_with(b"RIFF"), "a photo is made anew");
    assert_eq!(black, drawing("green").into_bytes());
    assert!(cup.starts_with(b"<svg") && cup != black);
    let list = shop.anybody().get("/v1/products?q=black").await.ok(200);
    let one = shop.anybody().get("/v1/products/black").await.ok(200);
    assert_eq!(list["items"][0]["image_url"], one["image_url"]);
}

#[tokio::test]
async fn a_product_that_staff_add_shows_the_drawing_of_the_category_that_it_is_in() {
    let files = teas_and_cups();
    let shop = Shop::of(files.path()).await.unwrap();
    let new = json!({
        "name": "White", "summary": "Mild.", "category": "cups",
        "price": { "amount": 1400, "currency": "USD" },
    });
    let new = shop.staff().post("/v1/products", &new).await;

    assert_eq!(picture(&shop, "white").await, picture(&shop, "cup").await);
    let moved = json!({ "category": "teas" });
    let path = new.header("location");
    let moved = change(&shop.staff(), http::Method::PATCH, path, "*", &moved).await;
    moved.ok(200);

    assert_eq!(picture(&shop, "white").await, drawing("green").into_bytes());
}

#[tokio::test]
async fn an_assortment_that_does_not_fit_together_is_refused_by_the_name_of_its_file() {
    let none = tempfile::tempdir().unwrap();
    let lost = teas_and_cups();
    fs::remove_file(lost.path().join("images/green.png")).unwrap();
    let broken = teas_and_cups();
    fs::write(broken.path().join("products.json"), "[{}]").unwrap();
    let grey = teas_and_cups();
    fs::write(grey.path().join("images/green.png"), "no picture").unwrap();
    let dear = teas_and_cups();
    let products = fs::read_to_string(dear.path().join("products.json")).unwrap();
    let products = products.replace("900", "0");
    fs::write(dear.path().join("products.json"), products).unwrap();

    for (folder, named) in [
        (none.path(), "categories.json"),
        (lost.path(), "images/green.png"),
        (broken.path(), "products.json"),
        (grey.path(), "images/green.png"),
        (dear.path(), "green: is 1 to"),
        (Path::new("/nowhere"), "categories.json"),
    ] {
        let fault = Shop::of(folder).await.err().unwrap().to_string();
        assert!(fault.contains(named), "{fault}");
    }
}

#[tokio::test]
async fn the_assortment_that_is_shipped_has_a_picture_for_each_product_and_each_category() {
    let shop = Shop::of(Path::new("")).await.unwrap();
    let categories = shop.anybody().get("/v1/categories").await.ok(200);
    let plain =
        json!({ "name": "Plain", "summary": "None.", "price": { "amount": 1, "currency": "USD" } });

    let list = shop.anybody().get("/v1/products?limit=100").await.ok(200);

    for product in list["items"].as_array().unwrap() {
        picture(&shop, product["slug"].as_str().unwrap()).await;
    }
    for category in categories["items"].as_array().unwrap() {
        let mut new = plain.clone();
        new["category"] = category["id"].clone();
        new["slug"] = json!(uuid::Uuid::now_v7().simple().to_string() + "-plain");
        let new = shop.staff().post("/v1/products", &new).await.ok(201);
        picture(&shop, new["id"].as_str().unwrap()).await;
    }
}
