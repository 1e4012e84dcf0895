//! X25519 (RFC 7748).
//!
//! Invariant: a shared secret has a contribution of both sides. A public key of small order, for
//! which the result would be all zeroes, yields none.

use rand_core::CryptoRng;
use x25519_dalek::StaticSecret;

use super::secret::Secret;

/// Length of a public key.
pub const PUBLIC_KEY_BYTES: usize = 32;

/// An X25519 public key. Any 32 bytes are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; PUBLIC_KEY_BYTES]);

/// An X25519 private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey(Secret<32>);

impl SecretKey {
    /// Draws a private key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(Secret::generate(rng))
    }

    /// Takes the key that [`Self::expose`] gave.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// The bytes, for storage.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Computes the public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(x25519_dalek::PublicKey::from(&self.scalar()).to_bytes())
    }

    /// `X25519(self, theirs)`, or `None` when the result is all zeroes (RFC 7748 §6.1).
    #[must_use]
    pub fn agree(&self, theirs: &PublicKey) -> Option<Secret<32>> {
        let shared = self.scalar().diffie_hellman(&theirs.0.into());
        shared.was_contributory().then(|| Secret::new(shared.to_bytes()))
    }

    fn scalar(&self) -> StaticSecret {
        StaticSecret::from(*self.0.expose())
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;

    fn bytes(hex: &str) -> [u8; 32] {
        HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
    }

    #[test]
    fn rfc_7748_section_5_2_iterated() {
        let mut nine = [0; 32];
        nine[0] = 9;
        let (mut k, mut u) = (nine, nine);
        for i in 1..=1_000 {
            let shared = SecretKey::from_bytes(k).agree(&PublicKey(u)).unwrap();
            (u, k) = (k, *shared.expose());
            if i == 1 {
                assert_eq!(
                    k,
                    bytes("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079")
                );
            }
        }
        assert_eq!(k, bytes("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
    }

    #[test]
    fn rfc_7748_section_6_1() {
        let bob = SecretKey::from_bytes(bytes(
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        ));
        assert_eq!(
            bob.public_key().0,
            bytes("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        );
    }

    #[test]
    fn a_key_of_small_order_agrees_on_nothing() {
        let secret = SecretKey::from_bytes([7; 32]);
        let order_8 = bytes("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
        for point in [[0; 32], bytes(&format!("01{}", "00".repeat(31))), order_8] {
            assert_eq!(secret.agree(&PublicKey(point)), None);
        }
    }
}
