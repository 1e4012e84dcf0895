//! The store of a browser: IndexedDB, every value sealed (docs/storage.md).
//!
//! Invariant: a database that is not the one that was opened is never written to, and one that is
//! gone is never made anew under a running engine.

use core::cell::{Cell, RefCell};
use std::rc::Rc;

use idb::{CursorDirection, KeyRange, Query};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use self::{
    connection::{Absent, Connection, connect, read, write},
    meta::{Inner, Meta},
};
use super::{Store, StoreError, after_prefix, at_rest::TableKeys, check_keys};
use crate::{
    crypto::secret::Secret,
    engine::effect::{Bound, ChangeSet, Row, Scan, Table},
    key_wrap::{Method, WrappedKey},
    platform::{entropy::system_rng, storage},
};

mod connection;
mod meta;

/// The encrypted store. Only one may be open at a time (the leader tab's).
#[derive(Debug)]
pub struct IndexedDb {
    name: String,
    connection: RefCell<Rc<Connection>>,
    key: Secret<32>,
    keys: TableKeys,
    /// Tells this database from one that was put in its place.
    meta: RefCell<Meta>,
    /// What the key is under as well.
    lock: Cell<Option<Method>>,
}

impl IndexedDb {
    /// Opens the database, and makes it with a fresh key when there is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::Newer`], [`StoreError::Locked`], [`StoreError::Key`] when its key is gone or does not
    /// open, and [`StoreError::Unavailable`]. None of them changes the database.
    pub async fn open(name: &str) -> Result<Self, StoreError> {
        Self::open_with(name, None).await
    }

    /// Opens the database with its key, if that is under a passphrase; see [`Self::lock_of`].
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub async fn open_with(name: &str, key: Option<Secret<32>>) -> Result<Self, StoreError> {
        let connection = connect(name, Absent::Create).await?;
        let meta = match Meta::read(&connection).await? {
            Some(meta) => meta,
            None if is_empty(&connection).await? => Meta::create(&connection).await?,
            None => return Err(StoreError::Key),
        };
        let (key, lock) = match meta.unwrap().await? {
            Inner::Key(key) => (key, None),
            Inner::Locked(wrapped) => (key.ok_or(StoreError::Locked)?, Some(wrapped.method())),
        };
        Ok(Self {
            name: name.to_owned(),
            connection: RefCell::new(Rc::new(connection)),
            keys: TableKeys::derive(&key),
            key,
            meta: RefCell::new(meta),
            lock: Cell::new(lock),
        })
    }

    /// The database's key under its passphrase; `None` when there is no passphrase.
    ///
    /// # Errors
    ///
    /// As [`Self::open`], and [`StoreError::Replaced`] when there is no database.
    pub async fn lock_of(name: &str) -> Result<Option<WrappedKey>, StoreError> {
        let connection = connect(name, Absent::Refuse).await?;
        let meta = Meta::read(&connection).await?.ok_or(StoreError::Key)?;
        Ok(match meta.unwrap().await? {
            Inner::Key(_) => None,
            Inner::Locked(wrapped) => Some(wrapped),
        })
    }

    /// What the key is under as well; `None`: nothing.
    pub const fn lock(&self) -> Option<Method> {
        self.lock.get()
    }

    /// The database key, to be wrapped.
    pub const fn key(&self) -> &Secret<32> {
        &self.key
    }

    /// Puts the database's key under what it was wrapped with, or takes that away.
    ///
    /// # Errors
    ///
    /// [`StoreError::Refused`] and [`StoreError::Unavailable`]; it is as it was before.
    pub async fn set_lock(&self, wrapped: Option<WrappedKey>) -> Result<(), StoreError> {
        let lock = wrapped.as_ref().map(WrappedKey::method);
        let inner = wrapped.map_or_else(|| Inner::Key(self.key.clone()), Inner::Locked);
        let meta = self.meta.borrow().clone();
        let meta = meta.replace(&self.connection(), &inner).await?;
        *self.meta.borrow_mut() = meta;
        self.lock.set(lock);
        Ok(())
    }

    /// Removes the keys of this database: nothing in it opens any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn destroy(&self) -> Result<(), StoreError> {
        Meta::destroy(&self.connection()).await
    }

    /// Removes the keys of a database, whoever has it open: nothing in it opens any more.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; [`StoreError::Replaced`] when there is none.
    pub async fn destroy_keys(name: &str) -> Result<(), StoreError> {
        Meta::destroy(&connect(name, Absent::Refuse).await?).await
    }

    /// Deletes a database. Whoever has it open lets it go.
    pub async fn delete(name: &str) {
        if let Ok(request) = idb::Factory::new().and_then(|factory| factory.delete(name)) {
            // Without its keys it is of no use, whether the browser removes it or not.
            let _ = request.await;
        }
    }

    /// Closes the connection. What is asked of the store afterwards opens it again.
    pub fn close(&self) {
        self.connection.borrow().close();
    }

    fn connection(&self) -> Rc<Connection> {
        Rc::clone(&self.connection.borrow())
    }

    /// Opens the same database again: browsers close connections under us when a disk hiccups.
    async fn reconnect(&self) -> Result<Rc<Connection>, StoreError> {
        self.close();
        let connection = Rc::new(connect(&self.name, Absent::Refuse).await?);
        match Meta::read(&connection).await? {
            Some(meta) if meta.wrapped_key == self.meta.borrow().wrapped_key => {
                *self.connection.borrow_mut() = Rc::clone(&connection);
                Ok(connection)
            }
            _ => Err(StoreError::Replaced),
        }
    }

    fn open_row(&self, table: Table, key: &JsValue, value: &JsValue) -> Result<Row, StoreError> {
        self.keys.open(table, bytes(key), &bytes(value))
    }

    /// Seals the rows of a transaction; a second try writes the same bytes.
    fn seal(&self, changes: &ChangeSet) -> Vec<SealedRow> {
        let mut rng = system_rng();
        let seal = |row: &Row| SealedRow {
            table: row.table,
            key: binary(&row.key),
            value: binary(&self.keys.seal(row, &mut rng)),
        };
        changes.puts.iter().map(seal).collect()
    }
}

/// A row as it is written.
struct SealedRow {
    table: Table,
    key: JsValue,
    value: JsValue,
}

impl Store for IndexedDb {
    async fn load(&self) -> Result<Vec<Row>, StoreError> {
        let stored = match read_all(&self.connection()).await {
            Ok(stored) => stored,
            Err(_) => read_all(&*self.reconnect().await?).await.map_err(refused)?,
        };
        stored.iter().map(|(table, key, value)| self.open_row(*table, key, value)).collect()
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        let stored = match read_stretch(&self.connection(), scan).await {
            Ok(stored) => stored,
            Err(_) => read_stretch(&*self.reconnect().await?, scan).await.map_err(refused)?,
        };
        stored.iter().map(|(key, value)| self.open_row(scan.table, key, value)).collect()
    }

    async fn count(&self, table: Table) -> Result<u64, StoreError> {
        let rows = match count(&self.connection(), table).await {
            Ok(rows) => rows,
            Err(_) => count(&*self.reconnect().await?, table).await.map_err(refused)?,
        };
        Ok(rows.into())
    }

    fn room(&self) -> impl Future<Output = Option<u64>> {
        storage::room()
    }

    async fn commit(&self, changes: &ChangeSet) -> Result<(), StoreError> {
        check_keys(changes)?;
        let puts = self.seal(changes);
        if put_all(&self.connection(), &puts, changes).await.is_ok() {
            return Ok(());
        }
        // Doing the same changes twice is doing them once, so a transaction of which one cannot say
        // whether it was done may be tried again.
        put_all(&*self.reconnect().await?, &puts, changes).await.map_err(refused)
    }
}

/// The error of a second try; the first one is taken for a connection that was closed under us.
fn refused(_: idb::Error) -> StoreError {
    StoreError::Refused
}

/// The name of a table's object store.
const fn name(table: Table) -> &'static str {
    match table {
        Table::Account => "account",
        Table::Contacts => "contacts",
        Table::Sessions => "sessions",
        Table::Messages => "messages",
        Table::Outbox => "outbox",
        Table::Invites => "invites",
        Table::Drafts => "drafts",
        Table::Expiries => "expiries",
        Table::Files => "files",
        Table::Chunks => "chunks",
    }
}

/// What a start reads.
fn loaded() -> impl Iterator<Item = Table> {
    Table::ALL.into_iter().filter(|table| table.is_loaded())
}

async fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let count = async {
        let transaction = read(connection, &Table::ALL.map(name))?;
        let mut rows = 0;
        for table in Table::ALL {
            rows += transaction.object_store(name(table))?.count(None)?.await?;
        }
        Ok::<_, idb::Error>(rows)
    };
    count.await.map(|rows| rows == 0).map_err(|_| StoreError::Unavailable)
}

async fn count(connection: &Connection, table: Table) -> Result<u32, idb::Error> {
    read(connection, &[name(table)])?.object_store(name(table))?.count(None)?.await
}

async fn read_all(connection: &Connection) -> Result<Vec<(Table, JsValue, JsValue)>, idb::Error> {
    let transaction = read(connection, &loaded().map(name).collect::<Vec<_>>())?;
    let mut rows = Vec::new();
    for table in loaded() {
        let store = transaction.object_store(name(table))?;
        // Both are asked for before either answer: a transaction without a request ends.
        let (keys, values) = (store.get_all_keys(None, None)?, store.get_all(None, None)?);
        let (keys, values) =
            futures::future::try_join(keys.into_future(), values.into_future()).await?;
        rows.extend(keys.into_iter().zip(values).map(|(key, value)| (table, key, value)));
    }
    Ok(rows)
}

async fn read_stretch(
    connection: &Connection,
    scan: &Scan,
) -> Result<Vec<(JsValue, JsValue)>, idb::Error> {
    let mut rows = Vec::new();
    let Some(range) = range(scan)? else { return Ok(rows) };
    let transaction = read(connection, &[name(scan.table)])?;
    let store = transaction.object_store(name(scan.table))?;
    let query = Some(Query::KeyRange(range));
    if scan.is_upwards() {
        // Only this way a browser reads many at once.
        let limit = u32::try_from(scan.limit).ok();
        let keys = store.get_all_keys(query.clone(), limit)?;
        let values = store.get_all(query, limit)?;
        let (keys, values) =
            futures::future::try_join(keys.into_future(), values.into_future()).await?;
        return Ok(keys.into_iter().zip(values).collect());
    }
    let Some(cursor) = store.open_cursor(query, Some(CursorDirection::Prev))?.await? else {
        return Ok(rows);
    };
    let mut cursor = cursor.into_managed();
    while let (Some(key), Some(value)) = (cursor.key()?, cursor.value()?) {
        rows.push((key, value));
        if rows.len() == scan.limit {
            break;
        }
        cursor.next(None).await?;
    }
    Ok(rows)
}

/// The keys of a stretch; `None` when there can be none, which IndexedDB calls an error.
fn range(scan: &Scan) -> Result<Option<KeyRange>, idb::Error> {
    let (mut lower, mut upper) = (scan.prefix.clone(), after_prefix(&scan.prefix));
    let mut without_lower = false;
    match &scan.from {
        Bound::End => {}
        Bound::Below(bound) => {
            upper = Some(upper.map_or_else(|| bound.clone(), |end| end.min(bound.clone())));
        }
        Bound::Above(bound) if *bound >= lower => {
            lower.clone_from(bound);
            without_lower = true;
        }
        Bound::Above(_) => {}
    }
    match upper {
        _ if scan.limit == 0 => Ok(None),
        Some(upper) if upper <= lower => Ok(None),
        Some(upper) => {
            KeyRange::bound(&binary(&lower), &binary(&upper), Some(without_lower), Some(true))
                .map(Some)
        }
        None => KeyRange::lower_bound(&binary(&lower), Some(without_lower)).map(Some),
    }
}

async fn put_all(
    connection: &Connection,
    puts: &[SealedRow],
    changes: &ChangeSet,
) -> Result<(), idb::Error> {
    let removed = changes.deletes.iter().chain(&changes.delete_prefixes).map(|(table, _)| *table);
    let mut tables: Vec<_> = puts.iter().map(|row| row.table).chain(removed).map(name).collect();
    tables.sort_unstable();
    tables.dedup();
    if tables.is_empty() {
        return Ok(());
    }
    write(connection, &tables, changes.durability, |transaction| {
        for (table, prefix) in &changes.delete_prefixes {
            let store = transaction.object_store(name(*table))?;
            let lower = binary(prefix);
            let range = match after_prefix(prefix) {
                Some(end) => KeyRange::bound(&lower, &binary(&end), None, Some(true)),
                None => KeyRange::lower_bound(&lower, None),
            };
            store.delete(range?)?;
        }
        for (table, key) in &changes.deletes {
            transaction.object_store(name(*table))?.delete(binary(key))?;
        }
        for row in puts {
            transaction.object_store(name(row.table))?.put(&row.value, Some(&row.key))?;
        }
        Ok(())
    })
    .await
}

/// Bytes as a key or value. IndexedDB orders such keys bytewise.
fn binary(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// What [`binary`] gave, as it comes back: keys as an `ArrayBuffer`, values as a `Uint8Array`.
fn bytes(value: &JsValue) -> Vec<u8> {
    Uint8Array::new(value).to_vec()
}
