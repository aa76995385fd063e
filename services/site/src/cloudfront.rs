//! The site as CloudFront serves it from a bucket (aws/site.yaml): the headers of every answer, and what is to be kept with
//! each file. Which path is answered by which file a function says there, which knows the pages from here;
//! xtask/aws/test_site.py asks the site and CloudFront the same.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use http::{HeaderMap, header};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Config, files, media, negotiate::Coding, pages, policy};

/// For how many seconds browsers come by TLS alone: CloudFront's certificate is always there.
const HSTS_S: u32 = 365 * 24 * 60 * 60;

/// What a bucket has to know of a build.
#[derive(Serialize)]
pub struct Listing {
    /// The inline scripts of all pages, as sources of one policy, each with a space before it.
    scripts: String,
    /// The addresses that the storefront has a page for.
    pages: Vec<String>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    name: String,
    media_type: &'static str,
    cache_control: &'static str,
}

/// Reads a build. One that has a folder with an index document is refused: CloudFront's function knows none.
pub fn listing(config: &Config) -> io::Result<Listing> {
    let root = &config.root;
    let (mut names, mut scripts) = (BTreeSet::new(), BTreeSet::new());
    find(root, Path::new(""), &mut names)?;
    let compressed = |name: &str| {
        let plain = Coding::ALL.iter();
        let mut plain = plain.filter_map(|coding| name.strip_suffix(coding.suffix()));
        plain.any(|plain| names.contains(plain))
    };
    let mut listed = Vec::new();
    for name in names.iter().filter(|name| !compressed(name)) {
        if name.rsplit('/').next() == Some(&config.index_document) {
            return Err(refused(root, &format!("{name} answers for a folder")));
        }
        if media::is_html(name) {
            let page = fs::read(root.join(name))?;
            let found = policy::inline_scripts(&String::from_utf8_lossy(&page));
            scripts.extend(found.split_whitespace().map(str::to_owned));
        }
        listed.push(File {
            name: name.clone(),
            media_type: media::media_type(name),
            cache_control: files::cache_control(name),
        });
    }
    if [&config.fallback_document, &config.error_document]
        .iter()
        .any(|name| !names.contains(*name))
    {
        return Err(refused(root, "there is no build of the storefront"));
    }
    let pages = fs::read(root.join(pages::ROUTES))?;
    Ok(Listing {
        scripts: scripts.iter().map(|source| format!(" {source}")).collect(),
        pages: serde_json::from_slice(&pages)?,
        files: listed,
    })
}

fn refused(root: &Path, why: &str) -> io::Error {
    io::Error::other(format!("{}: {why}", root.display()))
}

/// The names of all files below the root.
fn find(root: &Path, folder: &Path, names: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path: PathBuf = folder.join(entry.file_name());
        // Links are followed, as the site does.
        if fs::metadata(entry.path())?.is_dir() {
            find(root, &path, names)?;
        } else {
            let parts = path.iter().map(|part| part.to_string_lossy());
            names.insert(parts.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

/// The headers of every answer, as properties of an `AWS::CloudFront::ResponseHeadersPolicy` of aws/template.yaml, with what
/// is known only there. The API is of the same origin as the pages.
pub fn response_headers() -> Value {
    let mut headers = HeaderMap::new();
    let uploads = " ${Kept.Outputs.PicturesOrigin}";
    policy::apply(&mut headers, None, uploads, "${Scripts}");
    let mut security = json!({
        "StrictTransportSecurity": { "Override": true, "AccessControlMaxAgeSec": HSTS_S },
    });
    let mut others = Vec::new();
    for (name, value) in &headers {
        let value = value.to_str().expect("policies are visible ASCII");
        // CloudFront takes these by names of its own.
        match *name {
            header::CONTENT_SECURITY_POLICY => {
                security["ContentSecurityPolicy"] =
                    json!({ "Override": true, "ContentSecurityPolicy": { "Fn::Sub": value } });
            }
            header::REFERRER_POLICY => {
                security["ReferrerPolicy"] = json!({ "Override": true, "ReferrerPolicy": value });
            }
            header::X_CONTENT_TYPE_OPTIONS => {
                security["ContentTypeOptions"] = json!({ "Override": true });
            }
            _ => others.push((name.as_str(), value)),
        }
    }
    others.sort_unstable();
    let item =
        |(name, value): (&str, &str)| json!({ "Header": name, "Value": value, "Override": true });
    let others: Vec<_> = others.into_iter().map(item).collect();
    json!({ "ResponseHeadersPolicyConfig": {
        "Name": { "Fn::Sub": "${AWS::StackName}-pages" },
        "SecurityHeadersConfig": security,
        "CustomHeadersConfig": { "Items": others },
    } })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<script>alert(1)</script>";

    fn build(files: &[(&str, &str)]) -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let root = folder.path().to_owned();
        (
            folder,
            Config {
                root,
                ..Config::default()
            },
        )
    }

    #[test]
    fn a_build_is_told_with_what_is_kept_with_each_file() {
        let (_folder, config) = build(&[
            ("200.html", PAGE),
            ("200.html.br", ""),
            ("404.html", PAGE),
            ("routes.json", r#"["/", "/shop"]"#),
            ("_app/immutable/a.js", ""),
            ("_app/immutable/a.js.gz", ""),
            ("garden.gz", ""),
        ]);

        let told = serde_json::to_value(listing(&config).unwrap()).unwrap();

        let file = |name, media_type, cache_control| json!({ "name": name, "media_type": media_type, "cache_control": cache_control });
        let html = "text/html; charset=utf-8";
        let for_ever = "public, max-age=31536000, immutable";
        assert_eq!(
            told,
            json!({
                "scripts": policy::inline_scripts(PAGE),
                "pages": ["/", "/shop"],
                "files": [
                    file("200.html", html, "no-cache"),
                    file("404.html", html, "no-cache"),
                    file("_app/immutable/a.js", "text/javascript; charset=utf-8", for_ever),
                    file("garden.gz", "application/gzip", "no-cache"),
                    file("routes.json", "application/json", "no-cache"),
                ],
            })
        );
    }

    #[test]
    fn what_the_function_of_cloudfront_could_not_answer_is_refused() {
        let whole = [("200.html", ""), ("404.html", ""), ("routes.json", "[]")];
        let mut with_a_folder = whole.to_vec();
        with_a_folder.push(("care/index.html", ""));

        for (files, word) in [
            (&with_a_folder[..], "care/index.html"),
            (&whole[1..], "no build"),
        ] {
            let (_folder, config) = build(files);
            let refused = listing(&config).err().unwrap().to_string();
            assert!(refused.contains(word), "{refused}");
        }
    }
}
