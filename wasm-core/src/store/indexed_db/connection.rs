//! Opening the database, and its transactions.

use idb::{
    Database, DatabaseEvent, Event, Factory, ObjectStoreParams, Request, Transaction,
    TransactionMode, TransactionResult, event::VersionChangeEvent,
};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::IdbDatabase;

use super::{StoreError, meta, name};
use crate::engine::effect::{Durability, Table};

/// The version of the set of object stores, as IndexedDB counts it. An upgrade only ever adds: 2 adds
/// those of files.
const LAYOUT_VERSION: u32 = 2;

/// What to do when there is no database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Make it.
    Create,
    /// Leave it absent: [`StoreError::Replaced`].
    Refuse,
}

/// A connection. idb hides the browser's object, which [`write`] needs.
#[derive(Debug)]
pub(super) struct Connection {
    database: Database,
    raw: IdbDatabase,
}

impl Connection {
    /// Closes it; transactions that run come to their end.
    pub(super) fn close(&self) {
        self.raw.close();
    }
}

/// A connection that nobody holds would keep every upgrade waiting until it is collected.
impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

/// Opens a connection that closes itself when another tab wants to upgrade or delete the database.
pub(super) async fn connect(name: &str, absent: Absent) -> Result<Connection, StoreError> {
    let factory = Factory::new().map_err(|_| StoreError::Unavailable)?;
    let mut request =
        factory.open(name, Some(LAYOUT_VERSION)).map_err(|_| StoreError::Unavailable)?;
    request.on_upgrade_needed(move |event| {
        // A failure here aborts the upgrade, and the request answers with an error.
        if upgrade(&event, absent).is_err() {
            let transaction = event.target().ok().and_then(|request| request.transaction());
            let _ = transaction.map(Transaction::abort);
        }
    });
    let raw: IdbDatabase = request
        .await
        .map_err(|error| match exception(&error).as_deref() {
            Some("VersionError") => StoreError::Newer,
            Some("AbortError") if absent == Absent::Refuse => StoreError::Replaced,
            _ => StoreError::Unavailable,
        })?
        .into();
    let mut database = Database::from(raw.clone());
    database.on_version_change(|event| {
        if let Some(database) = event.target().and_then(|it| it.dyn_into::<IdbDatabase>().ok()) {
            database.close();
        }
    });
    Ok(Connection { database, raw })
}

/// Adds the object stores that are missing; refuses to make a database where there was none.
fn upgrade(event: &VersionChangeEvent, absent: Absent) -> Result<(), idb::Error> {
    if absent == Absent::Refuse && event.old_version()? == 0 {
        return Err(idb::Error::TransactionNotFound);
    }
    let database = event.database()?;
    let present = database.store_names();
    for wanted in Table::ALL.map(name).into_iter().chain([meta::STORE]) {
        if !present.iter().any(|name| name == wanted) {
            database.create_object_store(wanted, ObjectStoreParams::new())?;
        }
    }
    Ok(())
}

/// The name of the `DOMException` behind an error.
fn exception(error: &idb::Error) -> Option<String> {
    match error {
        idb::Error::DomException(exception) => Some(exception.name()),
        _ => None,
    }
}

/// A transaction that reads.
pub(super) fn read(connection: &Connection, stores: &[&str]) -> Result<Transaction, idb::Error> {
    connection.database.transaction(stores, TransactionMode::ReadOnly)
}

/// Runs `requests` in one transaction and waits until it is as durable as is asked.
///
/// Strict: the browser answers after the disk has it, where its default (relaxed in Chromium and
/// Firefox) is to answer once the operating system has it. web-sys has the option behind an
/// unstable flag only, so it is set by name.
pub(super) async fn write(
    connection: &Connection,
    stores: &[&str],
    durability: Durability,
    requests: impl FnOnce(&Transaction) -> Result<(), idb::Error>,
) -> Result<(), idb::Error> {
    let transaction =
        open(&connection.raw, stores, durability).map_err(idb::Error::TransactionOpenFailed)?;
    if let Err(error) = requests(&transaction) {
        let _ = transaction.abort();
        return Err(error);
    }
    match transaction.commit()?.await? {
        TransactionResult::Committed => Ok(()),
        TransactionResult::Aborted => Err(idb::Error::DomExceptionNotFound),
    }
}

fn open(
    database: &IdbDatabase,
    stores: &[&str],
    durability: Durability,
) -> Result<Transaction, JsValue> {
    let options = Object::new();
    let durability = match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    };
    Reflect::set(&options, &"durability".into(), &durability.into())?;
    let names: Array = stores.iter().map(|name| JsValue::from(*name)).collect();
    let open: Function = Reflect::get(database, &"transaction".into())?.dyn_into()?;
    let transaction = open.call3(database, &names, &"readwrite".into(), &options)?;
    Transaction::try_from(transaction).map_err(|_| JsValue::NULL)
}
