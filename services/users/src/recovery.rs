//! Recovery codes: each works once in place of a code of the app. They have 80 random bits, so that
//! a plain hash of them tells nobody anything.

use aws_lc_rs::{digest, rand};
use uuid::Uuid;

use crate::totp::base32;

/// How many a user gets at a time.
pub const COUNT: usize = 10;

/// A code as its owner writes it down: four groups of four. It shows nothing in logs.
pub struct RecoveryCode(String);

/// What is stored of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeHash(pub Vec<u8>);

impl RecoveryCode {
    /// A new set.
    pub fn generate() -> [Self; COUNT] {
        std::array::from_fn(|_| {
            let mut bytes = [0; 10];
            rand::fill(&mut bytes).expect("the system has random numbers");
            Self(base32(&bytes))
        })
    }

    /// The one that was typed, in whatever way; none where it cannot be one.
    pub fn parse(typed: &str) -> Option<Self> {
        let letters = typed.chars().filter(|c| *c != '-' && !c.is_whitespace());
        let code: String = letters.map(|c| c.to_ascii_uppercase()).collect();
        let is_one = |c: char| matches!(c, 'A'..='Z' | '2'..='7');
        (code.len() == 16 && code.chars().all(is_one)).then_some(Self(code))
    }

    /// As it is shown.
    pub fn shown(&self) -> String {
        let code = self.0.to_ascii_lowercase();
        let groups = [&code[..4], &code[4..8], &code[8..12], &code[12..]];
        groups.join("-")
    }

    /// As it is stored for this user.
    pub fn hash(&self, user_id: Uuid) -> CodeHash {
        let bytes = [user_id.as_bytes(), self.0.as_bytes()].concat();
        CodeHash(digest::digest(&digest::SHA256, &bytes).as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed_and_for_its_owner_alone() {
        let (rose, lily) = (Uuid::now_v7(), Uuid::now_v7());
        let [code, other, ..] = RecoveryCode::generate();
        let shown = code.shown();
        assert_eq!(shown.len(), 19);

        for typed in [shown.clone(), shown.to_uppercase(), shown.replace('-', " ")] {
            let typed = RecoveryCode::parse(&typed).unwrap();
            assert_eq!(typed.hash(rose), code.hash(rose));
        }
        assert_ne!(code.hash(rose), code.hash(lily));
        assert_ne!(code.hash(rose), other.hash(rose));
        for nonsense in ["", "123456", "abcd-efgh-ijkl-mno1", "abcd-efgh-ijkl-mnopq"] {
            assert!(RecoveryCode::parse(nonsense).is_none());
        }
    }
}
