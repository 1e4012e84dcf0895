//! A profile with a long history, as a backup: `npm run bench` restores it in a browser.

use volly_core::engine::effect::Table;
use volly_core::{
    backup::{Writer, is_kept},
    crypto::passphrase::{Argon2Parameters, Passphrase},
    engine::ACCOUNT_KEY,
};

use super::world::World;

/// Contacts, each with as many messages: 100,000 in all.
const CONTACTS: usize = 10;
const MESSAGES: u64 = 10_000;

/// What opens it.
const PASSPHRASE: &str = "a long history";

#[test]
#[ignore = "writes the file that the variable VOLLY_PROFILE names"]
fn write_a_long_history() {
    let mut world = World::new(7, 1 + CONTACTS);
    for other in 1..=CONTACTS {
        let (contact, _) = world.introduce(0, other);
        world.users[0].store.fill(contact, MESSAGES);
    }
    let passphrase = Passphrase::new(PASSPHRASE).unwrap();
    let parameters = Argon2Parameters::new(8, 1, 1).unwrap();
    let seconds = world.now.seconds();
    let (mut writer, mut file) =
        Writer::with_passphrase(&passphrase, parameters, seconds, &mut world.rng).unwrap();
    let is_ours = |table, key: &[u8]| table != Table::Account || key == ACCOUNT_KEY;
    for row in world.users[0].store.all().filter(|row| is_kept(row.table)) {
        if is_ours(row.table, &row.key) {
            file.extend(writer.push(&row).unwrap());
        }
    }
    file.extend(writer.finish());
    let path = std::env::var("VOLLY_PROFILE").expect("VOLLY_PROFILE names a file");
    std::fs::write(path, file).unwrap();
}
