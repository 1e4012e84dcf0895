//! The one thread that writes. It takes what has gathered while the last transaction was on its
//! way to the disk, and makes one transaction of it: a sync to disk is shared by everyone who waits.

use std::{sync::Arc, thread};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use volly_core::wire::mailbox::{Address, Status};

use super::{
    Change, Limits, apply, expire, session::Ticket, store::Store, switchboard::Switchboard,
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
    Change { address: Address, change: Change, ticket: Ticket, _room: OwnedSemaphorePermit },
    Sweep,
}

/// Starts the thread.
///
/// # Errors
/// When the system gives no thread.
pub fn start(
    store: Store,
    switchboard: Arc<Switchboard>,
    limits: Limits,
) -> std::io::Result<(Writer, Handle)> {
    let (queue, commands) = mpsc::channel(defaults::WRITE_QUEUE);
    let room = Arc::new(Semaphore::new(defaults::WRITE_QUEUE_KIB));
    let handle = thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || run(commands, &store, &switchboard, limits))?;
    Ok((Writer { queue, room }, handle))
}

impl Writer {
    /// Queues a change; waits while the queue is full. `ticket` is answered when it is durable.
    pub async fn change(&self, address: Address, change: Change, ticket: Ticket) {
        let kib = u32::try_from(change.len() / 1_024 + 1).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(kib).await else {
            return ticket.answer(Status::Busy);
        };
        let command = Command::Change { address, change, ticket, _room: room };
        if let Err(mpsc::error::SendError(Command::Change { ticket, .. })) =
            self.queue.send(command).await
        {
            ticket.answer(Status::Busy);
        }
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

fn run(
    mut commands: mpsc::Receiver<Command>,
    store: &Store,
    switchboard: &Switchboard,
    limits: Limits,
) {
    while let Some(first) = commands.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < defaults::WRITE_BATCH
            && let Ok(next) = commands.try_recv()
        {
            batch.push(next);
        }
        write(batch, store, switchboard, limits);
    }
}

fn write(batch: Vec<Command>, store: &Store, switchboard: &Switchboard, limits: Limits) {
    let now = clock::unix_seconds();
    let result = store.commit(|tables| {
        let mut statuses = Vec::with_capacity(batch.len());
        for command in &batch {
            statuses.push(match command {
                Command::Change { address, change, .. } => {
                    apply(tables, address, change, limits, now)?
                }
                Command::Sweep => {
                    expire(tables, now, defaults::SWEEP_ROWS)?;
                    Status::Done
                }
            });
        }
        Ok(statuses)
    });
    let statuses = result.unwrap_or_else(|error| {
        tracing::error!(%error, "nothing of a batch was written");
        let status = if error.is_disk_full() { Status::Full } else { Status::Busy };
        if let Err(error) = store.reopen() {
            tracing::error!(%error, "the store could not be opened again");
        }
        vec![status; batch.len()]
    });
    for (command, status) in batch.into_iter().zip(statuses) {
        if let Command::Change { address, change, ticket, .. } = command {
            ticket.answer(status);
            // A record has no subscribers; an acknowledgement makes room in a window.
            if status == Status::Done && !matches!(change, Change::PutRecord { .. }) {
                switchboard.notify(&address);
            }
        }
    }
}
