//! What a link is made of.

use futures::{channel::mpsc, future::LocalBoxFuture};
use libp2p::{Multiaddr, PeerId, Stream, Swarm, swarm::ConnectionId};

use crate::net::{
    Events, directory::Directory, mailbox_client::MailboxClient, probe::Nudge,
    reservation::Reservation, swarm::Behaviour,
};

/// The connection in use.
#[derive(Clone)]
pub(in crate::net) struct Route {
    pub(super) connection: ConnectionId,
    pub(in crate::net) relay: PeerId,
    /// The one that was dialled.
    pub(in crate::net) address: Multiaddr,
    /// `…/p2p/R/p2p-circuit`
    pub(in crate::net) circuit: Multiaddr,
}

/// What there is while a link is online.
pub(in crate::net) struct Online {
    pub(in crate::net) route: Route,
    pub(in crate::net) mailbox: MailboxClient<Stream>,
    pub(super) probe: LocalBoxFuture<'static, ()>,
    pub(super) nudge: mpsc::Sender<Nudge>,
    pub(in crate::net) reservation: Reservation,
}

/// What all links share while they are polled.
pub(in crate::net) struct Surroundings<'a> {
    pub(in crate::net) directory: &'a mut Directory,
    pub(in crate::net) node: &'a mut Swarm<Behaviour>,
    pub(in crate::net) events: &'a mut Events,
    /// Whether the other link is online.
    pub(in crate::net) spare: bool,
}
