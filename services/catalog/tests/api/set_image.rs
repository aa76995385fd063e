//! `PUT /v1/products/{id}/image`.

use http::Method;
use testkit::service::{Answer, Client, request};
use uuid::Uuid;

use crate::shop::{Shop, product};

const LIMIT: usize = 2 * 1024 * 1024;

/// A PNG of one pixel.
pub(crate) fn png() -> Vec<u8> {
    png_of(0)
}

/// The same with so many bytes of text in it.
fn png_of(text: usize) -> Vec<u8> {
    let mut png =
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89".to_vec();
    if text > 0 {
        png.extend(u32::try_from(text).unwrap().to_be_bytes());
        png.extend(b"tEXt");
        png.resize(png.len() + text + 4, b'x');
    }
    png.extend(b"\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d");
    png.extend(b"\0\0\0\0IEND\xaeB`\x82");
    png
}

/// A JPEG's markers around a little entropy-coded data.
fn jpeg() -> Vec<u8> {
    let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    jpeg.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\xd2\xcf\xff\0\x20\xff\xd9");
    jpeg
}

fn webp() -> Vec<u8> {
    b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0".to_vec()
}

async fn put(client: &Client, id: Uuid, tag: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/v1/products/{id}/image");
    let request = request(Method::PUT, &path)
        .header("if-match", tag)
        .header("content-type", "application/octet-stream");
    client.send(request, bytes).await
}

#[tokio::test]
async fn a_png_a_jpeg_and_a_webp_are_shown_as_what_they_are() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for (bytes, kind) in [
        (png(), "image/png"),
        (jpeg(), "image/jpeg"),
        (webp(), "image/webp"),
    ] {
        let new = put(&shop.staff(), id, "*", bytes.clone()).await.ok(200);

        let address = new["image_url"].as_str().unwrap();
        let shown = shop.anybody().get(address).await;
        assert_eq!(
            (shown.status.as_u16(), shown.header("content-type")),
            (200, kind)
        );
        assert_eq!(shown.body, bytes);
        assert_eq!(shop.product(id).await["image_url"], address);
    }
}

#[tokio::test]
async fn the_kind_is_told_by_the_bytes_and_not_by_what_the_sender_says() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let path = format!("/v1/products/{id}/image");
    let said = |kind| {
        request(Method::PUT, &path)
            .header("if-match", "*")
            .header("content-type", kind)
    };
    let staff = shop.staff();

    let new = staff.send(said("text/html"), png()).await.ok(200);
    let lie = staff
        .send(said("image/png"), "<html><script>alert(1)</script>")
        .await;

    assert!(new["image_url"].as_str().unwrap().ends_with(".png"));
    lie.refused(415, "unsupported-image");
}

#[tokio::test]
async fn what_is_no_whole_picture_of_these_kinds_is_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let before = shop.product(id).await;
    let truncated = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() - 1);
        bytes
    };
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let mut svg_after_png = png();
    svg_after_png.extend(svg.bytes());

    for bytes in [
        svg.into(),
        format!("<?xml version='1.0'?>{svg}").into(),
        b"<!doctype html><script>alert(1)</script>".to_vec(),
        b"GIF89a\x01\0\x01\0\0\0\0;".to_vec(),
        b"BM......".to_vec(),
        b"%PDF-1.7".to_vec(),
        Vec::new(),
        vec![0xff, 0xd8],
        vec![0xff, 0xd8, 0xff, 0xd9],
        truncated(png()),
        truncated(jpeg()),
        truncated(webp()),
        png()[..20].to_vec(),
        svg_after_png,
    ] {
        let answer = put(&shop.staff(), id, "*", bytes.clone()).await;
        let start = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(answer.status, 415, "{start}");
        answer.refused(415, "unsupported-image");
    }

    assert_eq!(shop.product(id).await, before);
}

#[tokio::test]
async fn a_picture_has_at_most_two_mebibytes() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let frame = png_of(1).len() - 1;

    put(&shop.staff(), id, "*", png_of(LIMIT - frame))
        .await
        .ok(200);
    for size in [LIMIT + 1, LIMIT + 64 * 1024 + 1, 2 * LIMIT] {
        let answer = put(&shop.staff(), id, "*", png_of(size - frame)).await;
        answer.refused(413, "body-too-large");
    }
}

#[tokio::test]
async fn only_staff_that_know_the_version_may_set_a_picture() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let (staff, customer) = (shop.staff(), shop.service.customer(Uuid::now_v7()));

    let path = format!("/v1/products/{id}/image");
    let blind = staff.send(request(Method::PUT, &path), png()).await;
    blind.refused(428, "precondition-required");
    put(&staff, id, "\"2\"", png())
        .await
        .refused(412, "precondition-failed");
    put(&staff, Uuid::now_v7(), "*", png())
        .await
        .refused(404, "not-found");
    put(&shop.anybody(), id, "*", png())
        .await
        .refused(401, "sign-in-required");
    put(&customer, id, "*", png())
        .await
        .refused(403, "staff-only");

    let answer = put(&staff, id, &shop.tag(id).await, png()).await;
    answer.ok(200);
    assert_eq!(answer.header("etag"), shop.tag(id).await);
}

#[tokio::test]
async fn a_picture_that_is_refused_leaves_no_file() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    let changed = put(&shop.staff(), id, "\"9\"", png()).await;
    let unknown = put(&shop.staff(), Uuid::now_v7(), "*", png()).await;

    changed.refused(412, "precondition-failed");
    unknown.refused(404, "not-found");
    assert_eq!(std::fs::read_dir(shop.pictures()).unwrap().count(), 0);
}
