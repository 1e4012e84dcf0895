//! What every store must do, as one suite.
//!
//! Each backend runs it on an empty store: [`super::memory::Memory`] natively, the IndexedDB store
//! in a browser (`tests/browser.rs`).

use super::{Store, StoreError};
use crate::{
    engine::effect::{Bound, ChangeSet, Row, Scan, Table},
    limits::MAX_ROW_KEY_BYTES,
};

fn row(table: Table, key: &[u8], value: &[u8]) -> Row {
    Row { table, key: key.to_vec(), value: value.to_vec().into() }
}

fn put(rows: Vec<Row>) -> ChangeSet {
    ChangeSet { puts: rows, ..ChangeSet::default() }
}

fn keys(rows: Vec<Row>) -> Vec<Vec<u8>> {
    rows.into_iter().map(|row| row.key).collect()
}

async fn scan<S: Store>(
    store: &S,
    prefix: &[u8],
    before: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let from = before.map_or(Bound::End, |before| Bound::Below(before.to_vec()));
    let scan = Scan { table: Table::Messages, prefix: prefix.to_vec(), from, limit };
    store.scan(&scan).await.map(keys)
}

async fn scan_up<S: Store>(
    store: &S,
    prefix: &[u8],
    after: &[u8],
    limit: usize,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let from = Bound::Above(after.to_vec());
    let scan = Scan { table: Table::Messages, prefix: prefix.to_vec(), from, limit };
    store.scan(&scan).await.map(keys)
}

/// Runs the suite on an empty store and leaves rows in it.
///
/// # Errors
///
/// The store's own. What it does wrong is an assertion.
pub async fn check<S: Store>(store: &S) -> Result<(), StoreError> {
    assert_eq!(store.load().await?, [], "an empty store holds nothing");
    loads_in_order_without_messages(store).await?;
    scans_downwards(store).await?;
    scans_upwards(store).await?;
    removes_before_it_writes(store).await?;
    removes_prefixes(store).await?;
    takes_all_or_nothing(store).await
}

async fn loads_in_order_without_messages<S: Store>(store: &S) -> Result<(), StoreError> {
    let mut rows = vec![
        row(Table::Drafts, b"a", b""),
        row(Table::Contacts, &[0xFF], b"high"),
        row(Table::Contacts, &[0], b"low"),
        row(Table::Account, b"", b"an empty key"),
    ];
    store.commit(&put(rows.clone())).await?;
    store.commit(&put(vec![row(Table::Messages, &[1], b"left out")])).await?;
    rows.reverse();
    assert_eq!(store.load().await?, rows);
    store.commit(&put(vec![row(Table::Contacts, &[0], b"replaced")])).await?;
    assert!(store.load().await?.contains(&row(Table::Contacts, &[0], b"replaced")));
    Ok(())
}

async fn scans_downwards<S: Store>(store: &S) -> Result<(), StoreError> {
    let all: [&[u8]; 6] = [&[5], &[5, 0], &[5, 1], &[5, 0xFF], &[5, 0xFF, 0xFF], &[6]];
    store.commit(&put(all.iter().map(|key| row(Table::Messages, key, b"m")).collect())).await?;
    let below = [vec![5, 0xFF, 0xFF], vec![5, 0xFF], vec![5, 1], vec![5, 0], vec![5]];
    assert_eq!(scan(store, &[5], None, 100).await?, below);
    assert_eq!(scan(store, &[5], None, 2).await?, below[..2]);
    assert_eq!(scan(store, &[5], None, 0).await?, below[..0]);
    assert_eq!(scan(store, &[5], Some(&[5, 0xFF]), 2).await?, below[2..4]);
    assert_eq!(scan(store, &[5], Some(&[5]), 9).await?, below[..0], "nothing is below the first");
    assert_eq!(scan(store, &[5], Some(&[9]), 9).await?, below, "a bound beyond the prefix");
    assert_eq!(scan(store, &[5, 0xFF], None, 9).await?, below[..2], "a prefix that ends in 0xFF");
    assert_eq!(scan(store, &[7], None, 9).await?, below[..0]);
    assert_eq!(scan(store, &[], None, 1).await?, [[6]], "no prefix is every row");
    assert_eq!(store.count(Table::Messages).await?, 7, "with the one that was left out");
    assert_eq!(store.count(Table::Outbox).await?, 0);
    Ok(())
}

/// Reads what [`scans_downwards`] has left.
async fn scans_upwards<S: Store>(store: &S) -> Result<(), StoreError> {
    let above = [vec![5, 0], vec![5, 1], vec![5, 0xFF], vec![5, 0xFF, 0xFF]];
    assert_eq!(scan_up(store, &[5], &[5], 9).await?, above);
    assert_eq!(scan_up(store, &[5], &[5], 2).await?, above[..2]);
    assert_eq!(scan_up(store, &[5], &[5], 0).await?, above[..0]);
    assert_eq!(scan_up(store, &[5], &[5, 1], 9).await?, above[2..]);
    assert_eq!(scan_up(store, &[5], &[5, 0xFF, 0xFF], 9).await?, above[..0], "nothing is above");
    assert_eq!(scan_up(store, &[5], &[9], 9).await?, above[..0], "a bound beyond the prefix");
    assert_eq!(scan_up(store, &[5, 0xFF], &[1], 9).await?, above[2..], "a bound before it");
    assert_eq!(scan_up(store, &[], &[5, 0xFF, 0xFF], 9).await?, [[6]], "no prefix is every row");
    Ok(())
}

async fn removes_before_it_writes<S: Store>(store: &S) -> Result<(), StoreError> {
    let key = (Table::Messages, vec![5, 1]);
    let changes = ChangeSet {
        puts: vec![row(Table::Messages, &[5, 1], b"new")],
        deletes: vec![key.clone(), (Table::Outbox, vec![1, 2, 3])],
        delete_prefixes: vec![key],
        ..ChangeSet::default()
    };
    store.commit(&changes).await?;
    assert_eq!(scan(store, &[5, 1], None, 9).await?, [[5, 1]]);
    let deletes = vec![(Table::Messages, vec![5, 1])];
    store.commit(&ChangeSet { deletes, ..ChangeSet::default() }).await?;
    assert_eq!(scan(store, &[5, 1], None, 9).await?, Vec::<Vec<u8>>::new());
    Ok(())
}

async fn removes_prefixes<S: Store>(store: &S) -> Result<(), StoreError> {
    let delete_prefixes = vec![(Table::Messages, vec![5, 0xFF])];
    store.commit(&ChangeSet { delete_prefixes, ..ChangeSet::default() }).await?;
    assert_eq!(scan(store, &[5], None, 9).await?, [vec![5, 0], vec![5]]);
    assert_eq!(scan(store, &[6], None, 9).await?, [[6]], "the row after the prefix stays");
    let delete_prefixes = vec![(Table::Messages, Vec::new())];
    store.commit(&ChangeSet { delete_prefixes, ..ChangeSet::default() }).await?;
    assert_eq!(scan(store, &[], None, 9).await?, Vec::<Vec<u8>>::new());
    assert!(!store.load().await?.is_empty(), "other tables stay");
    Ok(())
}

async fn takes_all_or_nothing<S: Store>(store: &S) -> Result<(), StoreError> {
    let long = vec![0; MAX_ROW_KEY_BYTES + 1];
    let changes = put(vec![row(Table::Messages, &[1], b""), row(Table::Outbox, &long, b"")]);
    assert_eq!(store.commit(&changes).await, Err(StoreError::KeyTooLong(long.len())));
    assert_eq!(scan(store, &[], None, 9).await?, Vec::<Vec<u8>>::new());
    store.commit(&ChangeSet::default()).await
}
