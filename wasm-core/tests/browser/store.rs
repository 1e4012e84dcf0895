//! The IndexedDB store: the common suite, and what only it promises.

use idb::{Database, DatabaseEvent, Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Reflect, Uint8Array};
use volly_core::{
    crypto::passphrase::{Argon2Parameters, Passphrase},
    engine::effect::{Bound, ChangeSet, Row, Scan, Table},
    key_wrap::{Credential, Purpose, WrappedKey},
    platform::entropy::system_rng,
    store::{Store, StoreError, conformance, indexed_db::IndexedDb},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

const SECRET: &[u8] = b"a text nobody else may read";

fn change(table: Table, key: &[u8], value: &[u8]) -> ChangeSet {
    let row = Row { table, key: key.to_vec(), value: value.to_vec().into() };
    ChangeSet { puts: vec![row], ..ChangeSet::default() }
}

/// Opens an empty database of this name.
async fn fresh(name: &str) -> IndexedDb {
    Factory::new().unwrap().delete(name).unwrap().await.unwrap();
    IndexedDb::open(name).await.unwrap()
}

/// The database as anybody sees it who reads the profile.
async fn raw(name: &str) -> Database {
    Factory::new().unwrap().open(name, None).unwrap().await.unwrap()
}

async fn raw_get(name: &str, store: &str, key: JsValue) -> JsValue {
    let database = raw(name).await;
    let transaction = database.transaction(&[store], TransactionMode::ReadOnly).unwrap();
    let value = transaction.object_store(store).unwrap().get(key).unwrap().await.unwrap();
    database.close();
    value.unwrap()
}

async fn raw_put(name: &str, store: &str, key: JsValue, value: JsValue) {
    let database = raw(name).await;
    let transaction = database.transaction(&[store], TransactionMode::ReadWrite).unwrap();
    transaction.object_store(store).unwrap().put(&value, Some(&key)).unwrap().await.unwrap();
    transaction.commit().unwrap().await.unwrap();
    database.close();
}

fn binary(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

#[wasm_bindgen_test]
async fn conforms() {
    conformance::check(&fresh("conforms").await).await.unwrap();
}

#[wasm_bindgen_test]
async fn what_was_written_is_there_after_a_restart() {
    let store = fresh("restart").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    store.close();
    let rows = IndexedDb::open("restart").await.unwrap().load().await.unwrap();
    assert_eq!(rows, change(Table::Account, b"k", SECRET).puts);
}

#[wasm_bindgen_test]
async fn the_raw_database_shows_no_value() {
    let store = fresh("raw").await;
    store.commit(&change(Table::Messages, b"k", SECRET)).await.unwrap();
    let value = Uint8Array::new(&raw_get("raw", "messages", binary(b"k")).await).to_vec();
    assert_eq!(value.len(), SECRET.len() + 40);
    assert!(!value.windows(8).any(|window| SECRET.windows(8).any(|secret| secret == window)));
}

#[wasm_bindgen_test]
async fn the_wrapping_key_cannot_be_exported() {
    fresh("wrapping").await;
    let key: web_sys::CryptoKey = raw_get("wrapping", "meta", "wrapping-key".into()).await.into();
    assert!(!key.extractable());
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).unwrap();
    let subtle = web_sys::Crypto::from(crypto).subtle();
    JsFuture::from(subtle.export_key("raw", &key).unwrap()).await.unwrap_err();
    let wrapped = raw_get("wrapping", "meta", "wrapped-key".into()).await;
    assert_eq!(Uint8Array::new(&wrapped).length(), 12 + 32 + 16);
}

#[wasm_bindgen_test]
async fn a_wrong_database_key_is_an_error() {
    let store = fresh("wrong-key").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    store.close();
    raw_put("wrong-key", "meta", "wrapped-key".into(), binary(&[7; 60])).await;
    assert_eq!(IndexedDb::open("wrong-key").await.err(), Some(StoreError::Key));
    raw_put("wrong-key", "meta", "wrapped-key".into(), binary(&[7; 3])).await;
    assert_eq!(IndexedDb::open("wrong-key").await.err(), Some(StoreError::Key));
}

#[wasm_bindgen_test]
async fn rows_without_a_key_are_not_taken_for_a_new_database() {
    let store = fresh("no-key").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    store.close();
    let database = raw("no-key").await;
    let transaction = database.transaction(&["meta"], TransactionMode::ReadWrite).unwrap();
    transaction.object_store("meta").unwrap().clear().unwrap().await.unwrap();
    transaction.commit().unwrap().await.unwrap();
    database.close();
    assert_eq!(IndexedDb::open("no-key").await.err(), Some(StoreError::Key));
}

#[wasm_bindgen_test]
async fn a_changed_row_is_an_error() {
    let store = fresh("changed").await;
    store.commit(&change(Table::Contacts, b"k", SECRET)).await.unwrap();
    raw_put("changed", "contacts", binary(b"k"), binary(&[0; 99])).await;
    assert_eq!(store.load().await, Err(StoreError::Row(Table::Contacts)));
    raw_put("changed", "contacts", binary(b"k"), "no bytes at all".into()).await;
    assert_eq!(store.load().await, Err(StoreError::Row(Table::Contacts)));
}

#[wasm_bindgen_test]
async fn a_newer_schema_is_left_alone() {
    fresh("newer").await.close();
    raw_put("newer", "meta", "schema".into(), 2.into()).await;
    assert_eq!(IndexedDb::open("newer").await.err(), Some(StoreError::Newer));
    let newer = Factory::new().unwrap().open("newer", Some(9)).unwrap().await.unwrap();
    newer.close();
    assert_eq!(IndexedDb::open("newer").await.err(), Some(StoreError::Newer));
    assert_eq!(raw_get("newer", "meta", "schema".into()).await, JsValue::from(2));
}

#[wasm_bindgen_test]
async fn a_connection_that_was_closed_is_opened_again() {
    let store = fresh("closed").await;
    store.close();
    store.commit(&change(Table::Messages, b"k", SECRET)).await.unwrap();
    store.close();
    let (table, prefix, from) = (Table::Messages, Vec::new(), Bound::End);
    let scan = Scan { table, prefix, from, limit: 2 };
    assert_eq!(store.scan(&scan).await.unwrap(), change(Table::Messages, b"k", SECRET).puts);
    store.close();
    assert_eq!(store.load().await.unwrap(), []);
}

#[wasm_bindgen_test]
async fn a_database_that_vanished_is_not_made_anew() {
    let store = fresh("vanished").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    // The open connection closes itself at `versionchange`, or this would wait for ever.
    Factory::new().unwrap().delete("vanished").unwrap().await.unwrap();
    let changes = change(Table::Account, b"k", SECRET);
    assert_eq!(store.commit(&changes).await, Err(StoreError::Replaced));
    let other = IndexedDb::open("vanished").await.unwrap();
    assert_eq!(store.commit(&changes).await, Err(StoreError::Replaced));
    assert_eq!(other.load().await.unwrap(), []);
}

fn wrapped(store: &IndexedDb, passphrase: &str) -> WrappedKey {
    let cheap = Argon2Parameters::new(8, 1, 1).unwrap();
    let passphrase = Passphrase::new(passphrase).unwrap();
    let (key, purpose) = (store.key(), Purpose::Database);
    WrappedKey::with_passphrase(key, purpose, &passphrase, cheap, &mut system_rng()).unwrap()
}

#[wasm_bindgen_test]
async fn a_locked_database_opens_with_its_passphrase_and_not_otherwise() {
    let store = fresh("locked").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    assert!(IndexedDb::lock_of("locked").await.unwrap().is_none());
    store.set_lock(Some(wrapped(&store, "a passphrase"))).await.unwrap();
    // Who has it open goes on, and knows it again after the browser has closed the connection.
    store.close();
    assert_eq!(store.load().await.unwrap(), change(Table::Account, b"k", SECRET).puts);
    store.close();

    assert_eq!(IndexedDb::open("locked").await.err(), Some(StoreError::Locked));
    let locked = IndexedDb::lock_of("locked").await.unwrap().unwrap();
    let open = |typed: &str| {
        let passphrase = Passphrase::new(typed).unwrap();
        locked.open(Purpose::Database, Credential::Passphrase(&passphrase))
    };
    assert!(open("another").is_err());
    let key = open("a passphrase").unwrap();
    let store = IndexedDb::open_with("locked", Some(key)).await.unwrap();
    assert_eq!(store.load().await.unwrap(), change(Table::Account, b"k", SECRET).puts);

    let before = raw_get("locked", "meta", "wrapped-key".into()).await;
    assert_eq!(Uint8Array::new(&before).length(), 12 + 99 + 16);
    store.set_lock(None).await.unwrap();
    store.close();
    let store = IndexedDb::open("locked").await.unwrap();
    assert_eq!(store.load().await.unwrap(), change(Table::Account, b"k", SECRET).puts);
}

#[wasm_bindgen_test]
async fn a_database_whose_keys_were_destroyed_opens_for_nobody() {
    let store = fresh("destroyed").await;
    store.commit(&change(Table::Account, b"k", SECRET)).await.unwrap();
    IndexedDb::destroy_keys("destroyed").await.unwrap();
    store.close();
    assert_eq!(IndexedDb::open("destroyed").await.err(), Some(StoreError::Key));
    IndexedDb::delete("destroyed").await;
    assert_eq!(IndexedDb::open("destroyed").await.unwrap().load().await.unwrap(), []);
}

/// The object stores of layout 1.
const LAYOUT_1: [&str; 9] = [
    "account", "contacts", "sessions", "messages", "outbox", "invites", "drafts", "expiries",
    "meta",
];

#[wasm_bindgen_test]
async fn a_database_from_before_there_were_files_is_upgraded_and_keeps_what_it_holds() {
    let name = "layout";
    let store = fresh(name).await;
    store.commit(&change(Table::Messages, &[1, 2], SECRET)).await.unwrap();
    store.close();
    let mut rows = vec![("messages", binary(&[1, 2]))];
    rows.extend(["schema", "wrapping-key", "wrapped-key"].map(|key| ("meta", key.into())));
    let mut kept = Vec::new();
    for (store, key) in rows {
        let value = raw_get(name, store, key.clone()).await;
        kept.push((store, key, value));
    }
    drop(store);
    Factory::new().unwrap().delete(name).unwrap().await.unwrap();
    let mut old = Factory::new().unwrap().open(name, Some(1)).unwrap();
    old.on_upgrade_needed(|event| {
        let database = event.database().unwrap();
        for store in LAYOUT_1 {
            database.create_object_store(store, ObjectStoreParams::new()).unwrap();
        }
    });
    old.await.unwrap().close();
    for (store, key, value) in kept {
        raw_put(name, store, key, value).await;
    }

    let store = IndexedDb::open(name).await.unwrap();
    let (table, prefix, from) = (Table::Messages, Vec::new(), Bound::End);
    let found = store.scan(&Scan { table, prefix, from, limit: 9 }).await.unwrap();
    assert_eq!(found[0].value.as_slice(), SECRET);
    store.commit(&change(Table::Chunks, &[1], SECRET)).await.unwrap();
    assert_eq!(store.count(Table::Chunks).await, Ok(1));
}
