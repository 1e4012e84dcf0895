use proptest::prelude::*;

use super::*;
use crate::{
    crypto::{
        aead::TAG_BYTES,
        passphrase::{Argon2Parameters, Passphrase},
        test_rng,
    },
    engine::effect::Row,
    limits::{BACKUP_CHUNK_BYTES, MAX_BACKUP_VALUE_BYTES, MAX_ROW_KEY_BYTES},
};

const CREATED: u64 = 1_800_000_000;
const SEALED_CHUNK_BYTES: usize = BACKUP_CHUNK_BYTES + TAG_BYTES;

fn row(table: Table, key: &[u8], value: Vec<u8>) -> Row {
    Row { table, key: key.to_vec(), value: value.into() }
}

fn few_rows() -> Vec<Row> {
    vec![
        row(Table::Account, b"account", vec![1; 20]),
        row(Table::Contacts, &[0; 8], b"Ada".to_vec()),
        row(Table::Messages, &[7; 25], Vec::new()),
    ]
}

/// Two rows that fill a chunk each, and a few in a third: every sequence of whole chunks has rows.
fn many_rows() -> Vec<Row> {
    let full = |i: u8| row(Table::Messages, &[i; 25], vec![i; BACKUP_CHUNK_BYTES - 6 - 25]);
    (0..2).map(full).chain(few_rows()).collect()
}

fn passphrase() -> Passphrase {
    Passphrase::new("correct horse").unwrap()
}

fn start(seed: u64) -> (Writer, Vec<u8>) {
    let parameters = Argon2Parameters::new(8, 1, 1).unwrap();
    Writer::with_passphrase(&passphrase(), parameters, CREATED, &mut test_rng(seed)).unwrap()
}

fn written(rows: &[Row], seed: u64) -> Vec<u8> {
    let (mut writer, mut file) = start(seed);
    for row in rows {
        file.extend(writer.push(row).unwrap());
    }
    file.extend(writer.finish());
    file
}

/// A file with this plaintext, rows or not.
fn with_plaintext(plaintext: &[u8]) -> Vec<u8> {
    let (mut writer, mut file) = start(1);
    file.extend(writer.write(plaintext));
    file.extend(writer.finish());
    file
}

fn opened(file: &[u8]) -> Option<(Reader, &[u8])> {
    let (header, body) = file.split_at_checked(HEADER_BYTES)?;
    let header = Header::decode(header).ok()?;
    Some((header.open(Credential::Passphrase(&passphrase())).ok()?, body))
}

/// The rows of a whole file that comes in pieces; `None` when it is refused anywhere.
fn read(file: &[u8], piece: usize) -> Option<Vec<Row>> {
    let (mut reader, body) = opened(file)?;
    let mut rows = Vec::new();
    for piece in body.chunks(piece) {
        rows.extend(reader.push(piece).ok()?);
    }
    rows.extend(reader.finish().ok()?);
    Some(rows)
}

fn any_row() -> impl Strategy<Value = Row> {
    let tables: Vec<_> = Table::ALL.into_iter().filter(|table| is_kept(*table)).collect();
    let length = prop_oneof![0..200_usize, 0..90_000_usize, Just(BACKUP_CHUNK_BYTES)];
    let key = prop::collection::vec(any::<u8>(), 0..=MAX_ROW_KEY_BYTES);
    (prop::sample::select(tables), key, length, any::<u8>())
        .prop_map(|(table, key, length, byte)| Row { table, key, value: vec![byte; length].into() })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_saved_is_restored_bit_for_bit_in_whatever_pieces_it_comes(
        rows in prop::collection::vec(any_row(), 0..6), piece in 1..200_000_usize, seed: u64,
    ) {
        let file = written(&rows, seed);
        prop_assert_eq!(read(&file, piece.max(file.len() / 5_000)), Some(rows));
    }
}

#[test]
fn the_header_says_when_the_file_was_made() {
    let file = written(&few_rows(), 1);
    let header = Header::decode(&file[..HEADER_BYTES]).unwrap();
    assert_eq!(header.created_at, CREATED);
    assert_eq!(header.encode(), &file[..HEADER_BYTES]);
    let newer = [&file[..8], &[2], &file[9..HEADER_BYTES]].concat();
    assert_eq!(Header::decode(&newer), Err(DecodeError::Version(2)));
    assert_eq!(Header::decode(&[b'v'; HEADER_BYTES]), Err(DecodeError::Value));
}

#[test]
fn chunks_are_full_but_the_last_which_is_never_empty_behind_another() {
    let key_and_value = BACKUP_CHUNK_BYTES - 6;
    for (value, chunks) in [(0, 1), (1, 1), (2, 2), (BACKUP_CHUNK_BYTES, 2)] {
        let value = vec![3; key_and_value - 1 + value];
        let rows = [row(Table::Drafts, &[], value)];
        let file = written(&rows, 1);
        let plaintext = rows::encode(&rows[0]).len();
        assert_eq!(file.len(), HEADER_BYTES + plaintext + chunks * TAG_BYTES);
        assert_eq!(read(&file, 1_000), Some(rows.to_vec()), "{plaintext} bytes");
    }
    let empty = written(&[], 1);
    assert_eq!(empty.len(), HEADER_BYTES + TAG_BYTES);
    assert_eq!(read(&empty, 1), Some(Vec::new()));
}

#[test]
fn every_flipped_bit_of_a_backup_is_refused() {
    let file = written(&few_rows(), 1);
    for bit in 0..file.len() * 8 {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&flipped, file.len()), None, "bit {bit}");
    }
}

#[test]
fn a_backup_that_was_cut_anywhere_is_refused() {
    let file = written(&few_rows(), 1);
    for length in 0..file.len() {
        assert_eq!(read(&file[..length], file.len()), None, "{length} bytes");
    }
    let file = written(&many_rows(), 1);
    for chunk in 0..3 {
        let boundary = HEADER_BYTES + chunk * SEALED_CHUNK_BYTES;
        for length in [boundary - 1, boundary, boundary + 1, boundary + TAG_BYTES] {
            assert_eq!(read(&file[..length], 10_000), None, "{length} bytes");
        }
    }
}

#[test]
fn a_backup_that_was_not_finished_is_refused() {
    let (mut writer, mut file) = start(1);
    for row in many_rows() {
        file.extend(writer.push(&row).unwrap());
    }
    let (mut reader, body) = opened(&file).unwrap();
    assert!(!reader.push(body).unwrap().is_empty(), "what came is authentic");
    assert_eq!(reader.finish(), Err(Rejected));
}

#[test]
fn a_backup_with_anything_behind_it_is_refused() {
    for rows in [few_rows(), many_rows(), vec![row(Table::Drafts, &[], vec![0; 65_530])]] {
        let file = written(&rows, 1);
        let body = &file[HEADER_BYTES..];
        let last = &body[(body.len() - 1) / SEALED_CHUNK_BYTES * SEALED_CHUNK_BYTES..];
        for more in [&[0][..], &[0; SEALED_CHUNK_BYTES], last, body, &file] {
            assert_eq!(read(&[&file, more].concat(), 50_000), None, "{} bytes", more.len());
        }
    }
}

#[test]
fn chunks_in_another_order_or_of_another_file_are_refused() {
    let (file, other) = (written(&many_rows(), 1), written(&many_rows(), 2));
    let parts = |file: &[u8]| -> Vec<Vec<u8>> {
        let (header, body) = file.split_at(HEADER_BYTES);
        let chunks = body.chunks(SEALED_CHUNK_BYTES).map(<[u8]>::to_vec);
        [header.to_vec()].into_iter().chain(chunks).collect()
    };
    let (file, other) = (parts(&file), parts(&other));
    let read = |order: &[&[u8]]| read(&order.concat(), 30_000);
    let [header, one, two, last] = [0, 1, 2, 3].map(|part| &file[part][..]);
    assert_eq!(read(&[header, one, two, last]), Some(many_rows()));
    for order in [
        &[header, two, one, last][..],
        &[header, one, one, two, last],
        &[header, one, one, last],
        &[header, one, last],
        &[header, two, last],
        &[header, last],
        &[header, one, two, last, last],
        &[header, last, one, two],
        &[header, one, two, &other[3]],
        &[header, one, &other[2], last],
        &[header, &other[1], two, last],
        &[&other[0], one, two, last],
    ] {
        assert_eq!(read(order), None);
    }
}

#[test]
fn a_header_binds_every_chunk() {
    let file = written(&few_rows(), 1);
    let mut header = Header::decode(&file[..HEADER_BYTES]).unwrap();
    header.created_at += 1;
    assert_eq!(read(&[&header.encode(), &file[HEADER_BYTES..]].concat(), 100), None);
}

#[test]
fn another_passphrase_opens_no_backup_and_a_wrapped_database_key_begins_none() {
    let file = written(&few_rows(), 1);
    let header = Header::decode(&file[..HEADER_BYTES]).unwrap();
    let other = Passphrase::new("correct horsf").unwrap();
    let refused = header.open(Credential::Passphrase(&other)).err();
    assert_eq!(refused, Some(OpenError::Rejected));
    let refused = header.open(Credential::WebAuthnPrf(&Secret::new([1; 32]))).err();
    assert_eq!(refused, Some(OpenError::Rejected));

    let parameters = Argon2Parameters::new(8, 1, 1).unwrap();
    let (key, rng) = (Secret::new([7; 32]), &mut test_rng(3));
    let wrap = |purpose, rng: &mut _| {
        WrappedKey::with_passphrase(&key, purpose, &passphrase(), parameters, rng).unwrap()
    };
    let begins = |wrapped_key| {
        let header = Header { created_at: CREATED, wrapped_key };
        header.open(Credential::Passphrase(&passphrase())).is_ok()
    };
    assert!(begins(wrap(Purpose::Backup, rng)));
    assert!(!begins(wrap(Purpose::Database, rng)));
}

#[test]
fn ratchets_prekeys_and_sealed_envelopes_are_neither_saved_nor_restored() {
    for (table, kept) in [
        (Table::Account, true),
        (Table::Contacts, true),
        (Table::Sessions, false),
        (Table::Messages, true),
        (Table::Outbox, false),
        (Table::Invites, false),
        (Table::Drafts, true),
        (Table::Expiries, true),
    ] {
        let row = row(table, &[1], vec![2]);
        let (mut writer, _) = start(1);
        let refused = writer.push(&row).err();
        assert_eq!(refused, (!kept).then_some(RowRefused::Table(table)));
        let restored = read(&with_plaintext(&rows::encode(&row)), 100);
        assert_eq!(restored, kept.then(|| vec![row]), "{table:?}");
    }
}

#[test]
fn a_row_above_its_bounds_is_refused_and_the_others_are_saved() {
    let (mut writer, mut file) = start(1);
    let longest = row(Table::Messages, &[1; MAX_ROW_KEY_BYTES], vec![1; MAX_BACKUP_VALUE_BYTES]);
    let mut refused = longest.clone();
    refused.key.push(1);
    assert_eq!(writer.push(&refused), Err(RowRefused::KeyTooLong(MAX_ROW_KEY_BYTES + 1)));
    let mut refused = longest.clone();
    refused.value.push(1);
    assert_eq!(writer.push(&refused), Err(RowRefused::ValueTooLong(MAX_BACKUP_VALUE_BYTES + 1)));
    file.extend(writer.push(&longest).unwrap());
    file.extend(writer.finish());
    assert_eq!(read(&file, 100_000), Some(vec![longest]));
}

#[test]
fn plaintext_that_is_no_row_is_refused() {
    let whole = rows::encode(&few_rows()[1]);
    assert!(read(&with_plaintext(&whole), 100).is_some());
    let long_key = [&[1, 33][..], &[0; 33], &[0; 4]].concat();
    for plaintext in [
        &whole[..whole.len() - 1],
        &[&whole[..], &[1]].concat(),
        &[10, 0, 0, 0, 0, 0],
        &[255, 0, 0, 0, 0, 0],
        &long_key,
        &[1, 0, 0, 0x10, 0, 1],
        &[1, 0, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
        assert_eq!(read(&with_plaintext(plaintext), 100), None, "{plaintext:?}");
    }
}

#[test]
fn nothing_comes_after_what_was_rejected() {
    let file = written(&many_rows(), 1);
    let (mut reader, body) = opened(&file).unwrap();
    let (inner, last) = body.split_at(2 * SEALED_CHUNK_BYTES);
    let mut wrong = inner.to_vec();
    wrong[0] ^= 1;
    assert_eq!(reader.push(&wrong), Err(Rejected));
    assert_eq!(reader.push(inner), Err(Rejected));
    assert_eq!(reader.push(&[]), Err(Rejected));
    assert_eq!(reader.push(last), Err(Rejected));
    assert_eq!(reader.finish(), Err(Rejected));
}

#[test]
fn a_writer_gives_what_is_due_and_keeps_no_more_than_a_chunk() {
    let (mut writer, _) = start(1);
    let row = row(Table::Messages, &[1; 25], vec![1; 1_000]);
    let plaintext = rows::encode(&row).len();
    let mut given = 0;
    for count in 1..=1_000 {
        given += writer.push(&row).unwrap().len() / SEALED_CHUNK_BYTES * BACKUP_CHUNK_BYTES;
        assert!(count * plaintext - given <= BACKUP_CHUNK_BYTES, "{count} rows");
    }
    assert!(given > 0);
    assert!(writer.finish().len() <= SEALED_CHUNK_BYTES);
}

#[test]
fn a_reader_gives_what_it_can_and_keeps_no_more_than_a_chunk_and_a_row() {
    let rows: Vec<_> = (0..100).map(|i| row(Table::Messages, &[i], vec![i; 5_000])).collect();
    let file = written(&rows, 1);
    let (mut reader, body) = opened(&file).unwrap();
    let (mut taken, mut given) = (0, 0);
    for piece in body.chunks(3_000) {
        taken += piece.len();
        given += reader.push(piece).unwrap().iter().map(|row| row.value.len()).sum::<usize>();
        assert!(taken - given <= SEALED_CHUNK_BYTES + 5_007 + taken / 100, "{taken} bytes");
    }
    given += reader.finish().unwrap().iter().map(|row| row.value.len()).sum::<usize>();
    assert_eq!(given, 100 * 5_000);
}

#[test]
fn debug_shows_no_plaintext_of_a_backup() {
    let (mut writer, _) = start(1);
    writer.push(&few_rows()[1]).unwrap();
    assert_eq!(format!("{writer:?}"), "Writer { .. }");
    let mut decoder = rows::Decoder::new();
    decoder.push(&rows::encode(&few_rows()[1])[..12], &mut Vec::new()).unwrap();
    assert_eq!(format!("{decoder:?}"), "Decoder { .. }");
}
