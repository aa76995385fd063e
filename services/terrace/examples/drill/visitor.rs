//! One who reads the pages: the first one, and a file that it names.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, http::Request};

use crate::{
    PAUSE,
    api::{Api, Fault},
};

/// How long a page is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Where the build keeps the files whose names have a hash of their content.
const HASHED: &str = "/_app/immutable/";

/// Reads until there is enough; what failed, each time that it did.
pub(crate) async fn read_until(site: Api, enough: Arc<AtomicBool>) -> Vec<String> {
    let mut failed = Vec::new();
    while !enough.load(Ordering::SeqCst) {
        if let Err(fault) = read(&site).await {
            failed.push(format!("a page: {fault}"));
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep(LOOK).await;
    }
    failed
}

async fn read(site: &Api) -> Result<(), Fault> {
    let page = get(site, "/").await?;
    let start = page.find(HASHED).ok_or("the page names no hashed file")?;
    let path = page[start..].split(['"', '\'']).next().unwrap_or_default();
    get(site, path).await?;
    Ok(())
}

/// The text of a page or a script.
async fn get(site: &Api, path: &str) -> Result<String, Fault> {
    let (status, body) = site.send(Request::get(path).body(Body::empty())?).await?;
    match status.is_success() && !body.is_empty() {
        true => Ok(String::from_utf8_lossy(&body).into_owned()),
        false => Err(format!("GET {path}: {status}").into()),
    }
}
