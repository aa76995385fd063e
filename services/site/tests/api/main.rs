//! The site in-process, on a folder of its own for each test; one file per operation.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod get_config;
mod get_file;
mod host;
mod settings;
mod turns;

use std::{fs, path::PathBuf};

use axum::{Router, body::Body};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use site::Config;
use tower::ServiceExt;

/// A site and the folder that it serves, which goes with it.
struct TestSite {
    app: Router,
    folder: tempfile::TempDir,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl TestSite {
    /// A site of these files.
    fn of(files: &[(&str, &str)]) -> Self {
        Self::with(Config::default(), files)
    }

    fn with(config: Config, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("build");
        let state = site::connect(&Config { root, ..config }).unwrap();
        let app = site::app(state);
        let site = Self { app, folder };
        for (name, content) in files {
            site.write(name, content);
        }
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("build").join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[]).await
    }

    async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask(Method::GET, path, headers).await
    }

    async fn ask(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header("host", "localhost:3000");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        let (parts, body) = self
            .app
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.into()).unwrap(),
        }
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default()
    }

    fn code(&self) -> u16 {
        self.status.as_u16()
    }
}
