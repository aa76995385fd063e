//! The headers that keep a page safe, the strictest that the storefront runs under, and the
//! foreign origins that it may talk to: the API's, and the one that pictures are sent to, if any.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, request::Parts, uri::Authority};
use kit::serve::Peer;

/// Where the API is, as a visitor's browser reaches it, and where pictures are sent to.
pub(crate) struct Api {
    fixed: Option<String>,
    port: u16,
    /// With a space before it, as a source of a policy; empty for none.
    uploads: String,
}

/// An address that is no origin.
#[derive(Debug, thiserror::Error)]
#[error("{0:?}: expected an origin, e.g. \"https://api.example.com\"")]
pub struct BadApiUrl(String);

impl Api {
    pub(crate) fn new(url: Option<&str>, port: u16) -> Result<Self, BadApiUrl> {
        let fixed = match url.filter(|url| !url.is_empty()) {
            Some(url) => Some(origin(url).ok_or_else(|| BadApiUrl(url.to_owned()))?),
            None => None,
        };
        Ok(Self {
            fixed,
            port,
            uploads: String::new(),
        })
    }

    /// The same where pictures are sent to this origin.
    pub(crate) fn with_uploads(self, url: Option<&str>) -> Result<Self, BadApiUrl> {
        let uploads = match url.filter(|url| !url.is_empty()) {
            Some(url) => format!(" {}", origin(url).ok_or_else(|| BadApiUrl(url.to_owned()))?),
            None => String::new(),
        };
        Ok(Self { uploads, ..self })
    }

    /// See [`Api::with_uploads`].
    pub(crate) fn uploads(&self) -> &str {
        &self.uploads
    }

    /// The API's origin for this visitor: by the host name that the visitor used, because the
    /// session's cookie is for one host, and by TLS as the page is, because a browser lets no page
    /// of https call http. Only names of this machine are taken from a request.
    pub(crate) fn origin(&self, request: &Parts) -> String {
        if let Some(fixed) = &self.fixed {
            return fixed.clone();
        }
        let host = match request.uri.authority() {
            Some(authority) => Some(authority.clone()),
            None => request
                .headers
                .get(header::HOST)
                .and_then(|host| Authority::try_from(host.as_bytes()).ok()),
        };
        let host = match host.as_ref().map(Authority::host) {
            Some("127.0.0.1") => "127.0.0.1",
            Some("[::1]") => "[::1]",
            _ => "localhost",
        };
        let peer = request.extensions.get::<Peer>();
        let scheme = match peer.is_some_and(|peer| peer.is_secure) {
            true => "https",
            false => "http",
        };
        format!("{scheme}://{host}:{}", self.port)
    }
}

/// The origin in normal form. What could end a directive of a policy is refused.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .filter(|s| matches!(*s, "http" | "https"))?;
    let authority = uri.authority()?.as_str();
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
    let bare = uri.path() == "/" && uri.query().is_none() && !url.contains('#');
    (bare && authority.chars().all(plain)).then(|| format!("{scheme}://{authority}"))
}

/// Sets the headers of every answer. `api` is where it is of another origin than the pages; `scripts` are the answered page's
/// [`inline_scripts`].
pub(crate) fn apply(headers: &mut HeaderMap, api: Option<&str>, uploads: &str, scripts: &str) {
    let source = api.map_or(String::new(), |api| format!(" {api}"));
    let policy = format!(
        "default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data:{source}; connect-src 'self'{source}{uploads}; font-src 'self'; \
         manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("hashes and origins are visible ASCII");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let media_type = headers.get(header::CONTENT_TYPE);
    if let Some(api) = api
        && media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
    {
        // The first thing that a page does is to ask the API: the connection is made meanwhile.
        let link = HeaderValue::try_from(format!("<{api}>; rel=preconnect; crossorigin"));
        let link = link.expect("origins are visible ASCII");
        headers.insert(header::LINK, link);
    }
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), \
         serial=(), usb=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// The inline scripts of a page as sources of a policy: ` 'sha256-…'` each, by the text that a
/// browser hashes (HTML's "script content", line ends normalised).
pub(crate) fn inline_scripts(page: &str) -> String {
    let page = page.replace("\r\n", "\n").replace('\r', "\n");
    // ASCII case mapping keeps every offset.
    let lower = page.to_ascii_lowercase();
    let (mut sources, mut at) = (String::new(), 0);
    while let Some(found) = lower[at..].find("<script") {
        let attributes = at + found + "<script".len();
        at = attributes;
        if !lower[at..].starts_with(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/') {
            continue;
        }
        let Some((length, has_source)) = tag(&lower[attributes..]) else {
            break;
        };
        let start = attributes + length;
        let Some(length) = lower[start..].find("</script") else {
            break;
        };
        let text = &page[start..start + length];
        if !has_source {
            let hash = digest::digest(&digest::SHA256, text.as_bytes());
            let source = format!(" 'sha256-{}'", BASE64_STANDARD.encode(hash));
            if !sources.contains(&source) {
                sources.push_str(&source);
            }
        }
        at = start + length;
    }
    sources
}

/// The length of a tag's rest up to and with its `>`, and whether it has the attribute `src`.
fn tag(rest: &str) -> Option<(usize, bool)> {
    let (mut quote, mut bare) = (None, String::new());
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            (None, '>') => {
                let mut words = bare.split(|c: char| c.is_ascii_whitespace() || c == '/');
                let has_source = words.any(|word| word == "src" || word.starts_with("src="));
                return Some((at + 1, has_source));
            }
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => {
                quote = None;
                bare.push(' ');
            }
            (None, c) => bare.push(c),
            (Some(_), _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(url: &str) -> Result<String, BadApiUrl> {
        let request = http::Request::new(()).into_parts().0;
        Api::new(Some(url), 8080).map(|api| api.origin(&request))
    }

    #[test]
    fn an_api_is_an_origin() {
        assert_eq!(
            api("https://api.example.com/").unwrap(),
            "https://api.example.com"
        );
        assert_eq!(api("http://[::1]:8080").unwrap(), "http://[::1]:8080");
        assert_eq!(api("").unwrap(), "http://localhost:8080");
        for wrong in [
            "api.example.com",
            "ftp://example.com",
            "https://example.com/v1",
            "https://example.com/?q",
            "https://example.com/#x",
            "https://me@example.com",
            "https://example.com;script-src",
            "https://*",
        ] {
            assert!(api(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_page_that_came_by_tls_calls_the_api_by_tls() {
        let mut request = http::Request::new(());
        request.extensions_mut().insert(Peer {
            is_secure: true,
            ..Peer::from(std::net::IpAddr::from([127, 0, 0, 1]))
        });

        let origin = Api::new(None, 8080)
            .unwrap()
            .origin(&request.into_parts().0);

        assert_eq!(origin, "https://localhost:8080");
    }

    #[test]
    fn inline_scripts_are_named_and_others_are_not() {
        // `echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64`
        let alert = " 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";

        assert_eq!(inline_scripts("<script>alert(1)</script>"), alert);
        assert_eq!(
            inline_scripts("<SCRIPT type='module' data-x=\"a>b src=c\">alert(1)</SCRIPT >"),
            alert
        );
        let twice = "<script>alert(1)</script><p><script >alert(1)</script>";
        assert_eq!(inline_scripts(twice), alert);
        for none in [
            "",
            "<p>alert(1)</p>",
            "<script src=/a.js></script>",
            "<script defer SRC = '/a.js'></script>",
            "<script async src></script>",
            "<scripts>alert(1)</scripts>",
            "<script>alert(1)",
            "<script",
        ] {
            assert_eq!(inline_scripts(none), "", "{none}");
        }
    }

    #[test]
    fn line_ends_are_normalised_before_hashing() {
        let unix = inline_scripts("<script>\nlet é = 1\n</script>");

        assert_eq!(inline_scripts("<script>\r\nlet é = 1\r</script>"), unix);
    }
}
