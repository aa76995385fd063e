//! What a product without a picture of its own shows: its category's drawing, or a plain one.

use std::{collections::HashMap, sync::LazyLock};

use axum::body::Bytes;

use crate::{
    assortment::{Assortment, SeedError},
    images::{Kind, name_of},
    product::Product,
};

/// An empty pot.
const PLAIN: &[u8] = include_bytes!("plain.svg");

/// What is stored as the picture of a product that has none of its own.
pub(crate) static NO_PICTURE: LazyLock<String> = LazyLock::new(|| name_of(PLAIN, Kind::Svg));

/// The drawings, held in memory: they are few and small.
#[derive(Clone, Debug)]
pub(crate) struct Drawings {
    of_category: HashMap<String, String>,
    pictures: HashMap<String, (Bytes, Kind)>,
}

impl Drawings {
    /// Reads those that the assortment has for its categories.
    pub(crate) fn read(assortment: &Assortment) -> Result<Self, SeedError> {
        let plain = (NO_PICTURE.clone(), (Bytes::from_static(PLAIN), Kind::Svg));
        let mut drawings = Self {
            of_category: HashMap::new(),
            pictures: HashMap::from([plain]),
        };
        for category in assortment.categories()? {
            if let Some(file) = &category.image {
                let (bytes, kind) = assortment.picture(file)?;
                let name = name_of(&bytes, kind);
                drawings.pictures.insert(name.clone(), (bytes, kind));
                drawings.of_category.insert(category.id, name);
            }
        }
        Ok(drawings)
    }

    /// The name of the picture that a product shows.
    pub(crate) fn shown<'a>(&'a self, product: &'a Product) -> &'a str {
        if product.image == *NO_PICTURE {
            let category = self.of_category.get(&product.details.category);
            category.unwrap_or(&product.image)
        } else {
            &product.image
        }
    }

    /// A drawing and its kind.
    pub(crate) fn get(&self, name: &str) -> Option<(Bytes, Kind)> {
        self.pictures.get(name).cloned()
    }
}
