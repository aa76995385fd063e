//! The client's half of SRP as Cognito speaks it: SRP-6a (RFC 5054 §2.5) over the 3072-bit group of RFC 3526
//! §5 with SHA-256, and a key by HKDF. It proves a password without sending it, or anything that it could be
//! guessed from.

use aws_lc_rs::{digest, hkdf, hmac, rand};
use base64::{Engine, engine::general_purpose::STANDARD};
use num_bigint::{BigInt, BigUint, Sign};
use secrecy::{ExposeSecret, SecretString};

/// RFC 3526 §5, whose generator is 2.
const N: &[u8] = b"\
FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74\
020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437\
4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED\
EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF05\
98DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB\
9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B\
E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718\
3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33\
A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7\
ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864\
D87602733EC86A64521F2B18177B200CBBE117577A615D6C770988C0BAD946E2\
08E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF";

/// What the key is for.
const INFO: &[u8] = b"Caldera Derived Key";

/// One sign-in.
pub(super) struct Srp {
    a: BigUint,
    public: BigUint,
}

/// What the server asks to be proven.
pub(super) struct Asked<'a> {
    /// The pool's id without its region.
    pub(super) pool: &'a str,
    /// What the server calls the user.
    pub(super) user: &'a str,
    pub(super) salt: &'a str,
    /// The server's public value.
    pub(super) public: &'a str,
    /// Of its own, for it alone.
    pub(super) secret_block: &'a str,
    /// Now, as [`timestamp`] writes it.
    pub(super) timestamp: &'a str,
}

/// A server that does not follow the protocol.
#[derive(Debug, thiserror::Error)]
#[error("the challenge of SRP is malformed: {0}")]
pub(super) struct Malformed(&'static str);

impl Srp {
    pub(super) fn begin() -> Self {
        let mut secret = [0; 32];
        rand::fill(&mut secret).expect("the system has random numbers");
        Self::of(BigUint::from_bytes_be(&secret))
    }

    fn of(a: BigUint) -> Self {
        let public = BigUint::from(2_u8).modpow(&a, &modulus());
        Self { a, public }
    }

    /// Our public value, in hexadecimal.
    pub(super) fn public(&self) -> String {
        self.public.to_str_radix(16)
    }

    /// The proof that the password is known, in base64.
    pub(super) fn prove(
        &self,
        asked: &Asked<'_>,
        password: &SecretString,
    ) -> Result<String, Malformed> {
        let (n, g) = (modulus(), BigUint::from(2_u8));
        let number = |hex: &str| BigUint::parse_bytes(hex.as_bytes(), 16);
        let b = number(asked.public).ok_or(Malformed("SRP_B"))?;
        let salt = number(asked.salt).ok_or(Malformed("SALT"))?;
        let block = STANDARD.decode(asked.secret_block);
        let block = block.map_err(|_| Malformed("SECRET_BLOCK"))?;
        let u = hash(&[&padded(&self.public), &padded(&b)]);
        // RFC 5054 §2.5.4: such a server would learn something of the password.
        if &b % &n == BigUint::ZERO || u == BigUint::ZERO {
            return Err(Malformed("SRP_B"));
        }
        let password = password.expose_secret().as_bytes();
        let identity = [asked.pool.as_bytes(), asked.user.as_bytes(), b":", password].concat();
        let identity = digest::digest(&digest::SHA256, &identity);
        let x = hash(&[&padded(&salt), identity.as_ref()]);
        let k = hash(&[&padded(&n), &padded(&g)]);
        let masked = (k * g.modpow(&x, &n)) % &n;
        let base = ((b % &n) + &n - masked) % &n;
        let secret = base.modpow(&(&self.a + &u * x), &n);

        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, &padded(&u)).extract(&padded(&secret));
        let mut half = [0; 16];
        let expanded = key.expand(&[INFO], Half);
        let filled = expanded.and_then(|key| key.fill(&mut half));
        filled.expect("16 bytes are fewer than HKDF gives");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &half);
        let (pool, user) = (asked.pool.as_bytes(), asked.user.as_bytes());
        let signed = [pool, user, &block, asked.timestamp.as_bytes()].concat();
        Ok(STANDARD.encode(hmac::sign(&key, &signed)))
    }
}

/// How the server wants the time: `Sun Nov 1 03:04:05 UTC 2026`.
pub(super) fn timestamp(now: jiff::Timestamp) -> String {
    now.strftime("%a %b %-d %H:%M:%S UTC %Y").to_string()
}

/// The length of the key.
struct Half;

impl hkdf::KeyType for Half {
    fn len(&self) -> usize {
        16
    }
}

fn modulus() -> BigUint {
    BigUint::parse_bytes(N, 16).expect("it is a number")
}

fn hash(parts: &[&[u8]]) -> BigUint {
    let hash = digest::digest(&digest::SHA256, &parts.concat());
    BigUint::from_bytes_be(hash.as_ref())
}

/// As few bytes as a signed number needs: one of zeros before a highest bit that is set.
fn padded(number: &BigUint) -> Vec<u8> {
    BigInt::from_biguint(Sign::Plus, number.clone()).to_signed_bytes_be()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_what_another_implementation_computes() {
        let secret = BigUint::from_bytes_be(&[0x5a; 32]);
        let asked = Asked {
            pool: "Garden1",
            user: "7c1a5f0e-0b52-4a8e-9f1d-3f2b6c4d5e6f",
            salt: "8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f",
            public: "\
cf8ed3b5f8b12b49f795c651051bc9ad488361e4d8f1d9ec709ea209b30a001e\
5df1b51837dbac6f45529af7ddd054f13efd91835fb93895df6c169942f9dd77\
cfc8e52e645dd2f9c395981fea713614a42162175b00cc28c79a41c2ba053bdd\
4f12e52b526c2c6b931eca373050608ee9cf7b418a04ece2fc86bb69a9430820\
5ff43ef23ce407f21cb563951c617280fa7be12cba80ef78cae56d3151511db7\
67d6ba908721cf2d5a4e425f582343fb3f711a7f4fb6fde023191f5a5d9ba6bd\
af9aeebad1589af3ff2e0c7e05be2b323a96835bd7533e0fe55680f231c18089\
1129df8b2dd1c3f437103bd649cb6441f864d9a3ed1f96eedbc93f4680c7f7d7\
cda3e685d5cd9efb9bf639342a613de249249432650fe78587a5cc09b1e55fc0\
2781f4e9f45ffd6c6f54b83801e7b0aad348c41af5aa1d2c670f6b969ac80ec3\
f0500fda35135260da3af6783ab6771745b872015265ab63a9c075015b22e42c\
df6e0d6ba98b2140c0f2205fb91062f28b8540397911a30761070daf6aa6edee",
            secret_block: "c2VjcmV0IGJsb2Nr",
            timestamp: "Sun Nov 1 03:04:05 UTC 2026",
        };

        let proof = Srp::of(secret).prove(&asked, &"correct horse battery".into());

        assert_eq!(
            proof.unwrap(),
            "zhrueSZ5bfRjasndkCjvx1geReESxAXvH+YiXa+veUw="
        );
    }

    #[test]
    fn a_server_that_would_learn_the_password_is_refused() {
        let zero = modulus().to_str_radix(16);
        for public in ["0", &zero, "not hexadecimal"] {
            let asked = Asked {
                pool: "Garden1",
                user: "rose",
                salt: "ab",
                public,
                secret_block: "",
                timestamp: "",
            };
            let refused = Srp::begin().prove(&asked, &"correct horse battery".into());
            assert!(refused.is_err(), "{public}");
        }
    }

    #[test]
    fn a_time_has_no_zero_before_its_day() {
        let time = "2026-11-01T03:04:05Z".parse().unwrap();

        assert_eq!(timestamp(time), "Sun Nov 1 03:04:05 UTC 2026");
    }
}
