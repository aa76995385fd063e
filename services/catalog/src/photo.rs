//! What becomes of a photo that staff send: it is decoded within bounds, turned upright, and made anew
//! in the widths that pages show. Of the file that came nothing is kept, neither what the camera noted
//! (the place, the owner) nor what else stands in it.
//!
//! It is made as lossy WebP by libwebp, the encoder that browsers' makers keep: the Rust encoder of
//! `image` is lossless, and a photo takes ten times the bytes so.

use std::io::Cursor;

use image::{
    DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, metadata::Orientation,
};

/// The widths that a photo is made in, none of them wider than it is itself.
pub(crate) const WIDTHS: [u32; 3] = [96, 480, 960];

/// The most pixels of a photo: what cameras and phones make by themselves. It takes 4 bytes for each
/// at most, as long as it is decoded, and as much again for a progressive JPEG.
const MAX_PIXELS: u64 = 25_000_000;

/// The longest side that WebP has, and no camera.
const MAX_SIDE: u32 = 16_383;

/// Of 100: where a photo of leaves looks like its original.
const QUALITY: f32 = 80.0;

/// Why a photo cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is no PNG, JPEG or WebP, or a broken one.
    Unreadable,
    /// It has too many pixels.
    TooManyPixels,
}

/// One of the widths of a photo, as WebP.
pub(crate) struct Rendition {
    pub(crate) width: u32,
    pub(crate) webp: Vec<u8>,
}

/// Whether a file begins as one of the kinds that are taken.
pub(crate) fn is_of_a_known_kind(file: &[u8]) -> bool {
    use ImageFormat::{Jpeg, Png, WebP};
    matches!(image::guess_format(file), Ok(Jpeg | Png | WebP))
}

/// Makes a photo in its widths, the narrowest first. It takes up to a second: not for a thread that
/// others wait for.
pub(crate) fn renditions(file: &[u8]) -> Result<Vec<Rendition>, Refused> {
    let mut photo = upright(file)?;
    let mut made = Vec::new();
    for width in widths(photo.width()).into_iter().rev() {
        photo = to_width(photo, width);
        let webp = encode(&photo).ok_or(Refused::Unreadable)?;
        made.push(Rendition { width, webp });
    }
    made.reverse();
    Ok(made)
}

/// The widths of a photo that is so wide, the narrowest first.
pub(crate) fn widths(original: u32) -> Vec<u32> {
    let [.., widest] = WIDTHS;
    let narrower = WIDTHS.into_iter().filter(|width| *width < original);
    let own = (original <= widest).then_some(original);
    narrower.chain(own).collect()
}

/// Decodes a photo, not much larger than it is shown.
fn upright(file: &[u8]) -> Result<DynamicImage, Refused> {
    let unreadable = |_: ImageError| Refused::Unreadable;
    let reader = ImageReader::new(Cursor::new(file)).with_guessed_format();
    let reader = reader.map_err(|_| Refused::Unreadable)?;
    if reader.format() == Some(ImageFormat::Jpeg) && !has_its_end(file) {
        return Err(Refused::Unreadable);
    }
    let mut decoder = reader.into_decoder().map_err(unreadable)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Refused::TooManyPixels);
    }
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MAX_PIXELS * 4);
    decoder.set_limits(limits).map_err(unreadable)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let photo = DynamicImage::from_decoder(decoder).map_err(unreadable)?;

    let [.., widest] = WIDTHS;
    let mut photo = match lies_on_its_side(orientation) {
        false => to_width(photo, widest),
        true if photo.height() > widest => scaled(photo, widest, height),
        true => photo,
    };
    photo.apply_orientation(orientation);
    Ok(photo)
}

/// Whether the decoder had all of a JPEG: it passes over what is missing and paints it grey.
fn has_its_end(file: &[u8]) -> bool {
    let last = |marker: [u8; 2]| file.windows(2).rposition(|bytes| bytes == marker);
    last([0xff, 0xda]) < last([0xff, 0xd9])
}

fn lies_on_its_side(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(
        orientation,
        Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH
    )
}

/// Never wider than it is.
fn to_width(photo: DynamicImage, width: u32) -> DynamicImage {
    match photo.width() {
        own if own > width => scaled(photo, width, own),
        _ => photo,
    }
}

/// Of every `of` pixels `to` remain.
fn scaled(photo: DynamicImage, to: u32, of: u32) -> DynamicImage {
    let side = |own: u32| (f64::from(own) * f64::from(to) / f64::from(of)).round() as u32;
    let (width, height) = (side(photo.width()), side(photo.height()));
    photo.thumbnail_exact(width.max(1), height.max(1))
}

fn encode(photo: &DynamicImage) -> Option<Vec<u8>> {
    let (width, height) = (photo.width(), photo.height());
    let webp = if photo.color().has_alpha() {
        let pixels = photo.to_rgba8();
        webp::Encoder::from_rgba(&pixels, width, height).encode_simple(false, QUALITY)
    } else {
        let pixels = photo.to_rgb8();
        webp::Encoder::from_rgb(&pixels, width, height).encode_simple(false, QUALITY)
    };
    webp.ok().map(|webp| webp.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_made_in_no_width_that_it_has_not() {
        assert_eq!(widths(5712), [96, 480, 960]);
        assert_eq!(widths(960), [96, 480, 960]);
        assert_eq!(widths(700), [96, 480, 700]);
        assert_eq!(widths(96), [96]);
        assert_eq!(widths(1), [1]);
    }
}
