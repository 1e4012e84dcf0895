//! Wrapped keys and backup files: changed, they are refused.

use volly_core::{
    backup::{
        HEADER_BYTES, Header,
        rows::{Decoder, encode},
    },
    crypto::{
        passphrase::{Argon2Parameters, Passphrase},
        secret::Secret,
    },
    engine::effect::{Row, Table},
    key_wrap::{Credential, Method, Purpose, WrappedKey},
    limits::{BACKUP_CHUNK_BYTES, MAX_BACKUP_VALUE_BYTES, MAX_ROW_KEY_BYTES},
    wire::codec::DecodeError,
};

use crate::{Verdict, wire::canonical};

/// The key that every wrapped key of the corpus holds.
pub const KEY: [u8; 32] = [7; 32];

/// What a passkey's PRF gives.
pub const PRF_OUTPUT: [u8; 32] = [5; 32];

/// Most that a case may ask of Argon2id, in KiB and passes: what costs more is decoded and not tried.
const MAX_COST: u32 = 64;

/// Bytes of the pieces in which a file comes: no divisor of a chunk, and more than a row of the corpus.
const PIECE_BYTES: usize = 997;

/// The passphrase of the corpus.
///
/// # Panics
///
/// Never: it is one.
#[must_use]
pub fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").expect("it is ASCII")
}

/// The parameters of the corpus: the cheapest.
///
/// # Panics
///
/// Never: they are within their bounds.
#[must_use]
pub fn parameters() -> Argon2Parameters {
    Argon2Parameters::new(8, 1, 1).expect("the least that there is")
}

/// The rows of the corpus: a few, or more than a chunk holds.
#[must_use]
pub fn rows(long: bool) -> Vec<Row> {
    let length = if long { BACKUP_CHUNK_BYTES } else { 40 };
    let row =
        |table, key: &[u8], value: Vec<u8>| Row { table, key: key.to_vec(), value: value.into() };
    vec![
        row(Table::Account, b"account", vec![1; 20]),
        row(Table::Messages, &[9; 25], vec![2; length]),
        row(Table::Drafts, &[0; 8], Vec::new()),
    ]
}

fn is_affordable(wrapped_key: &WrappedKey) -> bool {
    match wrapped_key.method() {
        Method::Passphrase(parameters) => {
            parameters.memory_kib().saturating_mul(parameters.passes()) <= MAX_COST
        }
        Method::WebAuthnPrf => true,
    }
}

pub(crate) fn wrapped_key(bytes: &[u8]) -> Verdict {
    let decoded = WrappedKey::decode(bytes);
    let Some(wrapped) = canonical(bytes, decoded, WrappedKey::encode) else {
        return Verdict::Refused;
    };
    if is_affordable(&wrapped) {
        let (passphrase, output) = (passphrase(), Secret::new(PRF_OUTPUT));
        for credential in [Credential::Passphrase(&passphrase), Credential::WebAuthnPrf(&output)] {
            let opened = wrapped.open(Purpose::Database, credential);
            assert!(opened.is_err() || opened == Ok(Secret::new(KEY)), "it was changed, and opens");
            assert!(wrapped.open(Purpose::Backup, credential).is_err(), "it is for a database");
        }
    }
    Verdict::Accepted
}

/// Reads a file in pieces. What comes to its end is as it was written.
pub(crate) fn backup(bytes: &[u8]) -> Verdict {
    let (head, body) = bytes.split_at_checked(HEADER_BYTES).unwrap_or((bytes, &[]));
    let Some(header) = canonical(head, Header::decode(head), Header::encode) else {
        return Verdict::Refused;
    };
    if !is_affordable(&header.wrapped_key) {
        return Verdict::Refused;
    }
    let passphrase = passphrase();
    let Ok(mut reader) = header.open(Credential::Passphrase(&passphrase)) else {
        return Verdict::Refused;
    };
    let mut read = Vec::new();
    for piece in body.chunks(PIECE_BYTES) {
        let Ok(rows) = reader.push(piece) else { return Verdict::Refused };
        read.extend(rows);
    }
    let Ok(last) = reader.finish() else { return Verdict::Refused };
    read.extend(last);
    assert!([rows(false), rows(true)].contains(&read), "it was changed, and is read");
    Verdict::Accepted
}

/// Decodes rows at once, and in pieces as long as the first byte says.
pub(crate) fn backup_rows(bytes: &[u8]) -> Verdict {
    let whole = decoded(bytes, bytes.len().max(1));
    let length = usize::from(bytes.first().copied().unwrap_or_default());
    assert!(decoded(bytes, length + 1) == whole, "the pieces matter");
    let Ok(rows) = whole else { return Verdict::Refused };
    let within =
        |row: &Row| row.key.len() <= MAX_ROW_KEY_BYTES && row.value.len() <= MAX_BACKUP_VALUE_BYTES;
    assert!(rows.iter().all(within));
    let again: Vec<u8> = rows.iter().flat_map(|row| encode(row).to_vec()).collect();
    assert!(again == bytes, "it is not the only encoding");
    Verdict::Accepted
}

fn decoded(bytes: &[u8], piece: usize) -> Result<Vec<Row>, DecodeError> {
    let (mut decoder, mut rows) = (Decoder::new(), Vec::new());
    for piece in bytes.chunks(piece) {
        decoder.push(piece, &mut rows)?;
    }
    decoder.finish().map(|()| rows)
}
