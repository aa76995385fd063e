//! The shop's web pages: the only place that links in letters lead to.

use http::Uri;

/// The pages' origin: scheme, host and port (RFC 6454).
#[derive(Clone, Debug)]
pub(crate) struct Site(String);

impl Site {
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        const FORM: &str = "expected the web pages' address, e.g. https://terrace.example";
        let uri: Uri = text.parse().map_err(|_| FORM)?;
        let host = uri.authority().filter(|it| !it.as_str().contains('@'));
        match (uri.scheme_str(), host) {
            // Written as it is, without a path behind it.
            (Some(scheme @ ("http" | "https")), Some(host))
                if text == format!("{scheme}://{host}") =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(FORM),
        }
    }

    /// The address of a page.
    pub(crate) fn page(&self, path: &'static str) -> String {
        format!("{}{path}", self.0)
    }

    /// The address of a page, with what only the page itself is to see: browsers send nobody what stands
    /// behind the `#`.
    pub(crate) fn page_with(&self, path: &'static str, token: &str) -> String {
        format!("{}{path}#{token}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_an_origin_and_nothing_else() {
        let site = Site::parse("https://terrace.example:8443").unwrap();
        assert_eq!(
            site.page("/account"),
            "https://terrace.example:8443/account"
        );
        assert_eq!(
            site.page_with("/reset", "t"),
            "https://terrace.example:8443/reset#t"
        );
        for text in [
            "",
            "terrace.example",
            "ftp://terrace.example",
            "https://terrace.example/",
            "https://terrace.example/shop",
            "https://terrace.example?",
            "https://user@terrace.example",
        ] {
            assert!(Site::parse(text).is_err(), "{text}");
        }
    }
}
