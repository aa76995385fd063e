//! What the carrier calls a parcel.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A parcel's tracking code: 4 to 40 ASCII letters, digits and hyphens. It leads to where somebody
/// lives, so it shows nothing in logs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TrackingCode(String);

impl TrackingCode {
    /// The code as the carrier writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TrackingCode {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        let code = value.trim_matches(' ');
        let is_of_one = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (4..=40).contains(&code.len()) && code.bytes().all(is_of_one) {
            Ok(Self(code.to_owned()))
        } else {
            Err("is 4 to 40 letters, digits and hyphens")
        }
    }
}

impl fmt::Debug for TrackingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrackingCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracking_code_is_a_few_plain_characters_without_the_spaces_around_them() {
        let parse = |code: &str| TrackingCode::try_from(code.to_owned());
        let code = parse("  1Z-999-AA1 ").unwrap();
        assert_eq!(code.as_str(), "1Z-999-AA1");
        assert_eq!(format!("{code:?}"), "TrackingCode(…)");

        for good in ["ABCD", &"7".repeat(40)] {
            assert!(parse(good).is_ok(), "{good}");
        }
        let long = "7".repeat(41);
        for bad in [
            "", "   ", "ABC", &long, "1Z 999", "1Z_999", "ABCÉ", "ABCD\n", "<b>12",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
