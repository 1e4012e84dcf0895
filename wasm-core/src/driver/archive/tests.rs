use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    task::Waker,
};

use core::{future::Future, task::Poll, time::Duration};

use futures::{SinkExt, channel::mpsc, executor::LocalPool, future::poll_fn, task::LocalSpawnExt};

use super::*;
use crate::{
    api::{
        BackupKey, BeginRestore, Call, FinishRestore, GetSnapshot, NextBackupPart, Profile,
        RestorePart, SaveBackup, Snapshot, Start, StopBackup, StopRestore,
    },
    backup::HEADER_BYTES,
    driver::{
        Network,
        lead::{Leader, Witness},
    },
    engine::{
        Engine,
        effect::{Bound, Scan},
        input::Timestamp,
    },
    key_wrap::{Credential, Purpose},
    rpc::{PortId, RunId, ToClients, server::Publish},
    store::memory::Memory,
};

/// A store that refuses the n-th transaction from now.
#[derive(Default)]
struct Disk {
    memory: Memory,
    refuse_in: Cell<Option<usize>>,
}

impl Store for Disk {
    async fn load(&self) -> Result<Vec<Row>, StoreError> {
        self.memory.load().await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StoreError> {
        self.memory.scan(scan).await
    }

    async fn count(&self, table: Table) -> Result<u64, StoreError> {
        self.memory.count(table).await
    }

    async fn commit(&self, changes: &ChangeSet) -> Result<(), StoreError> {
        match self.refuse_in.get() {
            Some(0) => Err(StoreError::Refused),
            left => {
                self.refuse_in.set(left.map(|left| left - 1));
                self.memory.commit(changes).await
            }
        }
    }
}

/// A clock that a test moves.
#[derive(Clone, Default)]
struct Hand(Rc<(Cell<u64>, RefCell<Vec<Waker>>)>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000 + self.0.0.get())
    }

    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> {
        let end = self.0.0.get() + u64::try_from(duration.as_millis()).unwrap();
        let hand = self.clone();
        poll_fn(move |context| {
            hand.0.1.borrow_mut().push(context.waker().clone());
            if hand.0.0.get() < end { Poll::Pending } else { Poll::Ready(()) }
        })
    }
}

#[derive(Default)]
struct Known(Cell<bool>);

impl Witness for Known {
    fn knows_identity(&self) -> bool {
        self.0.get()
    }

    fn identity_exists(&self) {
        self.0.set(true);
    }

    fn epoch(&self) -> u64 {
        0
    }

    fn started(&self, _: u64) {}

    fn takes_older(&self) -> bool {
        false
    }
}

/// A browser: a disk, and the engine on it.
struct Browser {
    disk: &'static Disk,
    pool: LocalPool,
    clock: Hand,
    calls: mpsc::Sender<ToServer>,
    heard: Rc<RefCell<Vec<ToClients>>>,
    next: u64,
}

impl Browser {
    fn new(disk: Disk) -> Self {
        Self::start(Box::leak(Box::new(disk)))
    }

    /// Another start on the same disk.
    fn start(disk: &'static Disk) -> Self {
        let (pool, clock) = (LocalPool::new(), Hand::default());
        let (calls, receiver) = mpsc::channel(64);
        let (receiver, clock_ref) =
            (Box::leak(Box::new(receiver)), Box::leak(Box::new(clock.clone())));
        let heard: Rc<RefCell<Vec<ToClients>>> = Rc::default();
        let said = Rc::clone(&heard);
        let publish: Publish = Rc::new(move |message| said.borrow_mut().push(message));
        let witness = Rc::new(Known::default());
        let leader = Leader { store: disk, clock: &*clock_ref, witness, calls: receiver };
        let network = || {
            let ((actions, taken), (events, events_receiver)) =
                (mpsc::channel(9_999), mpsc::channel(1));
            std::mem::forget((taken, events));
            Network { actions, events: events_receiver }
        };
        let task = async move {
            leader.lead::<Engine>(&publish, network).await;
        };
        pool.spawner().spawn_local(task).unwrap();
        let mut browser = Self { disk, pool, clock, calls, heard, next: 0 };
        browser.pool.run_until_stalled();
        browser
    }

    fn run(&self) -> RunId {
        let heard = self.heard.borrow();
        let up = |message: &ToClients| match message {
            ToClients::Up { run, .. } => Some(*run),
            _ => None,
        };
        heard.iter().rev().find_map(up).unwrap()
    }

    fn ask<C: Call>(&mut self, call: C) -> u64 {
        self.next += 1;
        let (run, port, call, request) = (self.run(), PortId(1), CallId(self.next), call.into());
        let message = ToServer::Call { run, port, call, request };
        self.pool.run_until(self.calls.send(message)).unwrap();
        self.pool.run_until_stalled();
        self.next
    }

    fn answer<C: Call>(&self, asked: u64) -> Option<Result<C::Reply, ApiError>> {
        let heard = self.heard.borrow();
        heard.iter().find_map(|message| match message {
            ToClients::Reply { call, reply, .. } if call.0 == asked => {
                Some(postcard::from_bytes(reply).unwrap())
            }
            _ => None,
        })
    }

    fn call<C: Call>(&mut self, call: C) -> Result<C::Reply, ApiError> {
        let asked = self.ask(call);
        self.answer::<C>(asked).expect("it is answered")
    }

    fn snapshot(&mut self) -> Snapshot {
        self.call(GetSnapshot {}).unwrap()
    }

    /// The whole file, and how much of it was said to be done after each part.
    fn save(&mut self) -> (Vec<u8>, Vec<(u64, u64)>) {
        let mut part = self.call(SaveBackup { key: BackupKey::Phrase }).unwrap();
        let (mut file, mut progress) = (Vec::new(), Vec::new());
        loop {
            file.extend_from_slice(&part.bytes);
            progress.push((part.done, part.of));
            if part.is_last {
                return (file, progress);
            }
            part = self.call(NextBackupPart {}).unwrap();
        }
    }

    fn restore(&mut self, file: &[u8], words: &str) -> Result<(), ApiError> {
        let header = file.get(..HEADER_BYTES).ok_or(ApiError::BackupDamaged)?;
        let decoded = Header::decode(header).map_err(|_| ApiError::BackupDamaged)?;
        let passphrase = Passphrase::new(&as_passphrase(words)).unwrap();
        let opened = decoded.wrapped_key.open(Purpose::Backup, Credential::Passphrase(&passphrase));
        let file_key = *opened.map_err(|_| ApiError::BackupDamaged)?.expose();
        self.call(BeginRestore { header: header.to_vec(), file_key })?;
        for bytes in file[HEADER_BYTES..].chunks(BACKUP_PART_BYTES) {
            self.call(RestorePart { bytes: bytes.to_vec() })?;
        }
        self.call(FinishRestore {})
    }

    fn rows(&mut self) -> Vec<Row> {
        let disk = self.disk;
        self.pool.run_until(async move {
            let mut rows = disk.memory.load().await.unwrap();
            for table in [Table::Messages, Table::Chunks] {
                let (prefix, from, limit) = (Vec::new(), Bound::End, usize::MAX);
                let scan = Scan { table, prefix, from, limit };
                rows.extend(disk.memory.scan(&scan).await.unwrap());
            }
            rows
        })
    }
}

fn message(number: u32, bytes: usize) -> Row {
    let mut key = vec![7; 21];
    key.extend_from_slice(&number.to_be_bytes());
    let value = vec![u8::try_from(number % 251).unwrap(); bytes];
    Row { table: Table::Messages, key, value: value.into() }
}

/// Chunks of files, more than a page of a backup holds.
const CHUNKS: u32 = 20;

/// Somebody with a history of so many messages, a file, and the words.
fn somebody(messages: u32) -> (Browser, String) {
    let mut browser = Browser::new(Disk::default());
    let _: Profile = browser.call(Start { name: "Alice".into() }).unwrap();
    let chunk = |number| Row { table: Table::Chunks, ..message(number, 61_457) };
    let messages = (0..messages).map(|number| message(number, 1_000));
    let puts = messages.chain((0..CHUNKS).map(chunk)).collect();
    let changes = ChangeSet { puts, ..ChangeSet::default() };
    let disk = browser.disk;
    browser.pool.run_until(async move { disk.memory.commit(&changes).await }).unwrap();
    let words = browser.call(crate::api::RevealRecoveryPhrase {}).unwrap();
    (browser, words.join("  ").to_uppercase())
}

fn messages(browser: &mut Browser) -> Vec<Row> {
    let is_read_later = |row: &Row| !row.table.is_loaded();
    browser.rows().into_iter().filter(is_read_later).collect()
}

#[test]
fn what_was_saved_is_restored_bit_for_bit_as_another_device() {
    let (mut before, words) = somebody(3_000);
    let (file, progress) = before.save();
    assert!(progress.len() >= 3 && progress.is_sorted(), "{progress:?}");
    assert_eq!(progress.last(), Some(&(3_021, 3_021)));

    let mut after = Browser::new(Disk::default());
    assert_eq!(after.restore(&file, &words), Ok(()));
    assert_eq!(messages(&mut after), messages(&mut before));
    assert_eq!(after.snapshot().profile, before.snapshot().profile);
    let account = |browser: &mut Browser| {
        let mut rows = browser.rows();
        let marks = [RESTORED_KEY, RESTORING_KEY];
        assert!(!rows.iter().any(|row| marks.contains(&row.key.as_slice())), "no mark is left");
        rows.retain(|row| row.table == Table::Account && row.key == ACCOUNT_KEY);
        rows
    };
    let (before, after) = (account(&mut before), account(&mut after));
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before[0].value, after[0].value, "the device is another one");
}

#[test]
fn nothing_is_done_while_a_backup_is_written_and_all_of_it_afterwards() {
    let (mut browser, _) = somebody(3_000);
    let part = browser.call(SaveBackup { key: BackupKey::Phrase }).unwrap();
    assert!(!part.is_last);
    let waits = browser.ask(GetSnapshot {});
    assert_eq!(browser.answer::<GetSnapshot>(waits), None);
    assert_eq!(browser.call(StopBackup {}), Ok(()));
    assert!(browser.answer::<GetSnapshot>(waits).is_some());
    assert_eq!(browser.call(NextBackupPart {}), Err(ApiError::NotFound));

    browser.call(SaveBackup { key: BackupKey::Phrase }).unwrap();
    let waits = browser.ask(GetSnapshot {});
    assert_eq!(browser.answer::<GetSnapshot>(waits), None);
    browser.clock.0.0.set(10_000);
    browser.clock.0.1.take().into_iter().for_each(Waker::wake);
    browser.pool.run_until_stalled();
    assert!(browser.answer::<GetSnapshot>(waits).is_some(), "the page that wanted it is gone");
}

#[test]
fn a_file_that_was_cut_or_changed_leaves_nothing() {
    let (mut before, words) = somebody(200);
    let (file, _) = before.save();
    let damaged = |file: Vec<u8>| {
        let mut browser = Browser::new(Disk::default());
        assert_eq!(browser.restore(&file, &words), Err(ApiError::BackupDamaged));
        assert_eq!(browser.rows(), [], "nothing is left of it");
        assert_eq!(browser.snapshot().profile, None);
        assert!(browser.call(Start { name: "Somebody".into() }).is_ok());
    };
    let chunk = HEADER_BYTES + 65_552;
    for length in [HEADER_BYTES, HEADER_BYTES + 1, chunk - 1, chunk, chunk + 1, file.len() - 1] {
        damaged(file[..length].to_vec());
    }
    for at in [0, 20, HEADER_BYTES - 1, HEADER_BYTES, chunk, file.len() - 1] {
        let mut changed = file.clone();
        changed[at] ^= 1;
        damaged(changed);
    }
    damaged([&file[..], &[0]].concat());
}

#[test]
fn a_disk_that_is_full_at_any_point_is_told_and_leaves_nothing() {
    let (mut before, words) = somebody(2_500);
    let (file, _) = before.save();
    let mut refused = 0;
    for at in 0.. {
        let mut browser = Browser::new(Disk::default());
        browser.disk.refuse_in.set(Some(at));
        let restored = browser.restore(&file, &words);
        browser.disk.refuse_in.set(None);
        if restored.is_ok() {
            break;
        }
        assert_eq!(restored, Err(ApiError::NotStored), "transaction {at}");
        let mut next = Browser::start(browser.disk);
        assert_eq!(next.snapshot().profile, None);
        assert_eq!(next.rows(), [], "transaction {at}");
        assert_eq!(next.restore(&file, &words), Ok(()));
        refused += 1;
    }
    assert!(refused >= 5, "the mark, each part, and the end: {refused}");
}

#[test]
fn a_restoring_that_nobody_ends_is_cleared_at_the_next_start() {
    let (mut before, words) = somebody(2_500);
    let (file, _) = before.save();
    let mut browser = Browser::new(Disk::default());
    let cut = browser.restore(&file[..file.len() / 2], &words);
    assert_eq!(cut, Err(ApiError::BackupDamaged));
    let header = file[..HEADER_BYTES].to_vec();
    browser.call(BeginRestore { header: header.clone(), file_key: [0; 32] }).unwrap();
    let mut next = Browser::start(browser.disk);
    assert_eq!(next.rows(), []);
    assert_eq!(next.call(RestorePart { bytes: Vec::new() }), Err(ApiError::NotFound));
    next.call(BeginRestore { header, file_key: [0; 32] }).unwrap();
    assert_eq!(next.call(StopRestore {}), Ok(()));
    assert_eq!(next.rows(), []);
}

#[test]
fn who_is_somebody_already_is_not_written_over() {
    let (mut browser, words) = somebody(1);
    let (file, _) = browser.save();
    let before = browser.rows();
    assert_eq!(browser.restore(&file, &words), Err(ApiError::AlreadyStarted));
    assert_eq!(browser.rows(), before);
}
