//! `PUT /v1/products/{id}/image`.

use std::io::Cursor;

use http::Method;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::Value;
use testkit::service::{Answer, Client, request};
use uuid::Uuid;

use crate::shop::{Shop, product};

const LIMIT: usize = 10 * 1024 * 1024;

/// A photo that is red on its left half and blue on its right.
pub(crate) fn photo(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, _| match x < width / 2 {
        true => Rgb([230, 20, 20]),
        false => Rgb([20, 20, 230]),
    });
    let mut file = Cursor::new(Vec::new());
    let photo = DynamicImage::from(pixels);
    photo.write_to(&mut file, format).unwrap();
    file.into_inner()
}

pub(crate) fn png() -> Vec<u8> {
    photo(4, 4, ImageFormat::Png)
}

fn jpeg() -> Vec<u8> {
    photo(40, 20, ImageFormat::Jpeg)
}

fn webp() -> Vec<u8> {
    photo(40, 20, ImageFormat::WebP)
}

/// A PNG of one pixel that says to be so large.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = photo(1, 1, ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&png[12..29]);
    png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
    png
}

/// A PNG with so many bytes behind its end.
fn png_and(more: usize) -> Vec<u8> {
    let mut png = png();
    png.resize(png.len() + more, 0);
    png
}

/// What a camera notes in a JPEG: which side is up (TIFF's tag 274), and where it was.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(b"N 52.5200 E 13.4050");
    let length = u16::try_from(exif.len() + 2).unwrap();
    let segment = [&[0xff, 0xe1][..], &length.to_be_bytes(), &exif].concat();
    [&jpeg[..2], &segment, &jpeg[2..]].concat()
}

/// The picture at this address, as a browser sees it, and its bytes.
async fn shown(shop: &Shop, address: &Value) -> (RgbImage, Vec<u8>) {
    let shown = shop.anybody().get(address.as_str().unwrap()).await;
    assert_eq!(shown.status, 200);
    assert_eq!(shown.header("content-type"), "image/webp");
    let picture = image::load_from_memory_with_format(&shown.body, ImageFormat::WebP);
    (picture.unwrap().to_rgb8(), shown.body.to_vec())
}

fn is_red(pixel: &Rgb<u8>) -> bool {
    pixel[0] > 150 && pixel[2] < 100
}

async fn put(client: &Client, id: Uuid, tag: &str, bytes: Vec<u8>) -> Answer {
    let path = format!("/v1/products/{id}/image");
    let request = request(Method::PUT, &path)
        .header("if-match", tag)
        .header("content-type", "application/octet-stream");
    client.send(request, bytes).await
}

#[tokio::test]
async fn a_photo_is_shown_in_three_widths() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    assert_eq!(shop.product(id).await["images"], Value::Array(vec![]));

    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let sent = photo(1500, 1000, format);
        let new = put(&shop.staff(), id, "*", sent).await.ok(200);

        let images = new["images"].as_array().unwrap();
        assert_eq!(images[2]["url"], new["image_url"]);
        for (image, (width, height)) in images.iter().zip([(96, 64), (480, 320), (960, 640)]) {
            let (picture, _) = shown(&shop, &image["url"]).await;
            assert_eq!(image["width"], width);
            assert_eq!(picture.dimensions(), (width, height));
            assert!(is_red(picture.get_pixel(width / 8, height / 2)));
            assert!(!is_red(picture.get_pixel(width - width / 8, height / 2)));
        }
        let listed = shop.anybody().get("/v1/products").await.ok(200);
        assert_eq!(listed["items"][0]["images"], new["images"]);
    }
}

#[tokio::test]
async fn a_photo_is_made_no_wider_than_it_is() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for (width, widths) in [(700, vec![96, 480, 700]), (96, vec![96]), (1, vec![1])] {
        let sent = photo(width, 50, ImageFormat::Png);
        let new = put(&shop.staff(), id, "*", sent).await.ok(200);

        let images = new["images"].as_array().unwrap().iter();
        assert!(images.map(|image| &image["width"]).eq(&widths));
    }
}

#[tokio::test]
async fn a_photo_is_turned_upright_and_what_the_camera_noted_is_gone() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let lying = photo(1200, 600, ImageFormat::Jpeg);

    // Where the red half comes to lie: TIFF 6.0, tag Orientation.
    for (orientation, (width, height), red) in [
        (1, (960, 480), (100, 240)),
        (3, (960, 480), (860, 240)),
        (6, (600, 1200), (300, 100)),
        (8, (600, 1200), (300, 1100)),
    ] {
        let sent = with_exif(&lying, orientation);
        let new = put(&shop.staff(), id, "*", sent).await.ok(200);

        let (picture, bytes) = shown(&shop, &new["image_url"]).await;
        assert_eq!(picture.dimensions(), (width, height), "{orientation}");
        assert!(is_red(picture.get_pixel(red.0, red.1)), "{orientation}");
        let far = picture.get_pixel(width - 1 - red.0, height - 1 - red.1);
        assert!(!is_red(far), "{orientation}");
        for noted in [&b"Exif"[..], b"EXIF", b"52.52"] {
            assert!(!bytes.windows(noted.len()).any(|part| part == noted));
        }
    }
}

#[tokio::test]
async fn what_cameras_write_behind_the_end_is_passed_over() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for sent in [png(), jpeg(), webp()] {
        let newline = [&sent[..], b"\n"].concat();
        let zeros = [&sent[..], &[0; 4096]].concat();
        for sent in [newline, zeros] {
            put(&shop.staff(), id, "*", sent).await.ok(200);
        }
    }
    // A second picture, as phones append one of depth.
    let twice = [jpeg(), jpeg()].concat();
    put(&shop.staff(), id, "*", twice).await.ok(200);
}

#[tokio::test]
async fn what_is_no_photo_is_refused_whatever_version_it_is_for() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for bytes in [Vec::new(), b"GIF89a".to_vec()] {
        let answer = put(&shop.staff(), id, "\"another\"", bytes).await;
        answer.refused(415, "unsupported-image");
    }
}

#[tokio::test]
async fn a_photo_of_more_pixels_than_cameras_make_is_refused_before_it_is_decoded() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;

    for (width, height) in [
        (16_000, 16_000),
        (5_001, 5_000),
        (20_000, 1),
        (u32::MAX >> 1, 1),
    ] {
        let answer = put(&shop.staff(), id, "*", bomb(width, height)).await;
        answer.refused(415, "unsupported-image");
    }
    let flat = RgbImage::new(5_000, 5_000);
    let mut largest = Cursor::new(Vec::new());
    flat.write_to(&mut largest, ImageFormat::Png).unwrap();
    put(&shop.staff(), id, "*", largest.into_inner())
        .await
        .ok(200);
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

    let lie = staff
        .send(said("image/png"), "<html><script>alert(1)</script>")
        .await;

    lie.refused(415, "unsupported-image");
    staff.send(said("text/html"), png()).await.ok(200);
}

#[tokio::test]
async fn what_is_no_whole_picture_of_these_kinds_is_refused() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let before = shop.product(id).await;
    let truncated = |mut bytes: Vec<u8>| {
        bytes.truncate(bytes.len() / 2);
        bytes
    };
    // Garbage between a right head and a right tail.
    let garbage = |head: usize, bytes: Vec<u8>, tail: usize| {
        let noise = (0..bytes.len() - head - tail).map(|n| (n * 89 % 255) as u8);
        let noise: Vec<u8> = noise.collect();
        [&bytes[..head], &noise, &bytes[bytes.len() - tail..]].concat()
    };
    let svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    let (large_jpeg, large_png) = (
        photo(400, 300, ImageFormat::Jpeg),
        photo(400, 300, ImageFormat::Png),
    );

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
        truncated(large_png.clone()),
        truncated(large_jpeg.clone()),
        large_jpeg[..large_jpeg.len() - 2].to_vec(),
        truncated(webp()),
        png()[..20].to_vec(),
        garbage(33, large_png, 12),
        garbage(20, large_jpeg, 2),
        garbage(20, webp(), 0),
    ] {
        let answer = put(&shop.staff(), id, "*", bytes.clone()).await;
        let start = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(answer.status, 415, "{start}");
        answer.refused(415, "unsupported-image");
    }

    assert_eq!(shop.product(id).await, before);
}

#[tokio::test]
async fn a_picture_has_at_most_ten_mebibytes() {
    let basil = product("Basil");
    let id = basil.id;
    let shop = Shop::with(vec![basil]).await;
    let own = png().len();

    put(&shop.staff(), id, "*", png_and(LIMIT - own))
        .await
        .ok(200);
    for size in [LIMIT + 1, LIMIT + 64 * 1024 + 1, 2 * LIMIT] {
        let answer = put(&shop.staff(), id, "*", png_and(size - own)).await;
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
