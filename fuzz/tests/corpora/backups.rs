//! Wrapped keys, backups, and the rows inside.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    backup::{HEADER_BYTES, Writer, rows::encode},
    crypto::{passphrase::Argon2Parameters, secret::Secret},
    key_wrap::{Purpose, WrappedKey},
};
use volly_fuzz::backups::{KEY, PRF_OUTPUT, parameters, passphrase, rows};

use super::{put, refused, write};

pub fn write_all() {
    wrapped_keys();
    files();
    plaintext();
}

fn wrapped_keys() {
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    let (key, output) = (Secret::new(KEY), Secret::new(PRF_OUTPUT));
    let mut by_passphrase = |parameters: Argon2Parameters| {
        WrappedKey::with_passphrase(&key, Purpose::Database, &passphrase(), parameters, rng)
            .unwrap()
            .encode()
    };
    let cheap = by_passphrase(parameters());
    write("wrapped_key", "passphrase", &cheap);
    put("wrapped_key", "recommended", &by_passphrase(Argon2Parameters::RECOMMENDED));
    let passkey = WrappedKey::with_webauthn_prf(&key, Purpose::Database, &output, rng).encode();
    put("wrapped_key", "passkey", &passkey);
    let costly = [&cheap[..2], &[0xFF; 8], &cheap[10..]].concat();
    refused("wrapped_key", "costly", &costly);
    refused("wrapped_key", "reserved", &[&passkey[..10], &[1], &passkey[11..]].concat());
}

fn files() {
    let file = |long| {
        let rng = &mut ChaCha20Rng::seed_from_u64(7 + u64::from(long));
        let (mut writer, mut file) =
            Writer::with_passphrase(&passphrase(), parameters(), 1_800_000_000, rng).unwrap();
        for row in rows(long) {
            file.extend(writer.push(&row).unwrap());
        }
        file.extend(writer.finish());
        file
    };
    write("backup", "one-chunk", &file(false));
    put("backup", "two-chunks", &file(true));
    refused("backup", "header", &file(false)[..HEADER_BYTES]);
    refused("backup", "version", &[&b"vollybak"[..], &[2; 108]].concat());
}

fn plaintext() {
    let bytes: Vec<u8> = rows(false).iter().flat_map(|row| encode(row).to_vec()).collect();
    write("backup_rows", "three", &bytes);
    put("backup_rows", "none", &[]);
    refused("backup_rows", "session", &[2, 0, 0, 0, 0, 0]);
    refused("backup_rows", "long-key", &[1, 33]);
    refused("backup_rows", "long-value", &[1, 0, 0, 0x10, 0, 1]);
}
