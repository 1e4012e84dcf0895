//! Direct streams between two browsers, over a circuit through the relay (protocol.md §12).
//!
//! Of two contacts the one with the larger PeerId dials, so that they do not dial each other at
//! once. Both prove with a token that they know the secret of the pair.
//!
//! Invariant: a contact has at most one stream, the newest that was proved; a peer that proves
//! nothing is gone after [`PROOF_TIMEOUT`]. A frame that finds no room is dropped: its envelope
//! goes to the mailbox when no receipt comes.

mod stream;
mod token;

use std::{
    collections::{BTreeMap, VecDeque},
    task::{Context, Poll},
    time::Duration,
};

use futures::{
    FutureExt, StreamExt,
    channel::mpsc,
    future::LocalBoxFuture,
    stream::{FuturesUnordered, SelectAll},
};
use futures_timer::Delay;
use libp2p::{
    Multiaddr, PeerId, Stream, Swarm,
    multiaddr::Protocol,
    swarm::dial_opts::{DialOpts, PeerCondition},
};
use libp2p_stream::{Control, IncomingStreams};

use self::{
    stream::{DirectStream, Received, envelope_frame},
    token::{Role, Token},
};
use super::{
    Events,
    frames::Frames,
    swarm::{Behaviour, DIRECT},
    timer::{doubled, within},
};
use crate::{
    api::ContactId,
    crypto::secret::Secret,
    engine::{effect::EnvelopeId, input::NetEvent},
};

/// From a dial or an accepted stream to the proof.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// Dials at the same time. Lower: after a reconnect the last contact waits. Higher: a relay counts
/// them as a flood.
const MAX_DIALS: usize = 8;

/// Streams that were accepted and have proved nothing yet; the next is dropped.
const MAX_UNPROVED: usize = 32;

/// Pause after the first failed dial; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Failed dials in a row until a contact's presence counts as old: about an hour, its lifetime.
const MAX_FAILURES: u32 = 64;

/// Frames of one contact that wait to be written, 4 MiB at most.
const MAX_OUTGOING: usize = 64;

/// Who is to be reached, and how far that is.
struct Contact {
    /// `None`: accept only.
    peer: Option<PeerId>,
    key: Secret<32>,
    dial: Dial,
    failures: u32,
    stream: Option<Live>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dial {
    /// Nothing to do: not ours to dial, connected, offline, or given up.
    Resting,
    /// In the queue.
    Waiting,
    /// Being made, or in the pause after a failure; the attempt says which answer is still wanted.
    Busy(Attempt),
}

/// Names an attempt or a stream, so that what is late is told from what is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Attempt(u64);

struct Live {
    attempt: Attempt,
    outgoing: mpsc::Sender<Vec<u8>>,
}

/// What one of the tasks has come to.
enum Done {
    Paused(ContactId, Attempt),
    Dialed(ContactId, Attempt, PeerId, Option<Frames<Stream>>),
    Accepted(PeerId, Option<(Frames<Stream>, Token)>),
}

/// All contacts that are to be reached.
pub(super) struct Direct {
    local: PeerId,
    control: Control,
    incoming: Option<IncomingStreams>,
    contacts: BTreeMap<ContactId, Contact>,
    queue: VecDeque<ContactId>,
    dials: usize,
    unproved: usize,
    online: bool,
    next_attempt: u64,
    tasks: FuturesUnordered<LocalBoxFuture<'static, Done>>,
    streams: SelectAll<DirectStream>,
}

impl Direct {
    pub(super) fn new(mut control: Control, local: PeerId) -> Self {
        Self {
            local,
            // Refused only when it is accepted elsewhere already.
            incoming: control.accept(DIRECT).ok(),
            control,
            contacts: BTreeMap::new(),
            queue: VecDeque::new(),
            dials: 0,
            unproved: 0,
            online: false,
            next_attempt: 0,
            tasks: FuturesUnordered::new(),
            streams: SelectAll::new(),
        }
    }

    /// Reaches for a contact, or is ready for it. A `peer` that is none counts as unknown.
    pub(super) fn reach(&mut self, id: ContactId, peer: &[u8], key: Secret<32>) {
        let peer = PeerId::from_bytes(peer).ok().filter(|&peer| peer != self.local);
        let contact = self.contacts.entry(id).or_insert_with(|| Contact {
            peer: None,
            key: key.clone(),
            dial: Dial::Resting,
            failures: 0,
            stream: None,
        });
        if contact.peer != peer || contact.key != key {
            // Where it was is no longer of interest; what is under way there comes to nothing.
            contact.dial = Dial::Resting;
            (contact.peer, contact.key) = (peer, key);
        }
        contact.failures = 0;
        self.enqueue(id);
    }

    /// Forgets a contact; its stream ends.
    pub(super) fn forget(&mut self, id: ContactId) {
        self.contacts.remove(&id);
    }

    /// Sends an envelope when there is a stream with room.
    pub(super) fn send(&mut self, id: ContactId, envelope_id: EnvelopeId, envelope: &[u8]) {
        if let Some(live) = self.contacts.get_mut(&id).and_then(|contact| contact.stream.as_mut()) {
            let _ = live.outgoing.try_send(envelope_frame(envelope_id, envelope));
        }
    }

    /// Puts a contact into the queue when it is ours to dial and nothing is under way.
    fn enqueue(&mut self, id: ContactId) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let ours = contact.peer.is_some_and(|peer| self.local.to_bytes() > peer.to_bytes());
        if self.online && ours && contact.stream.is_none() && contact.dial == Dial::Resting {
            contact.dial = Dial::Waiting;
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
        let incoming = self.incoming.as_mut().map(|incoming| incoming.poll_next_unpin(cx));
        if let Some(Poll::Ready(Some((peer, stream)))) = incoming {
            self.accept(peer, stream);
            moved = true;
        }
        if events.has_room()
            && let Poll::Ready(Some(received)) = self.streams.poll_next_unpin(cx)
        {
            self.on_received(received, events);
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
                contact.dial = Dial::Resting;
                contact.failures = 0;
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
        let (Dial::Waiting, Some(peer)) = (contact.dial, contact.peer) else { return };
        if circuit.iter().any(|part| part == Protocol::P2p(peer)) {
            // A contact that claims to be the relay would have us hang up on it.
            contact.dial = Dial::Resting;
            return;
        }
        contact.dial = Dial::Busy(attempt);
        self.dials += 1;
        let opts = DialOpts::peer_id(peer)
            .addresses(vec![circuit.clone().with(Protocol::P2p(peer))])
            .condition(PeerCondition::DisconnectedAndNotDialing);
        // Refused when there is a connection: then the stream opens on that.
        let _ = node.dial(opts.build());
        let mut control = self.control.clone();
        let (key, local) = (contact.key.clone(), self.local);
        let prove = async move {
            let mut frames = Frames::new(control.open_stream(peer, DIRECT).await.ok()?);
            frames.write(&token::make(&key, Role::Dialer, &local, &peer), ()).await.ok()?;
            let token = frames.read().await.ok()?;
            token::check(&key, Role::Listener, &peer, &local, &token).then_some(frames)
        };
        let done = async move {
            Done::Dialed(id, attempt, peer, within(PROOF_TIMEOUT, prove).await.flatten())
        };
        self.tasks.push(done.boxed_local());
    }

    fn accept(&mut self, peer: PeerId, stream: Stream) {
        if self.unproved >= MAX_UNPROVED {
            return;
        }
        self.unproved += 1;
        let read = async move {
            let mut frames = Frames::new(stream);
            let token = Token::try_from(frames.read().await.ok()?).ok()?;
            Some((frames, token))
        };
        let done = async move { Done::Accepted(peer, within(PROOF_TIMEOUT, read).await.flatten()) };
        self.tasks.push(done.boxed_local());
    }

    fn on_done(&mut self, done: Done, node: &mut Swarm<Behaviour>, events: &mut Events) {
        match done {
            Done::Paused(id, attempt) => {
                if self.is_current(id, attempt) {
                    self.rest(id);
                    self.enqueue(id);
                }
            }
            Done::Dialed(id, attempt, peer, frames) => {
                self.dials -= 1;
                match (frames, self.is_current(id, attempt)) {
                    (Some(frames), true) => self.go_up(id, frames, events),
                    (_, current) => {
                        self.drop_peer(peer, node);
                        if current {
                            self.fail(id, events);
                        }
                    }
                }
            }
            Done::Accepted(peer, proof) => {
                self.unproved -= 1;
                let known = proof.and_then(|(frames, token)| {
                    self.prover(peer, &token).map(|(id, key)| (frames, id, key))
                });
                let Some((mut frames, id, key)) = known else {
                    return self.drop_peer(peer, node);
                };
                frames.queue(&token::make(&key, Role::Listener, &self.local, &peer), ());
                self.rest(id);
                self.go_up(id, frames, events);
            }
        }
    }

    fn is_current(&self, id: ContactId, attempt: Attempt) -> bool {
        self.contacts.get(&id).is_some_and(|contact| contact.dial == Dial::Busy(attempt))
    }

    fn rest(&mut self, id: ContactId) {
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.dial = Dial::Resting;
        }
    }

    /// Which contact made this token. The one that should be at this PeerId is asked first.
    fn prover(&self, peer: PeerId, token: &Token) -> Option<(ContactId, Secret<32>)> {
        let proves =
            |contact: &Contact| token::check(&contact.key, Role::Dialer, &peer, &self.local, token);
        let likely = self.contacts.iter().filter(|(_, contact)| contact.peer == Some(peer));
        let others = self.contacts.iter().filter(|(_, contact)| contact.peer != Some(peer));
        likely
            .chain(others)
            .find(|(_, contact)| proves(contact))
            .map(|(id, contact)| (*id, contact.key.clone()))
    }

    /// Closes the connection to a peer with which nothing works, unless something else does.
    fn drop_peer(&self, peer: PeerId, node: &mut Swarm<Behaviour>) {
        let in_use = |contact: &Contact| contact.peer == Some(peer) && contact.stream.is_some();
        if !self.contacts.values().any(in_use) {
            let _ = node.disconnect_peer_id(peer);
        }
    }

    fn go_up(&mut self, id: ContactId, frames: Frames<Stream>, events: &mut Events) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (outgoing, take_outgoing) = mpsc::channel(MAX_OUTGOING);
        contact.dial = Dial::Resting;
        contact.failures = 0;
        if contact.stream.replace(Live { attempt, outgoing }).is_some() {
            events.push(NetEvent::DirectDown(id));
        }
        self.streams.push(DirectStream::new(id, attempt, frames, take_outgoing));
        events.push(NetEvent::DirectUp(id));
    }

    fn on_received(&mut self, received: Received, events: &mut Events) {
        let Received { id, attempt, envelope } = received;
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if contact.stream.as_ref().is_none_or(|live| live.attempt != attempt) {
            return;
        }
        match envelope {
            Some(envelope) => events.push(NetEvent::DirectArrived(id, envelope)),
            None => {
                contact.stream = None;
                self.fail(id, events);
            }
        }
    }

    /// Tells of the first failure, and pauses before the next dial.
    fn fail(&mut self, id: ContactId, events: &mut Events) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.dial = Dial::Resting;
        if contact.failures == 0 {
            events.push(NetEvent::DirectDown(id));
        }
        if contact.failures < MAX_FAILURES && self.online {
            let pause = doubled(FIRST_PAUSE, contact.failures, LONGEST_PAUSE);
            contact.failures += 1;
            contact.dial = Dial::Busy(attempt);
            let paused = Delay::new(pause).map(move |()| Done::Paused(id, attempt));
            self.tasks.push(paused.boxed_local());
        }
    }
}
