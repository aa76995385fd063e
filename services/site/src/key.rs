//! Which paths of a request may name a file: a decoded path that can never leave the root.

/// The name of a file or folder below the root, safe to join to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Decoded, without a slash at either end; empty for the root.
    pub(crate) name: String,
    /// Whether the path ended in a slash, as a folder's does.
    pub(crate) folder: bool,
}

/// Why a path names nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadPath {
    /// It is ambiguous or tries to leave the root: dot segments, encoded slashes, control
    /// characters, broken escapes. Never sent by a link of ours.
    Malformed,
    /// It is a proper path, but nothing of that name is ever served: hidden files, empty segments.
    Hidden,
}

impl Key {
    /// Reads a request's path as it came. Every segment is decoded once, and judged decoded.
    pub(crate) fn parse(path: &str) -> Result<Self, BadPath> {
        let path = path.strip_prefix('/').ok_or(BadPath::Malformed)?;
        let (mut name, mut hidden) = (String::with_capacity(path.len()), false);
        if path.is_empty() {
            return Ok(Self { name, folder: true });
        }
        let (path, folder) = match path.strip_suffix('/') {
            Some(path) => (path, true),
            None => (path, false),
        };
        for (at, segment) in path.split('/').enumerate() {
            let segment = decode(segment).ok_or(BadPath::Malformed)?;
            let malformed = |c: char| c.is_control() || c == '/' || c == '\\';
            if segment == "." || segment == ".." || segment.contains(malformed) {
                return Err(BadPath::Malformed);
            }
            // RFC 8615 keeps one hidden name for what a site publishes about itself.
            let well_known = at == 0 && segment == ".well-known";
            hidden |= segment.is_empty() || segment.starts_with('.') && !well_known;
            if at > 0 {
                name.push('/');
            }
            name.push_str(&segment);
        }
        if hidden {
            return Err(BadPath::Hidden);
        }
        Ok(Self { name, folder })
    }

    /// The key of a file inside this folder.
    pub(crate) fn join(&self, file: &str) -> String {
        match self.name.is_empty() {
            true => file.to_owned(),
            false => format!("{}/{file}", self.name),
        }
    }

    /// Whether the last segment looks like the name of a file.
    pub(crate) fn has_extension(&self) -> bool {
        let last = self.name.rsplit('/').next().unwrap_or_default();
        last.contains('.')
    }
}

fn decode(segment: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_decoded_once() {
        let key = Key::parse("/seeds/sweet%20pea%2525.svg").unwrap();

        assert_eq!(key.name, "seeds/sweet pea%25.svg");
        assert!(!key.folder && key.has_extension());
    }

    #[test]
    fn paths_that_could_leave_the_root_are_malformed() {
        for path in [
            "/..",
            "/../x",
            "/a/../b",
            "/%2e%2e/x",
            "/.%2E/x",
            "/./x",
            "/a%2fb",
            "/a%2Fb",
            "/a\\b",
            "/a%5cb",
            "/a%00",
            "/a%0a",
            "/a%7f",
            "/%",
            "/%2",
            "/%zz",
            "/%ff",
            "",
            "*",
        ] {
            assert_eq!(Key::parse(path), Err(BadPath::Malformed), "{path}");
        }
    }

    #[test]
    fn hidden_files_and_empty_segments_are_never_served() {
        for path in [
            "/.env",
            "/a/.git/config",
            "//",
            "//a",
            "/a//b",
            "/a//",
            "/a/.well-known",
        ] {
            assert_eq!(Key::parse(path), Err(BadPath::Hidden), "{path}");
        }
        assert!(Key::parse("/.well-known/security.txt").is_ok());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_below_the_root(path in "/[./%\\\\a-f0-9 é]{0,24}") {
            if let Ok(key) = Key::parse(&path) {
                let inside = std::path::Path::new(&key.name)
                    .components()
                    .all(|part| matches!(part, std::path::Component::Normal(_)));
                prop_assert!(inside, "{path}: {key:?}");
            }
        }
    }
}
