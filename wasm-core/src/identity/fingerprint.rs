//! The number that two people compare (protocol.md §2).

use alloc::string::String;
use core::fmt::Write;

use sha2::{Digest, Sha512};

use super::Fingerprint;

/// Hashes per fingerprint. Lower: a forger who searches for a similar number tries more keys a
/// second. Higher: the number takes longer to show; this is a few milliseconds.
const ITERATIONS: u32 = 5_200;

/// 60 digits, the same for (a, b) and (b, a).
#[must_use]
pub fn safety_number(a: &Fingerprint, b: &Fingerprint) -> String {
    let (a, b) = (digits(a), digits(b));
    if a <= b { a + &b } else { b + &a }
}

/// 30 digits: six 5-byte integers of the last hash, each modulo 100,000.
fn digits(fingerprint: &Fingerprint) -> String {
    let first = Sha512::new().chain_update(fingerprint.0).chain_update(fingerprint.0).finalize();
    let last = (1..ITERATIONS).fold(first, |hash, _| {
        Sha512::new().chain_update(hash).chain_update(fingerprint.0).finalize()
    });
    let mut digits = String::with_capacity(30);
    for group in last.chunks_exact(5).take(6) {
        let number = group.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        write!(digits, "{:05}", number % 100_000).expect("a string takes all that is written");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_the_same_sixty_digits() {
        let (a, b) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let number = safety_number(&a, &b);
        assert_eq!(number, safety_number(&b, &a));
        assert_eq!(number.len(), 60);
        assert!(number.bytes().all(|digit| digit.is_ascii_digit()));
    }

    /// Computed apart with Python's hashlib from protocol.md §2.
    #[test]
    fn the_number_is_the_one_of_protocol_section_2() {
        let number = safety_number(&Fingerprint([1; 32]), &Fingerprint([2; 32]));
        assert_eq!(number, "262301051952089467663903555445689030990850613716578709904926");
    }

    #[test]
    fn another_key_gives_another_number() {
        let (a, b, c) = (Fingerprint([1; 32]), Fingerprint([2; 32]), Fingerprint([3; 32]));
        assert_ne!(safety_number(&a, &b), safety_number(&a, &c));
    }
}
