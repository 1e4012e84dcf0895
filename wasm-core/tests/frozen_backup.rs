//! What version 1 wrapped and saved is opened for ever: wrapped keys and a backup
//! (docs/storage.md).
//!
//! `frozen/v1` holds them. `cargo test --test frozen_backup -- --ignored` writes them anew, which is
//! right only while no version was released. [`stranger`] opens them as docs/storage.md says, without
//! the core.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

use std::{fs, path::PathBuf};

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    backup::{HEADER_BYTES, Header, Writer},
    crypto::{
        passphrase::{Argon2Parameters, Passphrase},
        secret::Secret,
    },
    engine::effect::{Row, Table},
    key_wrap::{Credential, Purpose, WrappedKey},
};

const CREATED: u64 = 1_800_000_000;
const KEY: [u8; 32] = [7; 32];
const PRF_OUTPUT: [u8; 32] = [5; 32];
/// Normalised, `é` is two characters.
const PASSPHRASE: &str = "caf\u{e9} noir";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/v1").join(name)
}

fn read(name: &str) -> Vec<u8> {
    fs::read(path(name)).unwrap()
}

fn passphrase() -> Passphrase {
    Passphrase::new(PASSPHRASE).unwrap()
}

/// A row of each table that is saved; the message goes on in a second chunk.
fn rows() -> Vec<Row> {
    let row =
        |table, key: &[u8], value: Vec<u8>| Row { table, key: key.to_vec(), value: value.into() };
    vec![
        row(Table::Account, b"account", vec![1; 100]),
        row(Table::Contacts, &[2; 8], vec![2; 100]),
        row(Table::Messages, &[3; 25], vec![3; 65_536]),
        row(Table::Drafts, &[2; 8], vec![4; 100]),
    ]
}

#[test]
fn a_database_key_under_a_passphrase_opens() {
    let wrapped = WrappedKey::decode(&read("passphrase.wrapped-key")).unwrap();
    assert_eq!(wrapped.encode(), read("passphrase.wrapped-key"));
    let opened = wrapped.open(Purpose::Database, Credential::Passphrase(&passphrase()));
    assert_eq!(opened, Ok(Secret::new(KEY)));
}

#[test]
fn a_database_key_under_a_passkey_opens() {
    let wrapped = WrappedKey::decode(&read("passkey.wrapped-key")).unwrap();
    assert_eq!(wrapped.encode(), read("passkey.wrapped-key"));
    let output = Secret::new(PRF_OUTPUT);
    let opened = wrapped.open(Purpose::Database, Credential::WebAuthnPrf(&output));
    assert_eq!(opened, Ok(Secret::new(KEY)));
}

#[test]
fn a_backup_is_restored() {
    let file = read("account.backup");
    let (header, body) = file.split_at(HEADER_BYTES);
    let header = Header::decode(header).unwrap();
    assert_eq!(header.created_at, CREATED);
    let mut reader = header.open(Credential::Passphrase(&passphrase())).unwrap();
    let mut restored = reader.push(body).unwrap();
    restored.extend(reader.finish().unwrap());
    assert_eq!(restored, rows());
}

#[test]
fn a_stranger_opens_them_with_the_document_alone() {
    let normalised = "cafe\u{301} noir".as_bytes();
    for (name, secret) in
        [("passphrase.wrapped-key", normalised), ("passkey.wrapped-key", &PRF_OUTPUT)]
    {
        assert_eq!(stranger::unwrap(&read(name), 1, secret), KEY, "{name}");
    }
    let expected: Vec<_> =
        rows().into_iter().map(|row| (row.table as u8, row.key, row.value.to_vec())).collect();
    assert!(stranger::restore(&read("account.backup"), normalised) == expected);
}

/// Reads, and checks no more than it must.
mod stranger {
    use argon2::{Algorithm, Argon2, Block, Params, Version};
    use chacha20poly1305::{
        KeyInit, XChaCha20Poly1305,
        aead::{Aead, Payload},
    };
    use hkdf::Hkdf;
    use sha2::Sha256;

    type Row = (u8, Vec<u8>, Vec<u8>);

    fn number(bytes: &[u8]) -> u32 {
        u32::from_be_bytes(bytes.try_into().unwrap())
    }

    fn kdf(salt: Option<&[u8]>, ikm: &[u8], info: &[u8]) -> [u8; 32] {
        let mut okm = [0; 32];
        Hkdf::<Sha256>::new(salt, ikm).expand(info, &mut okm).unwrap();
        okm
    }

    fn open(key: [u8; 32], nonce: &[u8], aad: &[u8], msg: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = nonce.try_into().unwrap();
        XChaCha20Poly1305::new(&key.into()).decrypt(&nonce.into(), Payload { msg, aad }).unwrap()
    }

    pub(crate) fn unwrap(wrapped: &[u8], purpose: u8, secret: &[u8]) -> Vec<u8> {
        let salt = &wrapped[11..27];
        let key = if wrapped[1] == 1 {
            let lanes = u32::from(wrapped[10]);
            let (memory_kib, passes) = (number(&wrapped[2..6]), number(&wrapped[6..10]));
            let params = Params::new(memory_kib, passes, lanes, None).unwrap();
            let mut memory = vec![Block::new(); params.block_count()];
            let mut stretched = [0; 32];
            Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_into_with_memory(secret, salt, &mut stretched, &mut memory[..])
                .unwrap();
            kdf(None, &stretched, &[&b"volly/1/wrap/passphrase"[..], &[purpose]].concat())
        } else {
            let info = [&b"volly/1/wrap/webauthn-prf"[..], &[purpose]].concat();
            kdf(Some(salt), secret, &info)
        };
        open(key, &wrapped[27..51], &wrapped[..51], &wrapped[51..])
    }

    pub(crate) fn restore(file: &[u8], passphrase: &[u8]) -> Vec<Row> {
        let (header, body) = file.split_at(116);
        let key = kdf(None, &unwrap(&header[17..], 2, passphrase), b"volly/1/backup");
        let count = body.chunks(65_552).count();
        let mut plaintext = Vec::new();
        for (i, chunk) in body.chunks(65_552).enumerate() {
            let counter = u64::try_from(i).unwrap().to_be_bytes();
            let last = u8::from(i + 1 == count);
            let nonce = [&[0; 15][..], &counter, &[last]].concat();
            plaintext.extend(open(key, &nonce, header, chunk));
        }
        let (mut rows, mut rest) = (Vec::new(), &plaintext[..]);
        while let [table, n, behind @ ..] = rest {
            let (key, behind) = behind.split_at(usize::from(*n));
            let (m, behind) = behind.split_at(4);
            let (value, behind) = behind.split_at(usize::try_from(number(m)).unwrap());
            rows.push((*table, key.to_vec(), value.to_vec()));
            rest = behind;
        }
        rows
    }
}

#[test]
#[ignore = "writes the files that the other tests read"]
fn write_the_files_anew() {
    let rng = &mut ChaCha20Rng::seed_from_u64(8);
    let write = |name: &str, bytes: &[u8]| fs::write(path(name), bytes).unwrap();
    let (key, costs) = (Secret::new(KEY), Argon2Parameters::RECOMMENDED);
    let purpose = Purpose::Database;
    let wrapped = WrappedKey::with_passphrase(&key, purpose, &passphrase(), costs, rng).unwrap();
    write("passphrase.wrapped-key", &wrapped.encode());
    let output = Secret::new(PRF_OUTPUT);
    let wrapped = WrappedKey::with_webauthn_prf(&key, purpose, &output, rng);
    write("passkey.wrapped-key", &wrapped.encode());

    let costs = Argon2Parameters::new(64, 2, 2).unwrap();
    let (mut writer, mut file) =
        Writer::with_passphrase(&passphrase(), costs, CREATED, rng).unwrap();
    for row in rows() {
        file.extend(writer.push(&row).unwrap());
    }
    file.extend(writer.finish());
    write("account.backup", &file);
}
