//! Secret bytes: erased on drop, opaque in `Debug`, compared in constant time.

use alloc::boxed::Box;
use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// `N` secret bytes, in one place: a value that is moved leaves a copy where it was, a pointer does
/// not. A copy is made by `clone` alone, where one can see it.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the bytes over; the caller keeps no other copy.
    #[must_use]
    pub fn new(mut bytes: [u8; N]) -> Self {
        let secret = Self::filled(|secret| secret.copy_from_slice(&bytes));
        bytes.zeroize();
        secret
    }

    /// Has the bytes written where they stay.
    #[must_use]
    pub fn filled(write: impl FnOnce(&mut [u8])) -> Self {
        let mut secret = Self(Box::new([0; N]));
        write(secret.0.as_mut());
        secret
    }

    /// Draws the bytes.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self::filled(|secret| rng.fill_bytes(secret))
    }

    /// Lends the bytes to a primitive.
    #[must_use]
    pub fn expose(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(***)")
    }
}

impl<const N: usize> PartialEq for Secret<N> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_ref()).into()
    }
}

impl<const N: usize> Eq for Secret<N> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", Secret::new([0xAB; 4])), "Secret<4>(***)");
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::new([1, 2]), Secret::new([1, 2]));
        assert_ne!(Secret::new([1, 2]), Secret::new([1, 3]));
    }
}
