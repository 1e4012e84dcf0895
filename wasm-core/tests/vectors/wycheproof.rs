//! Reads the files in `wycheproof/`, and compares outcomes with what a vector expects.

use core::{cell::Cell, fmt::Debug};

use data_encoding::HEXLOWER;
use serde_json::Value;

/// One vector: its own fields, and those of its group.
pub struct Vector<'a> {
    group: &'a Value,
    test: &'a Value,
    asserted: Cell<bool>,
}

/// Hands each vector of a file to `check`, which must assert its result.
///
/// There must be `count` vectors, so that a file without any cannot pass.
pub fn each(json: &str, count: usize, check: impl Fn(&Vector<'_>)) {
    let file: Value = serde_json::from_str(json).unwrap();
    assert_eq!(file["numberOfTests"], count, "as many as the file claims");
    let mut seen = 0;
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let vector = Vector { group, test, asserted: Cell::new(false) };
            check(&vector);
            assert!(vector.asserted.get(), "{}: nothing was asserted", vector.name());
            seen += 1;
        }
    }
    assert_eq!(seen, count, "as many as the file has");
}

impl Vector<'_> {
    /// What a failure is reported under.
    pub fn name(&self) -> String {
        let comment = self.test["comment"].as_str().unwrap_or("no comment");
        format!("tcId {} ({comment})", self.test["tcId"])
    }

    /// The bytes at a JSON pointer, or `None` when the vector has no such field.
    pub fn optional(&self, pointer: &str) -> Option<Vec<u8>> {
        let text = self.field(pointer)?.as_str()?;
        Some(HEXLOWER.decode(text.as_bytes()).unwrap())
    }

    /// The bytes at a JSON pointer.
    pub fn bytes(&self, pointer: &str) -> Vec<u8> {
        self.optional(pointer).unwrap_or_else(|| panic!("{}: no {pointer}", self.name()))
    }

    /// The bytes at a JSON pointer, or `None` when the length is not the one our type has.
    pub fn array<const N: usize>(&self, pointer: &str) -> Option<[u8; N]> {
        self.bytes(pointer).try_into().ok()
    }

    /// The number at a JSON pointer.
    pub fn number(&self, pointer: &str) -> usize {
        self.field(pointer).unwrap().as_u64().unwrap().try_into().unwrap()
    }

    /// Asserts that a valid vector gave `expected`, and an invalid one nothing.
    pub fn assert_outcome<T: Debug + PartialEq>(&self, outcome: Option<T>, expected: T) {
        let expected = match self.result() {
            "valid" => Some(expected),
            "invalid" => None,
            other => panic!("{}: result {other}", self.name()),
        };
        self.assert_same(&outcome, &expected);
    }

    /// Asserts that a valid vector was accepted, and an invalid one refused.
    pub fn assert_accepted(&self, accepted: bool) {
        self.assert_outcome(accepted.then_some(()), ());
    }

    /// Asserts a result that the vector leaves open.
    pub fn assert_same<T: Debug + PartialEq>(&self, outcome: &T, expected: &T) {
        assert_eq!(outcome, expected, "{}", self.name());
        self.asserted.set(true);
    }

    /// `valid`, `invalid` or `acceptable`.
    pub fn result(&self) -> &str {
        self.test["result"].as_str().unwrap()
    }

    fn field(&self, pointer: &str) -> Option<&Value> {
        self.test.pointer(pointer).or_else(|| self.group.pointer(pointer))
    }
}

/// Splits a message at its first zero byte into the label and the message that our signatures
/// frame as `label ‖ 0x00 ‖ message`, or `None` when there is no zero byte.
pub fn unframed(signed: &[u8]) -> Option<(&[u8], &[u8])> {
    let zero = signed.iter().position(|byte| *byte == 0)?;
    Some((&signed[..zero], &signed[zero + 1..]))
}
