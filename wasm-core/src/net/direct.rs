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
mod proof;
mod stream;
mod streams;
mod token;
mod upgrade;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    rc::Rc,
    task::{Context, Poll},
};

use futures::{
    FutureExt, StreamExt,
    future::LocalBoxFuture,
    stream::{FuturesUnordered, SelectAll},
};
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm,
    core::{ConnectedPoint, muxing::StreamMuxerBox},
    multiaddr::Protocol,
    swarm::{
        ConnectionId, SwarmEvent,
        dial_opts::{DialOpts, PeerCondition},
    },
};
use libp2p_stream::{Control, IncomingStreams};

use self::{
    contact::{Attempt, Contact, Path, Try},
    stream::DirectStream,
    token::Token,
};
use super::{
    Events, Negotiate,
    frames::Frames,
    handoff::{self, Handoff},
    swarm::{Behaviour, BehaviourEvent, DIRECT, SIGNALING},
};
use crate::{api::ContactId, crypto::secret::Secret, engine::effect::EnvelopeId};

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
    /// Traffic to this peer has moved away from its circuits for some time.
    Moved(PeerId),
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
    /// Connections to contacts, and whoever passes for one.
    connections: HashMap<ConnectionId, (PeerId, Path)>,
    queue: VecDeque<ContactId>,
    dials: usize,
    unproved: usize,
    negotiations: usize,
    /// Nothing is negotiated: no contact learns our IP address.
    relay_only: bool,
    /// Whose offers are being answered.
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

    /// Takes note of the connections there are.
    pub(super) fn on_swarm_event(&mut self, event: &SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, connection_id, endpoint, .. } => {
                let local = match endpoint {
                    ConnectedPoint::Dialer { address, .. } => address,
                    ConnectedPoint::Listener { local_addr, .. } => local_addr,
                };
                let path = if handoff::is_direct(local) { Path::Direct } else { Path::Relayed };
                self.connections.insert(*connection_id, (*peer_id, path));
            }
            SwarmEvent::ConnectionClosed { connection_id, .. } => {
                self.connections.remove(connection_id);
            }
            _ => {}
        }
    }

    /// Closes what there is of one path to a peer.
    fn close(&self, peer: PeerId, path: Path, node: &mut Swarm<Behaviour>) {
        for (connection, _) in self.connections.iter().filter(|(_, at)| **at == (peer, path)) {
            node.close_connection(*connection);
        }
    }

    /// Reaches for a contact, or is ready for it. A `peer` that is none counts as unknown.
    pub(super) fn reach(&mut self, id: ContactId, peer: &[u8], key: Secret<32>) {
        let peer = PeerId::from_bytes(peer).ok().filter(|&peer| peer != self.local);
        let contact = self.contacts.entry(id).or_insert_with(|| Contact::new(key.clone()));
        if contact.peer != peer || contact.key != key {
            // Where it was is no longer of interest; what is under way there comes to nothing.
            (contact.dial, contact.upgrade) = (Try::Resting, Try::Resting);
            (contact.peer, contact.key) = (peer, key);
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
            contact.send(envelope_id, envelope);
        }
    }

    /// Puts a contact into the queue when it is ours to dial and nothing is under way.
    fn enqueue(&mut self, id: ContactId) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let ours = contact.is_ours_to_dial(self.local);
        if self.online && ours && contact.stream.is_none() && contact.dial == Try::Resting {
            contact.dial = Try::Waiting;
            self.queue.push_back(id);
        }
    }

    /// Does what can be done now; true when something was. Circuits begin at `circuit`.
    pub(super) fn poll(
        &mut self,
        circuit: Option<&Multiaddr>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> bool {
        let mut moved = self.notice_link(circuit.is_some());
        while let (Some(circuit), true) = (circuit, self.dials < MAX_DIALS) {
            let Some(id) = self.queue.pop_front() else { break };
            self.dial(id, circuit, node);
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

    /// Dials everyone afresh when the relay is back; what was under way to the old one has failed.
    fn notice_link(&mut self, online: bool) -> bool {
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

    fn dial(&mut self, id: ContactId, circuit: &Multiaddr, node: &mut Swarm<Behaviour>) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (Try::Waiting, Some(peer)) = (contact.dial, contact.peer) else { return };
        if circuit.iter().any(|part| part == Protocol::P2p(peer)) {
            // A contact that claims to be the relay would have us hang up on it.
            contact.dial = Try::Resting;
            return;
        }
        contact.dial = Try::Busy(attempt);
        self.dials += 1;
        let key = contact.key.clone();
        if !self.connections.values().any(|at| *at == (peer, Path::Relayed)) {
            let opts = DialOpts::peer_id(peer)
                .addresses(vec![circuit.clone().with(Protocol::P2p(peer))])
                .condition(PeerCondition::NotDialing);
            let _ = node.dial(opts.build());
        }
        let prove = self.prove(self.relayed.clone(), peer, key);
        let done = async move { Done::Dialed((id, attempt, peer), Path::Relayed, prove.await) };
        self.tasks.push(done.boxed_local());
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
                            Path::Direct => self.retire_circuit(peer),
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
            Done::Moved(peer) => self.close_circuits(peer, node),
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
