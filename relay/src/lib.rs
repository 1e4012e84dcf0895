//! The companion relay: serves the app, forwards circuits, keeps sealed envelopes for people who
//! are away.
//!
//! ```text
//!  browser ── TCP ──► http ── the app, /healthz, /bootstrap.json
//!                      └─ WebSocket at / ──► web_socket_transport ──► node (libp2p)
//!                                               circuits ◄──────────────┤
//!                                               mailbox::session ◄──────┘ /volly/mailbox/1
//!                                                  └──► mailbox::writer ──► mailbox::store (redb)
//! ```
//!
//! Blind: it sees addresses that only two people can link, sealed envelopes and IP addresses, and
//! stores and logs none of the latter.

pub mod byte_stream;
pub mod clock;
pub mod config;
pub mod defaults;
pub mod host;
pub mod http;
pub mod identity;
pub mod log;
pub mod mailbox;
pub mod mailbox_streams;
pub mod node;
pub mod web_socket_transport;

use std::{fs::DirBuilder, io, net::SocketAddr, os::unix::fs::DirBuilderExt, sync::Arc, thread};

use libp2p::PeerId;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::{JoinSet, spawn_blocking},
    time,
};

use self::{
    config::Config,
    http::{assets::Assets, bootstrap::Bootstrap},
    mailbox::{
        Limits,
        session::{self, Service},
        store::{Store, StoreError},
        switchboard::Switchboard,
        writer::{self, Writer},
    },
    mailbox_streams::MailboxStream,
};

/// Why the relay does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or the data folder cannot be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no node.
    #[error(transparent)]
    Node(#[from] node::NodeError),
}

/// A part of the relay has ended by itself.
#[derive(Debug, thiserror::Error)]
#[error("a part of the relay has ended unexpectedly")]
pub struct Ended;

/// A relay that runs. Dropping it ends it without waiting for the writer.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its libp2p name.
    pub peer: PeerId,
    tasks: JoinSet<()>,
    writer: Writer,
    writer_thread: writer::Handle,
}

impl Relay {
    /// Starts a relay.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        DirBuilder::new().recursive(true).mode(0o700).create(&config.data)?;
        let key = identity::load(&config.data)?;
        let store = Store::open(&config.data.join("mailbox.redb"))?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let addresses = config.addresses(address);
        let peer = key.public().to_peer_id();

        let (sockets, accepted) = mpsc::channel(defaults::PENDING_SOCKETS);
        let (streams, opened) = mpsc::channel(defaults::PENDING_STREAMS);
        let swarm = node::build(&key, accepted, &addresses, streams)?;
        let switchboard = Arc::<Switchboard>::default();
        let (writer, writer_thread) =
            writer::start(store.clone(), Arc::clone(&switchboard), Limits::default())?;
        let service = Service { store, writer: writer.clone(), switchboard };
        let bootstrap = Bootstrap { peer, addresses };

        let mut tasks = JoinSet::new();
        tasks.spawn(http::run(listener, Assets::embedded(), bootstrap, sockets));
        tasks.spawn(node::run(swarm));
        tasks.spawn(serve_streams(opened, service));
        tasks.spawn(sweep(writer.clone()));
        Ok(Self { address, peer, tasks, writer, writer_thread })
    }

    /// Waits until a part ends that should not.
    ///
    /// # Errors
    /// Always, for that is what it waits for.
    pub async fn ended(&mut self) -> Result<(), Ended> {
        tokio::select! {
            _ = self.tasks.join_next() => Err(Ended),
            () = self.writer.ended() => Err(Ended),
        }
    }

    /// Stops accepting, ends every connection, and waits until what was accepted is written.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
        drop(self.writer);
        let writer_thread = self.writer_thread;
        let written = spawn_blocking(move || writer_thread.join());
        if time::timeout(defaults::SHUTDOWN_TIMEOUT, written).await.is_err() {
            tracing::warn!("the last writes are given up; none of them was acknowledged");
        }
    }
}

/// One task a stream: what goes wrong in one, a panic too, ends that one.
async fn serve_streams(mut opened: mpsc::Receiver<MailboxStream>, service: Service) {
    let mut sessions = JoinSet::new();
    loop {
        tokio::select! {
            stream = opened.recv() => match stream {
                Some(stream) => {
                    let service = service.clone();
                    sessions.spawn(serve_stream(stream, service));
                }
                None => return,
            },
            Some(ended) = sessions.join_next() => {
                if ended.is_err() {
                    tracing::error!("a mailbox stream ended in a panic");
                }
            }
        }
    }
}

async fn serve_stream(mut stream: MailboxStream, service: Service) {
    let Ok(nonce) = clock::random() else { return };
    if session::serve(&mut stream.stream, service, nonce).await.is_err() {
        tracing::debug!("a mailbox stream ended with an error");
    }
}

async fn sweep(writer: Writer) {
    let mut interval = time::interval(defaults::SWEEP_INTERVAL);
    interval.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        interval.tick().await;
        writer.sweep().await;
    }
}

/// How many threads the relay should run on: the cores, but two at least, for a read of the store
/// may wait for the disk.
#[must_use]
pub fn worker_threads() -> usize {
    thread::available_parallelism().map_or(2, |cores| cores.get().max(2))
}
