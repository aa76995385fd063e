//! Clients of the API to download: the archives that `cargo xtask sdk` has packed, from the folder of the settings.
//! What is not there was not built for this deployment.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::header;
use kit::http::{Path as InPath, Problem};
use serde_json::Value;
use utoipa::ToSchema;

use crate::BadSetting;

/// The archives by their languages.
#[derive(Clone, Default)]
pub(crate) struct Sdks(Arc<BTreeMap<String, Sdk>>);

struct Sdk {
    file: String,
    archive: Bytes,
}

impl Sdks {
    /// Reads every `terrace-<language>-<version>.zip` of a folder; none where no folder is named.
    pub(crate) fn read(folder: &Path) -> Result<Self, BadSetting> {
        if folder.as_os_str().is_empty() {
            return Ok(Self::default());
        }
        let fault = |at: &Path, what: &dyn std::fmt::Display| {
            BadSetting(format!("sdks: {}: {what}", at.display()))
        };
        let unreadable = |bad: std::io::Error| fault(folder, &bad);
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let Some((file, language)) = name.and_then(|it| Some((it, language(it)?))) else {
                continue;
            };
            let archive = fs::read(&path).map_err(|bad| fault(&path, &bad))?;
            let sdk = Sdk {
                file: file.to_owned(),
                archive: archive.into(),
            };
            if let Some(other) = found.insert(language.to_owned(), sdk) {
                let two = format!("expected one version, and {} is another", other.file);
                return Err(fault(&path, &two));
            }
        }
        Ok(Self(Arc::new(found)))
    }

    /// Says in a document where they are: the reference shows it.
    pub(crate) fn tell(&self, document: &mut Value) {
        let links = self.0.keys();
        let links: Vec<_> = links
            .map(|language| format!("[{language}](/v1/sdks/{language})"))
            .collect();
        if links.is_empty() {
            return;
        }
        let description = &mut document["info"]["description"];
        let before = description.as_str().unwrap_or_default();
        *description = format!("{before} Clients to download: {}.", links.join(", ")).into();
    }
}

/// The language that a file is a client in, if it is one. Its name goes into a header.
fn language(file: &str) -> Option<&str> {
    let rest = file.strip_prefix("terrace-")?.strip_suffix(".zip")?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let (language, _) = rest.split_once('-')?;
    rest.chars().all(is_plain).then_some(language)
}

/// A ZIP file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only described")]
struct Archive(Vec<u8>);

/// A client of this API, as its sources. Which languages there are is what the deployment has built.
#[utoipa::path(
    get,
    path = "/v1/sdks/{language}",
    tag = "reference",
    params((
        "language" = String,
        Path,
        description = "The language: typescript, python, …",
        pattern = "^[a-z]{1,20}$",
        example = "typescript",
    )),
    responses(
        (status = 200, description = "The archive", body = Archive, content_type = "application/zip"),
        (status = 404, description = "`not-found`: no client in this language was built"),
    ),
    extensions(("x-edge" = json!({ "compress": false }))),
)]
pub(crate) async fn get_sdk(
    State(Sdks(sdks)): State<Sdks>,
    InPath(language): InPath<String>,
) -> Result<Response, Problem> {
    let Some(Sdk { file, archive }) = sdks.get(&language) else {
        let sentence = format!("No client in {language} was built for this deployment.");
        return Err(Problem::not_found().detail(sentence));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file}\""),
        ),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    Ok((headers, archive.clone()).into_response())
}
