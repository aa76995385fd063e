//! The shop's pictures, drawn by the program: `cargo xtask drawings`.
//!
//! Every product has a drawing made of the same few parts: `geometry`, `colour` and `svg` are the
//! hand, `scene` is the stage, `leaves`, `flowers` and `vessels` are the parts, and one module for
//! each kind of product puts them together. The same program draws the same bytes everywhere, so a
//! check can compare them with the committed files.

mod colour;
mod flowers;
mod geometry;
mod houseplants;
mod leaves;
mod scene;
mod succulents;
mod svg;
mod vessels;

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::run::root;
use svg::Drawing;

/// What we need to know of a product.
#[derive(Deserialize)]
struct Product {
    slug: String,
}

/// Writes every drawing, or with `check` compares them with the files.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let mut stale = Vec::new();
    let drawings = all()?;
    for (path, drawing) in &drawings {
        if fs::read_to_string(path).is_ok_and(|file| file == *drawing) {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            fs::write(path, drawing).with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    if check && !stale.is_empty() {
        bail!("not as drawn; run `cargo xtask drawings`:\n  {}", stale.join("\n  "));
    }
    println!("{} drawings, {} {}", drawings.len(), stale.len(), if check { "stale" } else { "written" });
    Ok(())
}

/// Every file and its drawing.
fn all() -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let seed = root().join("services/catalog/seed");
    let products = fs::read(seed.join("products.json")).context("products.json")?;
    let products: Vec<Product> = serde_json::from_slice(&products).context("products.json")?;
    let mut files = BTreeMap::new();
    for Product { slug } in products {
        let drawing = product(&slug);
        let Some(drawing) = drawing else { eprintln!("missing {slug}"); continue };
        files.insert(seed.join(format!("images/{slug}.svg")), drawing);
    }
    Ok(files)
}

/// The drawing of a product.
fn product(slug: &str) -> Option<String> {
    let families: [fn(&mut Drawing, &str) -> bool; 2] = [houseplants::draw, succulents::draw];
    families.into_iter().find_map(|draw| {
        let mut drawing = Drawing::new(400, 400);
        draw(&mut drawing, slug).then(|| drawing.finish())
    })
}
