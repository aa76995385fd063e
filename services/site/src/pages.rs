//! Which addresses the storefront has a page for. The build tells it in [`ROUTES`]; without that
//! file every address may be one.

/// The build's list of its pages, such as `["/", "/shop", "/product/[slug]"]`.
pub(crate) const ROUTES: &str = "routes.json";

/// Whether one of `routes`, a JSON list, is the page of `path`, which begins without a slash. A
/// segment in brackets stands for any one.
pub(crate) fn has(routes: &[u8], path: &str) -> Result<bool, serde_json::Error> {
    let routes: Vec<&str> = serde_json::from_slice(routes)?;
    let is_page = |route: &&str| {
        let (mut segments, mut asked) = (route.trim_start_matches('/').split('/'), path.split('/'));
        loop {
            match (segments.next(), asked.next()) {
                (None, None) => return true,
                (Some(segment), Some(asked)) if segment == asked => {}
                (Some(segment), Some(_)) if segment.starts_with('[') => {}
                _ => return false,
            }
        }
    };
    Ok(routes.iter().any(is_page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_known_by_its_segments() {
        let routes = br#"["/", "/shop", "/staff/product/[id]"]"#;

        for path in ["", "shop", "staff/product/7"] {
            assert!(has(routes, path).unwrap(), "{path}");
        }
        for path in ["sho", "shop/7", "staff/product", "staff/product/7/8", "no"] {
            assert!(!has(routes, path).unwrap(), "{path}");
        }
        assert!(has(b"{", "").is_err());
    }
}
