//! The one thread that writes. It takes what has gathered while the last transaction was on its
//! way to the disk, and makes one transaction of it: a sync to disk is shared by everyone who waits.

use std::{sync::Arc, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use volly_core::wire::mailbox::{Address, Op, Status};

use super::{
    Change, Limits,
    answer::Answer,
    apply, expire,
    recent::Recent,
    store::{Store, StoreError, Tables},
    switchboard::Switchboard,
};
use crate::{clock, defaults};

/// Hands changes to the writer. The thread ends when every clone is dropped and all is written.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: mpsc::Sender<Command>,
    /// Counts the bytes that wait, in KiB.
    room: Arc<Semaphore>,
}

/// The writer's thread.
pub type Handle = thread::JoinHandle<()>;

#[derive(Debug)]
enum Command {
    Change {
        address: Address,
        change: Arc<Change>,
        answer: Arc<Answer>,
        _room: OwnedSemaphorePermit,
    },
    Sweep,
}

/// What the thread works on.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Where it writes.
    pub store: Store,
    /// Whom it tells.
    pub switchboard: Arc<Switchboard>,
    /// What need not be written any more.
    pub recent: Arc<Recent>,
    /// How much it writes.
    pub limits: Limits,
}

/// Starts the thread.
///
/// # Errors
/// When the system gives no thread.
pub fn start(desk: Desk) -> std::io::Result<(Writer, Handle)> {
    let (queue, commands) = mpsc::channel(defaults::WRITE_QUEUE);
    let room = Arc::new(Semaphore::new(defaults::WRITE_QUEUE_KIB));
    let handle =
        thread::Builder::new().name("writer".to_owned()).spawn(move || run(commands, &desk))?;
    Ok((Writer { queue, room }, handle))
}

impl Writer {
    /// Queues a change; waits while the queue is full. `answer` hears of it when it is durable, and
    /// not at all when the writer is gone.
    pub async fn change(&self, address: Address, change: Arc<Change>, answer: Arc<Answer>) {
        let kib = u32::try_from(change.len() / 1_024 + 1).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(kib).await else { return };
        let _ = self.queue.send(Command::Change { address, change, answer, _room: room }).await;
    }

    /// Asks for the removal of what has expired.
    pub async fn sweep(&self) {
        // When the writer is gone the relay is about to end, and nothing expires any more.
        let _ = self.queue.send(Command::Sweep).await;
    }

    /// Waits until the thread has ended.
    pub async fn ended(&self) {
        self.queue.closed().await;
    }
}

fn run(mut commands: mpsc::Receiver<Command>, desk: &Desk) {
    while let Some(first) = commands.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < defaults::WRITE_BATCH
            && let Ok(next) = commands.try_recv()
        {
            batch.push(next);
        }
        write(batch, desk);
    }
}

fn write(batch: Vec<Command>, desk: &Desk) {
    let now = clock::unix_seconds();
    let result = desk.store.commit(|tables| {
        batch.iter().map(|command| desk.do_one(tables, command, now)).collect::<Result<Vec<_>, _>>()
    });
    let statuses = result.unwrap_or_else(|error| {
        tracing::error!(%error, "nothing of a batch was written");
        let status = if error.is_disk_full() { Status::Full } else { Status::Busy };
        if let Err(error) = desk.store.reopen() {
            tracing::error!(%error, "the store could not be opened again");
        }
        vec![status; batch.len()]
    });
    for (command, status) in batch.into_iter().zip(statuses) {
        if let Command::Change { address, change, answer, .. } = command {
            answer.here(status);
            drop(answer);
            // A record has no subscribers; an acknowledgement makes room in a window.
            if status == Status::Done && !matches!(change.op, Op::PutRecord { .. }) {
                desk.switchboard.notify(&address);
            }
        }
    }
}

impl Desk {
    fn do_one(
        &self,
        tables: &mut Tables<'_>,
        command: &Command,
        now: u64,
    ) -> Result<Status, StoreError> {
        let Command::Change { address, change, .. } = command else {
            expire(tables, now, defaults::SWEEP_ROWS)?;
            return Ok(Status::Done);
        };
        // Remembered before it is written: what comes behind it in the same transaction is late too.
        self.recent.remember(address, change);
        if self.recent.of_deposit(address, change).is_some() {
            return Ok(Status::Done);
        }
        apply(tables, address, change, self.limits, now)
    }
}
