//! What every handler of the site shares.

use std::{path::Path, sync::Arc};

use kit::serve::{self, Ready};

use crate::{
    Config,
    files::Files,
    policy::{Api, BadApiUrl},
    turns::Turns,
};

/// The state. Clones share everything.
#[derive(Clone)]
pub struct AppState {
    pub(crate) files: Arc<Files>,
    pub(crate) documents: Arc<Documents>,
    pub(crate) api: Arc<Api>,
    pub(crate) turns: Arc<Turns>,
}

/// The files that answer for others.
pub(crate) struct Documents {
    pub(crate) index: String,
    pub(crate) error: String,
    pub(crate) fallback: Option<String>,
}

/// Why the site cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A document's name is no name of a file in the root.
    #[error("{key}: {name:?}: expected the name of a file, e.g. \"index.html\"")]
    Document {
        /// The setting.
        key: &'static str,
        /// Its value.
        name: String,
    },
    /// The API's origin cannot be used.
    #[error("api_url: {0}")]
    ApiUrl(#[source] BadApiUrl),
    /// The origin of the bucket cannot be used.
    #[error("uploads_url: {0}")]
    UploadsUrl(#[source] BadApiUrl),
}

/// Checks the settings. A folder that is missing is no fault: it may be built later.
pub fn connect(config: &Config) -> Result<AppState, ConnectError> {
    let fallback = &config.fallback_document;
    let documents = Documents {
        index: document("index_document", &config.index_document)?,
        error: document("error_document", &config.error_document)?,
        fallback: match fallback.is_empty() {
            true => None,
            false => Some(document("fallback_document", fallback)?),
        },
    };
    let api = Api::new(config.api_url.as_deref(), config.edge_port);
    let api = api.map_err(ConnectError::ApiUrl)?;
    let api = api.with_uploads(config.uploads_url.as_deref());
    Ok(AppState {
        files: Arc::new(Files::new(config.root.clone())),
        documents: Arc::new(documents),
        api: Arc::new(api.map_err(ConnectError::UploadsUrl)?),
        turns: Arc::new(Turns::new()),
    })
}

fn document(key: &'static str, name: &str) -> Result<String, ConnectError> {
    let usable = !name.is_empty()
        && !name.starts_with('.')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let name = name.to_owned();
    if usable {
        Ok(name)
    } else {
        Err(ConnectError::Document { key, name })
    }
}

impl AppState {
    /// Whether there is a built storefront. The shop in one process leaves this out of its
    /// readiness: its API is of use without the pages.
    pub fn ready(&self) -> Ready {
        let state = self.clone();
        serve::ready(move || {
            let state = state.clone();
            async move {
                match state.is_built() {
                    true => Ok(()),
                    false => Err(format!(
                        "site: no {} in {}",
                        state.documents.index,
                        state.root().display()
                    )),
                }
            }
        })
    }

    /// Whether the root holds an index document or a fallback document now.
    pub fn is_built(&self) -> bool {
        let Documents {
            index, fallback, ..
        } = &*self.documents;
        self.files.is_file(index)
            || fallback
                .as_ref()
                .is_some_and(|name| self.files.is_file(name))
    }

    pub(crate) fn root(&self) -> &Path {
        self.files.root()
    }
}
