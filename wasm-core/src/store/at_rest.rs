//! Sealing of rows (docs/storage.md).
//!
//! Invariant: a sealed value opens at its own table and key and nowhere else. It says nothing about
//! which of the values that a row has had is the newest.

use rand_core::CryptoRng;

use super::StoreError;
use crate::{
    crypto::{aead, kdf, labels, secret::Secret},
    engine::effect::{Row, Table},
};

/// The version of the rows' format and sealing, kept in the database.
pub const SCHEMA_VERSION: u32 = 1;

/// The keys of the tables, derived from the database key.
#[derive(Debug)]
pub struct TableKeys([Secret<32>; Table::ALL.len()]);

impl TableKeys {
    /// Derives `KDF(database key, "volly/1/at-rest" ‖ u8 table, 32)` for every table.
    #[must_use]
    pub fn derive(database_key: &Secret<32>) -> Self {
        Self(
            Table::ALL.map(|table| {
                kdf::derive(database_key.expose(), labels::AT_REST, &[&[table as u8]])
            }),
        )
    }

    fn key(&self, table: Table) -> &Secret<32> {
        self.0.get(table as usize).expect("there is a key for every table")
    }

    /// Seals the value of a row: `nonce (24) ‖ AEAD(table key)(value)`, AD: `u8 table ‖ row key`.
    ///
    /// 40 bytes longer than the value. The nonce is random, so that two writes of a row never share
    /// one, whatever state a crash or a restored profile brings back.
    #[must_use]
    pub fn seal(&self, row: &Row, rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut nonce = [0; aead::NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let ad = associated_data(row.table, &row.key);
        let body = aead::seal(self.key(row.table), &nonce, &ad, &row.value);
        [nonce.as_slice(), &body].concat()
    }

    /// Opens what [`TableKeys::seal`] made.
    ///
    /// # Errors
    ///
    /// [`StoreError::Row`] when the value was changed, moved, or sealed under another key.
    pub fn open(&self, table: Table, key: Vec<u8>, sealed: &[u8]) -> Result<Row, StoreError> {
        let (nonce, body) = sealed.split_first_chunk().ok_or(StoreError::Row(table))?;
        let ad = associated_data(table, &key);
        let value =
            aead::open(self.key(table), nonce, &ad, body).map_err(|_| StoreError::Row(table))?;
        Ok(Row { table, key, value })
    }
}

fn associated_data(table: Table, key: &[u8]) -> Vec<u8> {
    [&[table as u8], key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::entropy::system_rng;

    fn sealed() -> (TableKeys, Row, Vec<u8>) {
        let keys = TableKeys::derive(&Secret::new([7; 32]));
        let row = Row { table: Table::Contacts, key: vec![1, 2], value: b"a name".to_vec().into() };
        let sealed = keys.seal(&row, &mut system_rng());
        (keys, row, sealed)
    }

    #[test]
    fn a_row_opens_in_its_place_and_nowhere_else() {
        let (keys, row, sealed) = sealed();
        assert_eq!(sealed.len(), row.value.len() + 40);
        assert_eq!(keys.open(row.table, row.key.clone(), &sealed).as_ref(), Ok(&row));
        for (table, key) in [(Table::Contacts, vec![1]), (Table::Sessions, vec![1, 2])] {
            assert_eq!(keys.open(table, key, &sealed), Err(StoreError::Row(table)));
        }
    }

    #[test]
    fn every_changed_byte_and_every_shorter_value_is_refused() {
        let (keys, row, sealed) = sealed();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(keys.open(row.table, row.key.clone(), &changed).is_err(), "byte {at}");
            assert!(keys.open(row.table, row.key.clone(), &sealed[..at]).is_err(), "{at} bytes");
        }
    }

    #[test]
    fn another_database_key_opens_nothing() {
        let (_, row, sealed) = sealed();
        let other = TableKeys::derive(&Secret::new([8; 32]));
        assert_eq!(other.open(row.table, row.key, &sealed), Err(StoreError::Row(Table::Contacts)));
    }

    #[test]
    fn writing_a_row_twice_gives_different_bytes() {
        let (keys, row, sealed) = sealed();
        assert_ne!(keys.seal(&row, &mut system_rng()), sealed);
    }
}
