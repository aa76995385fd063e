//! On a server of S3: what a signature allows, and what becomes of what was sent.

use client::Upstream;
use testkit::service::Client;

use super::*;
use crate::set_image::png;

/// An upload that staff have begun.
struct Begun {
    shop: Shop,
    id: Uuid,
    name: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl Begun {
    async fn of(size: usize) -> Self {
        let basil = product("Basil");
        let id = basil.id;
        Self::again(Shop::with(vec![basil]).await, id, size).await
    }

    async fn again(shop: Shop, id: Uuid, size: usize) -> Self {
        let file = json!({ "media_type": "image/png", "size": size });
        let begun = begin(&shop.staff(), id, "*", &file).await.ok(201);
        let headers = begun["headers"].as_object().unwrap().iter();
        let headers =
            headers.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
        Self {
            id,
            name: begun["name"].as_str().unwrap().to_owned(),
            url: begun["url"].as_str().unwrap().to_owned(),
            headers: headers.collect(),
            shop,
        }
    }

    /// What a browser sends.
    async fn send(&self, bytes: &[u8]) -> u16 {
        send(&self.url, &self.headers, bytes).await
    }

    async fn finish(&self) -> Answer {
        finish(&self.shop.staff(), self.id, &self.name).await
    }

    /// What the bucket tells of the file.
    fn event(&self) -> String {
        let key = format!("prefix%2Fuploads/{}/{}", self.id, self.name);
        let record = json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
            "s3": { "bucket": { "name": "garden" }, "object": { "key": key, "size": 100 } },
        });
        json!({ "Records": [record] }).to_string()
    }

    async fn shows_a_photo(&self) -> bool {
        let images = &self.shop.product(self.id).await["images"];
        !images.as_array().unwrap().is_empty()
    }
}

async fn send(url: &str, headers: &[(String, String)], bytes: &[u8]) -> u16 {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_at(rest.find('/').unwrap());
    let upstream = Upstream::http(format!("http://{host}").parse().unwrap());
    let mut put = request(Method::PUT, path).header("host", host);
    for (name, value) in headers {
        put = put.header(name, value);
    }
    let answer = Client::outside(upstream).send(put, bytes.to_vec()).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn a_picture_that_was_sent_becomes_the_products_and_once_more_does_nothing() {
    let begun = Begun::of(png().len()).await;
    begun.finish().await.refused(404, "not-found");

    assert_eq!(begun.send(&png()).await, 200);
    let first = begun.finish().await;
    let second = begun.finish().await;

    assert_eq!(first.ok(200)["images"].as_array().unwrap().len(), 1);
    assert_eq!(second.ok(200), first.ok(200));
    assert_eq!(second.header("etag"), first.header("etag"));
    let address = first.ok(200)["image_url"].clone();
    let shown = begun.shop.anybody().get(address.as_str().unwrap()).await;
    assert_eq!(shown.header("content-type"), "image/webp");
}

#[tokio::test]
async fn the_buckets_event_does_it_too_also_when_both_come_at_once() {
    let begun = Begun::of(png().len()).await;
    begun.send(&png()).await;
    let event = begun.event();

    let (heard, finished) = tokio::join!(begun.shop.state.hear_of_uploads(&event), begun.finish());

    heard.unwrap();
    finished.ok(200);
    assert!(begun.shows_a_photo().await);
    begun.shop.state.hear_of_uploads(&event).await.unwrap();
}

#[tokio::test]
async fn what_a_bucket_tells_besides_is_passed_over() {
    let begun = Begun::of(png().len()).await;
    let hear = async |event: &str| begun.shop.state.hear_of_uploads(event).await;

    hear(r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"garden"}"#)
        .await
        .unwrap();
    hear(&begun.event()).await.unwrap();
    hear(&begun.event().replace("Created", "Removed"))
        .await
        .unwrap();
    hear(&begun.event().replace("uploads", "pictures"))
        .await
        .unwrap();
    assert!(hear("nonsense").await.is_err());

    assert!(!begun.shows_a_photo().await);
}

#[tokio::test]
async fn a_signature_is_for_one_key_one_type_one_size_and_one_time() {
    let (bytes, other) = (png(), Uuid::now_v7().simple().to_string());
    let begun = Begun::of(bytes.len()).await;
    let with = |name: &str, value: &str| {
        let mut headers = begun.headers.clone();
        headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            headers.push((name.to_owned(), value.to_owned()));
        }
        headers
    };
    let (_, id) = begun.name.split_once('-').unwrap();
    let later = begun.url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000");
    let another_key = begun.url.replace(id, &other);
    let shown = begun.url.replace("uploads", "pictures");
    let unsigned = begun.url.split_once('?').unwrap().0.to_owned();
    for url in [&later, &another_key, &shown, &unsigned] {
        assert_ne!(*url, begun.url);
        let refused = send(url, &begun.headers, &bytes).await;
        assert!((400..500).contains(&refused), "{refused}: {url}");
    }
    for headers in [
        with("content-type", "text/html"),
        with("content-type", ""),
        with("if-none-match", ""),
    ] {
        let refused = send(&begun.url, &headers, &bytes).await;
        assert!((400..500).contains(&refused), "{refused}: {headers:?}");
    }
    for wrong in [&bytes[1..], &[&bytes[..], b"and more"].concat(), b""] {
        let refused = begun.send(wrong).await;
        assert!((400..500).contains(&refused), "{refused}: {}", wrong.len());
    }
    begun.finish().await.refused(404, "not-found");

    assert_eq!(begun.send(&bytes).await, 200);
    assert_eq!(begun.send(&bytes).await, 412);
    begun.finish().await.ok(200);
    assert_eq!(begun.send(&bytes).await, 412);
}

#[tokio::test]
async fn what_is_no_picture_whatever_it_was_called_is_refused_at_the_end() {
    let begun = Begun::of(31).await;

    assert_eq!(
        begun
            .send(b"<script>alert('a letter')</script>".get(..31).unwrap())
            .await,
        200
    );

    begun.finish().await.refused(415, "unsupported-image");
    begun
        .shop
        .state
        .hear_of_uploads(&begun.event())
        .await
        .unwrap();
    assert!(!begun.shows_a_photo().await);
}

#[tokio::test]
async fn who_sends_a_picture_when_there_is_another_one_already_comes_too_late() {
    let bytes = png();
    let late = Begun::of(bytes.len()).await;
    let path = format!("/v1/products/{}/image", late.id);
    let set = request(Method::PUT, &path).header("if-match", "*");
    let set = late.shop.staff().send(set, another()).await.ok(200);

    assert_eq!(late.send(&bytes).await, 200);
    late.finish().await.refused(412, "precondition-failed");
    late.shop
        .state
        .hear_of_uploads(&late.event())
        .await
        .unwrap();

    assert_eq!(late.shop.product(late.id).await["images"], set["images"]);
}

#[tokio::test]
async fn a_sale_between_beginning_and_end_is_no_hindrance() {
    let begun = Begun::of(png().len()).await;
    begun.send(&png()).await;
    let sold = begun.shop.reserve(Uuid::now_v7(), begun.id, 1).await;
    assert!(sold.status.is_success());

    begun.finish().await.ok(200);
}

#[tokio::test]
async fn a_bucket_that_is_gone_takes_pictures_alone_along() {
    let basil = product("Basil");
    let id = basil.id;
    let gone = "s3://garden/?region=us-east-1&endpoint=http://127.0.0.1:1";
    let shop = Shop::with_pictures_in(gone.parse().unwrap(), vec![basil]).await;
    let (anybody, staff) = (shop.anybody(), shop.staff());

    let picture = "/v1/images/0123456789abcdef01234567-96.webp";
    anybody.get(picture).await.refused(503, "unavailable");
    let path = format!("/v1/products/{id}/image");
    let set = request(Method::PUT, &path).header("if-match", "*");
    staff.send(set, png()).await.refused(503, "unavailable");
    let finished = finish(&staff, id, NO_UPLOAD).await;
    finished.refused(503, "unavailable");

    assert_eq!(shop.names("").await, ["Basil"]);
    shop.product(id).await;
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_a_fault_of_ours() {
    let endpoint = std::env::var("TERRACE_TEST_S3").unwrap();
    let none = format!("s3://nobodys-garden/?region=us-east-1&endpoint={endpoint}");
    let shop = Shop::with_pictures_in(none.parse().unwrap(), Vec::new()).await;

    let picture = "/v1/images/0123456789abcdef01234567-96.webp";
    let answer = shop.anybody().get(picture).await;

    answer.refused(500, "internal");
}

#[tokio::test]
async fn a_file_is_for_its_product_alone() {
    let (basil, mint) = (product("Basil"), product("Mint"));
    let (id, other) = (basil.id, mint.id);
    let shop = Shop::with(vec![basil, mint]).await;
    let begun = Begun::again(shop, id, png().len()).await;
    begun.send(&png()).await;

    let elsewhere = finish(&begun.shop.staff(), other, &begun.name).await;

    elsewhere.refused(404, "not-found");
}

#[cfg(feature = "aws-events")]
#[tokio::test]
async fn a_queue_that_the_bucket_tells_makes_the_picture_without_the_browser() {
    use tokio_util::sync::CancellationToken;

    let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap();
    let (bucket, queue) = testkit::aws::telling_bucket().await;
    let basil = product("Basil");
    let id = basil.id;
    let images = format!("s3://{bucket}/shop?region=us-east-1&endpoint={endpoint}");
    let shop = Shop::with_pictures_in(images.parse().unwrap(), vec![basil]).await;
    let shop = shop.told_by(queue.try_into().unwrap()).await;
    let stop = CancellationToken::new();
    let background = shop.state.spawn_background(stop.clone());
    let begun = Begun::again(shop, id, png().len()).await;

    assert_eq!(begun.send(&png()).await, 200);

    let started = std::time::Instant::now();
    while !begun.shows_a_photo().await {
        assert!(started.elapsed().as_secs() < 60, "nothing happens");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    stop.cancel();
    background.await.unwrap();
}

/// A picture other than [`png`].
fn another() -> Vec<u8> {
    crate::set_image::photo(40, 20, image::ImageFormat::Jpeg)
}
