//! HKDF-SHA-256 (RFC 5869) in the two forms of protocol.md §1.

use hkdf::Hkdf;
use sha2::Sha256;

use super::secret::Secret;

/// `KDF(ikm, label ‖ context, N)`: HKDF-SHA-256 with an empty salt.
///
/// `context` is joined without lengths, so every part but the last has a fixed size. `N` ≤ 8,160.
#[must_use]
pub fn derive<const N: usize>(ikm: &[u8], label: &[u8], context: &[&[u8]]) -> Secret<N> {
    expand(&Hkdf::<Sha256>::new(None, ikm), label, context)
}

/// `KDF[salt](ikm, label ‖ context, N)`: HKDF-SHA-256.
#[must_use]
pub fn derive_salted<const N: usize>(
    salt: &[u8],
    ikm: &[u8],
    label: &[u8],
    context: &[&[u8]],
) -> Secret<N> {
    expand(&Hkdf::<Sha256>::new(Some(salt), ikm), label, context)
}

fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, label: &[u8], context: &[&[u8]]) -> Secret<N> {
    const { assert!(N <= 255 * 32) };
    let mut info = label.to_vec();
    for part in context {
        info.extend_from_slice(part);
    }
    Secret::filled(|okm| {
        hkdf.expand(&info, okm).expect("HKDF output is at most 255 * 32 bytes");
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5869_test_case_1() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let okm: Secret<42> = derive_salted(&salt, &[0x0b; 22], &info, &[]);
        let expected = data_encoding::HEXLOWER
            .decode(b"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
            .unwrap();
        assert_eq!(okm.expose().as_slice(), expected);
    }

    #[test]
    fn label_and_context_are_joined() {
        let whole: Secret<32> = derive(b"ikm", b"labelcontext", &[]);
        assert_eq!(whole, derive(b"ikm", b"label", &[b"con", b"text"]));
    }
}
