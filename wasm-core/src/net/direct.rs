//! Direct streams between two browsers (protocol.md §12): first over a circuit through the relay, then
//! over a connection of their own where there is one ([`upgrade`]).
//!
//! Of two contacts the one with the larger PeerId dials, so that they do not dial each other at
//! once. Both prove with a token that they know the secret of the pair.
//!
//! Invariant: a contact has at most one stream, the newest that was proved; a peer that proves
//! nothing is gone after [`PROOF_TIMEOUT`]. A frame that finds no room is dropped: its envelope
//! goes to the mailbox when no receipt comes.

mod contact;
mod dial;
mod proof;
mod stream;
mod streams;
mod token;
mod upgrade;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    StreamExt,
    future::LocalBoxFuture,
    stream::{FuturesUnordered, SelectAll},
};
use libp2p::{
    PeerId, Stream, Swarm,
    core::{ConnectedPoint, muxing::StreamMuxerBox},
    ping,
    swarm::{ConnectionId, SwarmEvent},
};
use libp2p_stream::{Control, IncomingStreams};

use self::{
    contact::{Attempt, Contact, Try},
    stream::{DirectStream, Outgoing},
    token::Token,
};
use super::{
    Events, Negotiate,
    frames::Frames,
    handoff::{self, Handoff},
    links::Links,
    swarm::{Behaviour, BehaviourEvent, DIRECT, SIGNALING},
};
use crate::{
    api::{ContactId, Path},
    crypto::secret::Secret,
    engine::{
        effect::{EnvelopeId, FileFrame},
        input::NetEvent,
    },
};

/// Dials at the same time. Lower: after a reconnect the last contact waits. Higher: a relay counts
/// them as a flood.
const MAX_DIALS: usize = 8;

/// Frames of one contact that wait to be written, 4 MiB at most.
const MAX_OUTGOING: usize = 64;

/// What one of the tasks has come to.
enum Done {
    /// The pause after a failure is over.
    Paused(ContactId, Attempt, Path),
    /// A stream of ours was proved, or not.
    Dialed((ContactId, Attempt, PeerId), Path, Option<Frames<Stream>>),
    /// A stream of theirs has brought a token, or nothing.
    Accepted(PeerId, Path, Option<(Frames<Stream>, Token)>),
    /// See [`upgrade`].
    Offered(ContactId, Attempt, PeerId, Option<StreamMuxerBox>),
    /// See [`upgrade`].
    Answered(PeerId, Option<StreamMuxerBox>),
    /// This peer may offer again.
    Rested(PeerId),
    /// Some time has passed since traffic moved to this stream, away from the circuits.
    Moved(ContactId, Attempt),
}

/// A connection to a contact, or whoever passes for one.
struct Connection {
    peer: PeerId,
    path: Path,
    /// Of the last ping.
    round_trip: Option<Duration>,
}

impl Connection {
    fn goes(&self, peer: PeerId, path: Path) -> bool {
        (self.peer, self.path) == (peer, path)
    }
}

/// All contacts that are to be reached.
pub(super) struct Direct {
    local: PeerId,
    relayed: Control,
    direct: Control,
    /// Streams, offers, and streams on connections that came of offers.
    incoming: Vec<(Kind, IncomingStreams)>,
    negotiate: Option<Rc<Negotiate>>,
    handoff: Handoff,
    contacts: BTreeMap<ContactId, Contact>,
    connections: HashMap<ConnectionId, Connection>,
    queue: VecDeque<ContactId>,
    dials: usize,
    unproved: usize,
    negotiations: usize,
    /// Nothing is negotiated: no contact learns our IP address.
    relay_only: bool,
    /// Whose offers are being answered, or came to nothing a moment ago.
    answering: HashSet<PeerId>,
    online: bool,
    next_attempt: u64,
    tasks: FuturesUnordered<LocalBoxFuture<'static, Done>>,
    streams: SelectAll<DirectStream>,
}

/// What a stream that came in is for.
#[derive(Clone, Copy)]
enum Kind {
    Envelopes(Path),
    Signaling,
}

impl Direct {
    pub(super) fn new(
        node: &Swarm<Behaviour>,
        negotiate: Option<Negotiate>,
        handoff: Handoff,
    ) -> Self {
        let mut relayed = node.behaviour().relayed_streams();
        let mut direct = node.behaviour().direct_streams();
        // Refused only when it is accepted elsewhere already.
        let mut incoming: Vec<_> = relayed
            .accept(DIRECT)
            .into_iter()
            .map(|streams| (Kind::Envelopes(Path::Relayed), streams))
            .collect();
        if negotiate.is_some() {
            incoming.extend(relayed.accept(SIGNALING).map(|streams| (Kind::Signaling, streams)));
            let accepted = direct.accept(DIRECT);
            incoming.extend(accepted.map(|streams| (Kind::Envelopes(Path::Direct), streams)));
        }
        Self {
            local: *node.local_peer_id(),
            relayed,
            direct,
            incoming,
            negotiate: negotiate.map(Rc::new),
            handoff,
            contacts: BTreeMap::new(),
            connections: HashMap::new(),
            queue: VecDeque::new(),
            dials: 0,
            unproved: 0,
            negotiations: 0,
            // Until the engine has said what the person has chosen.
            relay_only: true,
            answering: HashSet::new(),
            online: false,
            next_attempt: 0,
            tasks: FuturesUnordered::new(),
            streams: SelectAll::new(),
        }
    }

    /// Takes note of the connections there are, and of how far their ends are.
    pub(super) fn on_swarm_event(
        &mut self,
        event: &SwarmEvent<BehaviourEvent>,
        events: &mut Events,
    ) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let local = match endpoint {
                    ConnectedPoint::Dialer { address, .. } => address,
                    ConnectedPoint::Listener { local_addr, .. } => local_addr,
                };
                let path = if handoff::is_direct(local) { Path::Direct } else { Path::Relayed };
                let connection = Connection { peer: *peer_id, path, round_trip: None };
                self.connections.insert(*connection_id, connection);
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                self.connections.remove(connection_id);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                connection,
                result: Ok(round_trip),
                ..
            })) => self.on_ping(*connection, *round_trip, events),
            _ => {}
        }
    }

    fn on_ping(&mut self, connection: ConnectionId, round_trip: Duration, events: &mut Events) {
        let Some(known) = self.connections.get_mut(&connection) else { return };
        known.round_trip = Some(round_trip);
        let there = self.contacts.iter().find(|(_, contact)| contact.is_at(known.peer, known.path));
        if let Some((id, _)) = there {
            events.push(NetEvent::RoundTrip(*id, round_trip));
        }
    }

    /// Closes what there is of one path to a peer.
    fn close(&self, peer: PeerId, path: Path, node: &mut Swarm<Behaviour>) {
        for (connection, _) in self.connections.iter().filter(|(_, it)| it.goes(peer, path)) {
            node.close_connection(*connection);
        }
    }

    /// Reaches for a contact, or is ready for it. A `peer` that is none counts as unknown.
    pub(super) fn reach(
        &mut self,
        id: ContactId,
        peer: &[u8],
        relays: &[Vec<u8>],
        key: Secret<32>,
    ) {
        let peer = PeerId::from_bytes(peer).ok().filter(|&peer| peer != self.local);
        let contact = self.contacts.entry(id).or_insert_with(|| Contact::new(key.clone()));
        if contact.peer != peer || contact.key != key {
            // Where it was is no longer of interest; what is under way there comes to nothing.
            (contact.dial, contact.upgrade) = (Try::Resting, Try::Resting);
            (contact.peer, contact.key) = (peer, key);
        }
        if peer.is_some() {
            contact.relays = relays.iter().filter_map(|it| PeerId::from_bytes(it).ok()).collect();
        }
        contact.begin_again();
        self.enqueue(id);
    }

    /// Forgets a contact; its stream ends.
    pub(super) fn forget(&mut self, id: ContactId) {
        self.contacts.remove(&id);
    }

    /// Sends an envelope when there is a stream with room.
    pub(super) fn send(&mut self, id: ContactId, envelope_id: EnvelopeId, envelope: &[u8]) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.send(Outgoing::envelope(envelope_id, envelope));
        }
    }

    /// Sends something about a file when there is a stream with room.
    pub(super) fn send_file_frame(&mut self, id: ContactId, frame: &FileFrame) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.send(Outgoing::file(frame));
        }
    }

    /// Does what can be done now; true when something was. Circuits begin where `links` says.
    pub(super) fn poll(
        &mut self,
        links: &Links,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> bool {
        let mut moved = self.notice_links(links.has_circuits());
        while self.online && self.dials < MAX_DIALS {
            let Some(id) = self.queue.pop_front() else { break };
            self.dial(id, links, node, events);
            moved = true;
        }
        if let Poll::Ready(Some(done)) = self.tasks.poll_next_unpin(cx) {
            self.on_done(done, node, events);
            moved = true;
        }
        for place in 0..self.incoming.len() {
            let Some((kind, streams)) = self.incoming.get_mut(place) else { break };
            let Poll::Ready(Some((peer, stream))) = streams.poll_next_unpin(cx) else { continue };
            match *kind {
                Kind::Envelopes(path) => self.accept(peer, path, stream),
                Kind::Signaling => self.answer(peer, stream),
            }
            moved = true;
        }
        if events.has_room()
            && let Poll::Ready(Some(received)) = self.streams.poll_next_unpin(cx)
        {
            self.on_received(received, node, events);
            moved = true;
        }
        moved
    }

    /// Dials everyone afresh when a relay is back; what was under way to the old one has failed.
    fn notice_links(&mut self, online: bool) -> bool {
        if self.online == online {
            return false;
        }
        self.online = online;
        self.queue.clear();
        let ids: Vec<_> = self.contacts.keys().copied().collect();
        for id in ids {
            if let Some(contact) = self.contacts.get_mut(&id) {
                contact.dial = Try::Resting;
                contact.begin_again();
            }
            self.enqueue(id);
        }
        true
    }

    fn attempt(&mut self) -> Attempt {
        self.next_attempt += 1;
        Attempt(self.next_attempt)
    }

    fn on_done(&mut self, done: Done, node: &mut Swarm<Behaviour>, events: &mut Events) {
        match done {
            Done::Paused(id, attempt, path) => {
                if self.is_current(id, attempt, path) {
                    self.rest(id, path);
                    match path {
                        Path::Relayed => self.enqueue(id),
                        Path::Direct => self.upgrade(id),
                    }
                }
            }
            Done::Dialed((id, attempt, peer), path, frames) => {
                self.dials -= usize::from(path == Path::Relayed);
                match (frames, self.is_current(id, attempt, path), path) {
                    (Some(frames), true, _) => {
                        self.go_up((id, peer, path), frames, node, events);
                        match path {
                            Path::Relayed => self.upgrade(id),
                            Path::Direct => self.retire_circuits(id),
                        }
                    }
                    (_, current, Path::Relayed) => {
                        self.drop_peer(peer, node);
                        if current {
                            self.fail(id, events);
                        }
                    }
                    (_, true, Path::Direct) => self.fail_upgrade(id),
                    (_, false, Path::Direct) => {}
                }
            }
            Done::Accepted(peer, path, proof) => self.on_accepted(peer, path, proof, node, events),
            Done::Offered(id, attempt, peer, muxer) => {
                self.on_offered((id, attempt, peer), muxer, node);
            }
            Done::Answered(peer, muxer) => self.on_answered(peer, muxer),
            Done::Rested(peer) => drop(self.answering.remove(&peer)),
            Done::Moved(id, attempt) => self.close_circuits(id, attempt, node),
        }
    }

    fn is_current(&self, id: ContactId, attempt: Attempt, path: Path) -> bool {
        self.contacts.get(&id).is_some_and(|contact| {
            let tried = if path == Path::Relayed { contact.dial } else { contact.upgrade };
            tried == Try::Busy(attempt)
        })
    }

    fn rest(&mut self, id: ContactId, path: Path) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            match path {
                Path::Relayed => contact.dial = Try::Resting,
                Path::Direct => contact.upgrade = Try::Resting,
            }
        }
    }
}
