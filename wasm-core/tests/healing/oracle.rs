//! What a thief can compute beside what it stole: discrete logarithms of X25519, or what somebody
//! encapsulated with ML-KEM-768. Both are looked up among the secrets that were drawn.

use std::collections::HashMap;

use super::primitives::{dh_public, kem_public};

/// The half of the agreement that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Neither,
    X25519,
    MlKem,
    Both,
}

impl Broken {
    pub const ALL: [Self; 4] = [Self::Neither, Self::X25519, Self::MlKem, Self::Both];
}

/// Private keys by their public ones.
#[derive(Clone, Default)]
pub struct Oracle {
    dh: HashMap<Vec<u8>, Vec<u8>>,
    kem: HashMap<Vec<u8>, Vec<u8>>,
}

impl Oracle {
    /// X25519 keys are drawn as 32 bytes, ML-KEM seeds as 64.
    pub fn learn(&mut self, draws: Vec<Vec<u8>>) {
        for draw in draws {
            match draw.len() {
                32 => drop(self.dh.insert(dh_public(&draw).to_vec(), draw)),
                64 => drop(self.kem.insert(kem_public(&draw), draw)),
                _ => {}
            }
        }
    }

    pub fn dh(&self, broken: Broken, public: &[u8]) -> Option<Vec<u8>> {
        let breaks = matches!(broken, Broken::X25519 | Broken::Both);
        self.dh.get(public).filter(|_| breaks).cloned()
    }

    pub fn kem(&self, broken: Broken, public: &[u8]) -> Option<Vec<u8>> {
        let breaks = matches!(broken, Broken::MlKem | Broken::Both);
        self.kem.get(public).filter(|_| breaks).cloned()
    }
}
