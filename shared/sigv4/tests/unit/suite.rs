//! The signing test suite as files: `<case>/context.json` says how the request of
//! `<case>/header-signed-request.txt` and of `<case>/query-signed-request.txt` was signed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use http::request::Parts;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use sigv4::{Payload, Refusal, Request, Rules, Signed, hash};

/// A signed request of the suite.
#[derive(Clone)]
pub(crate) struct Case {
    /// The folder, and where the signature is.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) target: Vec<u8>,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    context: Context,
}

/// How it was signed.
#[derive(Clone, Deserialize)]
struct Context {
    credentials: Credentials,
    region: String,
    service: String,
    timestamp: Timestamp,
    normalize: bool,
    /// Whether the session token was added after signing, which is not accepted here.
    #[serde(default)]
    omit_session_token: bool,
}

#[derive(Clone, Deserialize)]
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
}

/// All cases that are complete.
pub(crate) fn cases() -> Vec<Case> {
    let folder = signer().join("aws-signing-test-suite/v4");
    let folders = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = folders
        .filter(|folder| folder.join("query-signed-request.txt").exists())
        .collect();
    folders.sort();
    let both = |folder: &PathBuf| ["header", "query"].map(|place| Case::read(folder, place));
    folders.iter().flat_map(both).collect()
}

/// Where the source of the official signer is.
fn signer() -> PathBuf {
    // What other platforms and features need was never downloaded.
    let host = Command::new("rustc")
        .args(["--print", "host-tuple"])
        .output();
    let host = String::from_utf8(host.unwrap().stdout).unwrap();
    let metadata = Command::new(env::var("CARGO").unwrap())
        .args(["metadata", "--format-version", "1", "--offline"])
        .args(["--filter-platform", host.trim()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let signer = packages
        .find(|package| package["name"] == "aws-sigv4")
        .unwrap();
    let manifest = Path::new(signer["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().to_owned()
}

impl Case {
    fn read(folder: &Path, place: &str) -> Self {
        let context = fs::read(folder.join("context.json")).unwrap();
        let context: Context = serde_json::from_slice(&context).unwrap();
        let text = fs::read_to_string(folder.join(format!("{place}-signed-request.txt"))).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let (first, lines) = head.split_once('\n').unwrap();
        let (method, target) = first.split_once(' ').unwrap();
        let (target, _version) = target.rsplit_once(' ').unwrap();
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for line in lines.lines() {
            match (line.starts_with(' '), headers.last_mut()) {
                // Folded: it belongs to the line before.
                (true, Some((_, value))) => value.extend([b"\n", line.as_bytes()].concat()),
                _ => {
                    let (name, value) = line.split_once(':').unwrap();
                    headers.push((name.to_owned(), value.as_bytes().to_vec()));
                }
            }
        }
        let mut target = target.to_owned();
        if context.omit_session_token {
            headers.retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-security-token"));
            let token = target
                .split('&')
                .find(|it| it.starts_with("X-Amz-Security-Token="));
            if let Some(token) = token.map(|token| format!("&{token}")) {
                target = target.replace(&token, "");
            }
        }
        Self {
            name: format!("{}/{place}", folder.file_name().unwrap().display()),
            method: method.to_owned(),
            target: target.into_bytes(),
            headers,
            body: body.as_bytes().to_vec(),
            context,
        }
    }

    pub(crate) fn verify(&self) -> Result<(), Refusal> {
        let headers = self.headers.iter();
        self.verify_request(&Request {
            method: &self.method,
            target: &self.target,
            headers: headers.map(|(name, value)| (&**name, &**value)).collect(),
        })
    }

    pub(crate) fn verify_parts(&self, parts: &Parts) -> Result<(), Refusal> {
        self.verify_request(&Request::from(parts))
    }

    fn verify_request(&self, request: &Request<'_>) -> Result<(), Refusal> {
        let context = &self.context;
        let rules = Rules {
            region: &context.region,
            service: &context.service,
            normalise: context.normalize,
        };
        let signed = Signed::read(request, &rules)?;
        let signed = signed.ok_or(Refusal::MissingAuthenticationToken)?;
        signed.check_time(context.timestamp)?;
        let is_known = signed.access_key_id() == context.credentials.access_key_id;
        let secret = is_known.then_some(&*context.credentials.secret_access_key);
        signed.verify(secret, hash(&self.body))?;
        match signed.payload() {
            Payload::Declared(declared) if declared != hash(&self.body) => {
                Err(Refusal::InvalidSignature("another body"))
            }
            _ => Ok(()),
        }
    }

    /// As a server's library reads it; none of what it refuses.
    pub(crate) fn as_http(&self) -> Option<Parts> {
        let mut builder = http::Request::builder()
            .method(&*self.method)
            .uri(str::from_utf8(&self.target).unwrap());
        for (name, value) in &self.headers {
            builder = builder.header(name, &**value);
        }
        Some(builder.body(()).ok()?.into_parts().0)
    }
}
