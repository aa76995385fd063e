//! The shop's pictures, drawn by the program: `cargo xtask drawings`.
//!
//! Every product has a drawing made of the same few parts: `geometry`, `colour` and `svg` are the
//! hand, `scene` is the stage, `leaves`, `flowers`, `growth`, `produce` and `vessels` are the parts.
//! A module for each kind of product puts them together. The same program draws the same bytes
//! everywhere, so a check can compare them with the committed files.

mod blooms;
mod bulbs;
mod cans;
mod colour;
mod corms;
mod feeds;
mod flowers;
mod fruit;
mod geometry;
mod growth;
mod hand_tools;
mod herbs;
mod houseplants;
mod leaves;
mod packets;
mod perennials;
mod planters;
mod pots;
mod produce;
mod scene;
mod shrubs;
mod soils;
mod succulents;
mod svg;
mod tools;
mod trailing;
mod vegetables;
mod vessels;
mod watering;

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, bail};
use serde::Deserialize;

use crate::run::root;
use svg::Drawing;

/// A family of products: draws the one of this slug, or says that it is none of its own.
type Family = fn(&mut Drawing, &str) -> bool;

const FAMILIES: &[Family] = &[
    houseplants::draw,
    trailing::draw,
    succulents::draw,
    perennials::draw,
    blooms::draw,
    herbs::draw,
    vegetables::draw,
    packets::draw,
    bulbs::draw,
    corms::draw,
    shrubs::draw,
    fruit::draw,
    pots::draw,
    planters::draw,
    tools::draw,
    hand_tools::draw,
    soils::draw,
    feeds::draw,
    watering::draw,
    cans::draw,
];

/// What we need to know of a product.
#[derive(Deserialize)]
struct Product {
    slug: String,
}

/// Writes every drawing, or with `check` compares them with the files. A product that no family
/// draws is an error, and nothing is written then.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let drawings = all()?;
    let mut stale = Vec::new();
    for (path, drawing) in &drawings {
        if fs::read_to_string(path).is_ok_and(|file| file == *drawing) {
            continue;
        }
        stale.push(path.display().to_string());
        if !check {
            fs::write(path, drawing)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
    }
    if check && !stale.is_empty() {
        bail!(
            "not as drawn; run `cargo xtask drawings`:\n  {}",
            stale.join("\n  ")
        );
    }
    println!("{} drawings, {} changed", drawings.len(), stale.len());
    Ok(())
}

/// Every file and its drawing: one for each product, and what is shown for a product without one.
fn all() -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let catalog = root().join("services/catalog");
    let products = fs::read(catalog.join("seed/products.json")).context("products.json")?;
    let products: Vec<Product> = serde_json::from_slice(&products).context("products.json")?;
    let mut files = BTreeMap::new();
    let mut missing = Vec::new();
    for Product { slug } in products {
        match product(&slug) {
            Some(drawing) => {
                files.insert(catalog.join(format!("seed/images/{slug}.svg")), drawing);
            }
            None => missing.push(slug),
        }
    }
    if !missing.is_empty() {
        bail!("no drawing for {}", missing.join(", "));
    }
    let mut placeholder = Drawing::new();
    pots::placeholder(&mut placeholder);
    let path = catalog.join("src/routes/placeholder.svg");
    files.insert(path, placeholder.finish());
    Ok(files)
}

/// The drawing of a product.
fn product(slug: &str) -> Option<String> {
    FAMILIES.iter().find_map(|draw| {
        let mut drawing = Drawing::new();
        draw(&mut drawing, slug).then(|| drawing.finish())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_product_has_a_small_drawing_of_its_own() {
        let files = all().unwrap();

        let distinct: BTreeSet<&String> = files.values().collect();
        assert_eq!(distinct.len(), files.len());
        for (path, drawing) in &files {
            assert!(drawing.len() < 12_000, "{} is too large", path.display());
        }
    }

    #[test]
    fn a_product_that_no_family_knows_has_no_drawing() {
        assert_eq!(product("garden-gnome"), None);
    }
}
