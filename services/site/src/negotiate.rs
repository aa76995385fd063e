//! Which precompressed file a client takes best: `Accept-Encoding` with weights (RFC 9110, 12.5.3).

use http::{HeaderMap, header};

/// A coding that the build may have written beside a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// Brotli, `<file>.br`.
    Br,
    /// Gzip, `<file>.gz`.
    Gzip,
}

impl Coding {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::Br, Self::Gzip];

    /// What is added to a file's name.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Br => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// Its name in `Content-Encoding`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Br => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The codings that the client prefers to the plain file, best first; of equals the smaller one.
pub(crate) fn preferred(headers: &HeaderMap) -> Vec<Coding> {
    let (mut br, mut gzip, mut identity, mut any) = (None, None, None, None);
    for value in headers.get_all(header::ACCEPT_ENCODING) {
        for item in value.to_str().unwrap_or_default().split(',') {
            let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
            let Some(weight) = thousandths(weight) else {
                continue;
            };
            match coding.trim().to_ascii_lowercase().as_str() {
                "br" => br = Some(weight),
                "gzip" | "x-gzip" => gzip = Some(weight),
                "identity" => identity = Some(weight),
                "*" => any = Some(weight),
                _ => {}
            }
        }
    }
    // The plain file is always there; it needs no mention, but a mention may put it first.
    let identity = identity.unwrap_or(0);
    let mut codings = vec![
        (br.or(any).unwrap_or(0), Coding::Br),
        (gzip.or(any).unwrap_or(0), Coding::Gzip),
    ];
    codings.retain(|(weight, _)| *weight > 0 && *weight >= identity);
    codings.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    codings.into_iter().map(|(_, coding)| coding).collect()
}

/// A weight `q=0.5` in thousandths; one where none is given, none where it is broken.
fn thousandths(parameter: &str) -> Option<u16> {
    let parameter = parameter.trim();
    if parameter.is_empty() {
        return Some(1000);
    }
    let (name, value) = parameter.split_once('=')?;
    let value: f32 = value.trim().parse().ok()?;
    let usable = name.trim().eq_ignore_ascii_case("q") && (0.0..=1.0).contains(&value);
    usable.then(|| (value * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::{Coding::*, *};

    #[test]
    fn weights_decide_and_of_equals_brotli() {
        for (accepted, expected) in [
            ("", vec![]),
            ("gzip, deflate, br, zstd", vec![Br, Gzip]),
            ("br;q=0.5, gzip", vec![Gzip, Br]),
            ("br;q=0, gzip;q=0.1", vec![Gzip]),
            ("*", vec![Br, Gzip]),
            ("*;q=0", vec![]),
            ("*;q=0.5, br;q=0", vec![Gzip]),
            ("identity, gzip;q=0.5", vec![]),
            ("identity;q=0.5, gzip;q=1.0, br ; q=0.8", vec![Gzip, Br]),
            ("BR", vec![Br]),
            ("x-gzip", vec![Gzip]),
            ("br;q=2, gzip;q=x, br;level=1", vec![]),
            ("br;q=NaN", vec![]),
        ] {
            let headers = [(header::ACCEPT_ENCODING, accepted.parse().unwrap())];

            assert_eq!(
                preferred(&headers.into_iter().collect()),
                expected,
                "{accepted}"
            );
        }
    }
}
