//! Values of the database. A record that is decoded is not authentic by itself; the seal is what
//! says that it is ours.

use volly_core::{
    crypto::secret::Secret,
    engine::effect::{Row, Table},
    store::{StoreError, at_rest::TableKeys},
};

use super::{
    fields::{each_emptied_field, each_flipped_bit, each_wrong_length},
    people::{PEOPLE, met, rng},
};

fn table_keys() -> TableKeys {
    TableKeys::derive(&Secret::new([7; 32]))
}

/// A row of each table, of the kind that lies there.
fn rows() -> Vec<Row> {
    let [alice, _] = met(&PEOPLE.alice, 2);
    let value = |table| match table {
        Table::Account => PEOPLE.alice.encode().to_vec(),
        Table::Sessions => alice.encode().to_vec(),
        Table::Invites => PEOPLE.bobs_secrets.encode().to_vec(),
        Table::Contacts
        | Table::Messages
        | Table::Outbox
        | Table::Drafts
        | Table::Expiries
        | Table::Files
        | Table::Chunks => vec![3; 100],
    };
    Table::ALL.map(|table| Row { table, key: vec![1; 8], value: value(table).into() }).to_vec()
}

#[test]
fn a_stored_value_with_a_flipped_bit_is_refused_and_nothing_says_where() {
    let keys = table_keys();
    for row in rows() {
        let sealed = keys.seal(&row, &mut rng(3));
        let refused = |what: &str, bytes: &[u8]| {
            let opened = keys.open(row.table, row.key.clone(), bytes);
            assert_eq!(opened, Err(StoreError::Row(row.table)), "{what}");
        };
        let layout = [("nonce", 24), ("value", row.value.len()), ("tag", 16)];
        each_flipped_bit(&sealed, &layout, refused);
        each_wrong_length(&sealed, &layout, refused);
        each_emptied_field(&sealed, &layout, refused);
        assert_eq!(keys.open(row.table, row.key.clone(), &sealed), Ok(row));
    }
}

#[test]
fn a_stored_value_opens_in_no_other_table_row_or_database() {
    let (keys, others) = (table_keys(), TableKeys::derive(&Secret::new([8; 32])));
    for row in rows() {
        let sealed = keys.seal(&row, &mut rng(3));
        let refused = |keys: &TableKeys, table, key: &[u8]| {
            assert_eq!(keys.open(table, key.to_vec(), &sealed), Err(StoreError::Row(table)));
        };
        for table in Table::ALL.into_iter().filter(|table| *table != row.table) {
            refused(&keys, table, &row.key);
        }
        for key in [&[][..], &row.key[1..], &[row.key.as_slice(), &[1]].concat()] {
            refused(&keys, row.table, key);
        }
        let mut key = row.key.clone();
        for bit in 0..key.len() * 8 {
            key[bit / 8] ^= 1 << (bit % 8);
            refused(&keys, row.table, &key);
            key[bit / 8] = row.key[bit / 8];
        }
        refused(&others, row.table, &row.key);
    }
}
