//! One who reads the pages: the first one, and a file that it names. Pages are no operations: a browser has no client for them.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use shoppers::{Fault, Service, told};

use crate::PAUSE;

/// How long a page is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Where the build keeps the files whose names have a hash of their content.
const HASHED: &str = "/_app/immutable/";

/// Reads until there is enough; what failed, each time that it did.
pub(crate) async fn read_until(site: &Service, enough: &AtomicBool) -> Vec<String> {
    let mut failed = Vec::new();
    while !enough.load(Ordering::SeqCst) {
        if let Err(fault) = read(site).await {
            failed.push(format!("a page: {}", told(&*fault)));
            tokio::time::sleep(PAUSE).await;
        }
        tokio::time::sleep(LOOK).await;
    }
    failed
}

async fn read(site: &Service) -> Result<(), Fault> {
    let page = site.read("/").await?;
    let start = page.find(HASHED).ok_or("the page names no hashed file")?;
    let path = page[start..].split(['"', '\'']).next().unwrap_or_default();
    site.read(path).await.map(drop)
}
