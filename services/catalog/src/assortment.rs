//! The shop's first assortment: brought along in the program, or a folder with files of the same names.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use rust_embed::Embed;
use serde::{Deserialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    AppState, Error,
    drawings::NO_PICTURE,
    images::Kind,
    product::{Details, Money, Price, Slug},
    search::Synonyms,
    store::NewProduct,
};

#[derive(Embed)]
#[folder = "seed"]
struct Embedded;

/// Where the files are.
#[derive(Clone, Debug)]
pub(crate) enum Assortment {
    Embedded,
    Folder(PathBuf),
}

/// Why the assortment cannot be brought in.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The files do not fit together.
    #[error("assortment: {0}")]
    Defect(String),
    /// A file cannot be read.
    #[error("assortment: {0}: {1}")]
    File(String, #[source] io::Error),
    /// The store refuses, or what keeps the pictures.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A category, as `categories.json` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Category {
    pub(crate) id: String,
    name: String,
    position: i64,
    /// The file in `images/` that its products without a picture show.
    pub(crate) image: Option<String>,
}

/// A product, as `products.json` has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedProduct {
    slug: String,
    name: String,
    botanical_name: Option<String>,
    summary: String,
    #[serde(default)]
    description: String,
    category: String,
    price: Money,
    stock: i64,
    #[serde(default)]
    rating: f64,
    #[serde(default)]
    care: String,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// The file in `images/` that it shows.
    image: Option<String>,
}

impl Assortment {
    /// The files in this folder; those of the program when it is empty.
    pub(crate) fn at(folder: &Path) -> Self {
        if folder.as_os_str().is_empty() {
            Self::Embedded
        } else {
            Self::Folder(folder.to_owned())
        }
    }

    pub(crate) fn categories(&self) -> Result<Vec<Category>, SeedError> {
        self.json("categories.json")
    }

    /// Words that mean the same; a folder may have none.
    pub(crate) fn synonyms(&self) -> Result<Synonyms, SeedError> {
        match self.json::<Vec<Vec<String>>>("synonyms.json") {
            Ok(groups) => Ok(Synonyms::of(&groups)),
            Err(SeedError::File(_, fault)) if fault.kind() == io::ErrorKind::NotFound => {
                Ok(Synonyms::default())
            }
            Err(fault) => Err(fault),
        }
    }

    /// A picture, and its kind by the file's name.
    pub(crate) fn picture(&self, file: &str) -> Result<(Bytes, Kind), SeedError> {
        let file = format!("images/{file}");
        let kind = Kind::of(&file)
            .ok_or_else(|| SeedError::Defect(format!("{file} is no svg, png, jpg or webp")))?;
        Ok((self.read(&file)?.into_owned().into(), kind))
    }

    fn json<T: DeserializeOwned>(&self, file: &str) -> Result<T, SeedError> {
        serde_json::from_slice(&self.read(file)?)
            .map_err(|fault| SeedError::Defect(format!("{file}: {fault}")))
    }

    fn read(&self, file: &str) -> Result<Cow<'static, [u8]>, SeedError> {
        let read = match self {
            Self::Embedded => Embedded::get(file)
                .map(|embedded| embedded.data)
                .ok_or_else(|| io::ErrorKind::NotFound.into()),
            Self::Folder(folder) => fs::read(folder.join(file)).map(Cow::Owned),
        };
        read.map_err(|fault| SeedError::File(file.to_owned(), fault))
    }
}

impl AppState {
    /// Brings the assortment into an empty catalog, all or nothing. The number of products
    /// brought; 0 when there were some.
    pub async fn seed(&self) -> Result<usize, SeedError> {
        if !self.store.is_empty().await? {
            return Ok(0);
        }
        let categories = self.assortment.categories()?.into_iter();
        let categories = categories.map(|c| (c.id, c.name, c.position)).collect();
        let products: Vec<SeedProduct> = self.assortment.json("products.json")?;
        let mut prepared = Vec::with_capacity(products.len());
        for product in products {
            prepared.push(self.prepare(product).await?);
        }

        let count = prepared.len();
        let seeded = self.store.seed(categories, prepared).await?;
        Ok(if seeded { count } else { 0 })
    }

    async fn prepare(&self, product: SeedProduct) -> Result<NewProduct, SeedError> {
        let defect = |what: &str| SeedError::Defect(format!("{}: {what}", product.slug));
        Ok(NewProduct {
            id: Uuid::now_v7(),
            slug: Slug::parse(&product.slug).map_err(defect)?,
            stock: product.stock,
            rating: product.rating,
            image: match &product.image {
                Some(file) => self.keep(file).await?,
                None => NO_PICTURE.clone(),
            },
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

    async fn keep(&self, file: &str) -> Result<String, SeedError> {
        let (bytes, kind) = self.assortment.picture(file)?;
        let kept = match kind {
            Kind::Svg => self.images.put(bytes, kind).await,
            Kind::Png | Kind::Jpeg | Kind::WebP => self.images.take(bytes).await,
        };
        kept.map_err(|fault| match fault {
            Error::UnsupportedImage | Error::TooManyPixels => {
                SeedError::Defect(format!("images/{file} cannot be shown"))
            }
            fault => SeedError::Store(fault),
        })
    }
}
