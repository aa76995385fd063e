//! What the carrier calls a parcel.

use std::{fmt, str::FromStr};

/// A parcel's tracking code: 4 to 40 ASCII letters, digits and hyphens. It leads to where somebody
/// lives, so it shows nothing in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct TrackingCode(String);

impl TrackingCode {
    /// The code as the carrier writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TrackingCode {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
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
        let code: TrackingCode = "  1Z-999-AA1 ".parse().unwrap();
        assert_eq!(code.as_str(), "1Z-999-AA1");
        assert_eq!(format!("{code:?}"), "TrackingCode(…)");

        for good in ["ABCD", &"7".repeat(40)] {
            assert!(good.parse::<TrackingCode>().is_ok(), "{good}");
        }
        let long = "7".repeat(41);
        for bad in [
            "", "   ", "ABC", &long, "1Z 999", "1Z_999", "ABCÉ", "ABCD\n", "<b>12",
        ] {
            assert!(bad.parse::<TrackingCode>().is_err(), "{bad}");
        }
    }
}
