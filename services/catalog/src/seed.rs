//! The shop's first assortment, brought along in the program.

use std::collections::BTreeMap;

use rust_embed::Embed;
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    AppState, Error,
    images::Kind,
    product::{Details, Money, Price, Slug},
    store::NewProduct,
};

#[derive(Embed)]
#[folder = "seed"]
struct Seed;

/// Why the assortment cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The files of the seed do not fit together: a defect of ours.
    #[error("seed: {0}")]
    Defect(String),
    /// A picture cannot be written.
    #[error("images: {0}")]
    Images(#[from] std::io::Error),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] Error),
}

#[derive(Deserialize)]
struct Category {
    id: String,
    name: String,
    position: i64,
}

#[derive(Deserialize)]
struct SeedProduct {
    slug: String,
    name: String,
    botanical_name: Option<String>,
    summary: String,
    description: String,
    category: String,
    price: Money,
    stock: i64,
    rating: f64,
    care: String,
    attributes: BTreeMap<String, String>,
    image: String,
}

impl AppState {
    /// Brings the assortment into an empty catalog, all or nothing. The number of products
    /// brought; 0 when there were some.
    pub async fn seed(&self) -> Result<usize, SeedError> {
        if !self.store.is_empty().await? {
            return Ok(0);
        }
        let categories: Vec<Category> = read("categories.json")?;
        let categories = categories
            .into_iter()
            .map(|c| (c.id, c.name, c.position))
            .collect();
        let products: Vec<SeedProduct> = read("products.json")?;
        let products = products.into_iter().map(|product| self.prepare(product));
        let products = products.collect::<Result<Vec<_>, _>>()?;

        let count = products.len();
        let seeded = self.store.seed(categories, products).await?;
        Ok(if seeded { count } else { 0 })
    }

    fn prepare(&self, product: SeedProduct) -> Result<NewProduct, SeedError> {
        let defect = |what: &str| SeedError::Defect(format!("{}: {what}", product.slug));
        let picture = Seed::get(&format!("images/{}", product.image));
        let picture = picture.ok_or_else(|| defect("no picture"))?;
        Ok(NewProduct {
            id: Uuid::now_v7(),
            slug: Slug::parse(&product.slug).map_err(defect)?,
            stock: product.stock,
            rating: product.rating,
            image: self.images.put(&picture.data, Kind::Svg)?,
            details: Details {
                price: Price::parse(&product.price).map_err(|fault| defect(&fault))?,
                name: product.name,
                botanical_name: product.botanical_name,
                summary: product.summary,
                description: product.description,
                category: product.category,
                care: product.care,
                attributes: product.attributes,
            },
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &str) -> Result<T, SeedError> {
    let defect = |fault: String| SeedError::Defect(format!("{file}: {fault}"));
    let bytes = Seed::get(file).ok_or_else(|| defect("missing".to_owned()))?;
    serde_json::from_slice(&bytes.data).map_err(|fault| defect(fault.to_string()))
}
