//! Rules of this crate that no compiler knows.

mod contrast;
mod layers;
