//! From the circuit to a connection of our own: who dialled the circuit offers one as soon as its
//! stream is up, traffic moves over when the new stream has been proved, and the circuit is closed.
//!
//! Invariant: whoever has no proved stream over the circuit negotiates nothing, and nobody two things
//! at a time. When it fails the circuit stays.

use std::{rc::Rc, time::Duration};

use futures::FutureExt;
use futures_timer::Delay;
use libp2p::{
    PeerId, Stream, Swarm,
    core::muxing::StreamMuxerBox,
    swarm::dial_opts::{DialOpts, PeerCondition},
};

use super::{
    Direct, Done,
    contact::{Attempt, Try},
};
use crate::{
    api::{ContactId, Path},
    net::{
        Negotiate, Role, handoff,
        swarm::{Behaviour, SIGNALING},
        timer::within,
    },
};

/// From the offer to the connection. Lower: a far contact never gets one. Higher: what fails takes
/// that long, unnoticed.
const NEGOTIATION_TIMEOUT: Duration = Duration::from_secs(20);

/// Negotiations at the same time, of either part. Lower: after a reconnect the last contact waits.
/// Higher: a browser has a few hundred connections in all.
const MAX_NEGOTIATIONS: usize = 8;

/// After an offer that came to nothing: no further one of the same contact is looked at before that.
///
/// Lower: a contact whose offers are nonsense keeps the page busy with connections that come to nothing.
/// Higher: one whose offer failed, and who waits for two seconds, has to wait for longer.
const OFFER_PAUSE: Duration = Duration::from_secs(1);

/// How long a circuit is kept after traffic has moved away: what was on its way has come by then.
const RETIRE_AFTER: Duration = Duration::from_secs(5);

impl Direct {
    /// Offers a connection to a contact that is reached over a circuit.
    pub(super) fn upgrade(&mut self, id: ContactId) {
        let attempt = self.attempt();
        let Some(negotiate) = self.negotiate() else { return };
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let Some(live) = contact.stream.as_ref().filter(|live| live.path == Path::Relayed) else {
            return;
        };
        if contact.upgrade != Try::Resting {
            return;
        }
        let peer = live.peer;
        contact.upgrade = Try::Busy(attempt);
        if self.negotiations >= MAX_NEGOTIATIONS {
            return self.fail_upgrade(id);
        }
        self.negotiations += 1;
        let mut control = self.relayed.clone();
        let offer = async move {
            let stream = control.open_stream(peer, SIGNALING).await.ok()?;
            negotiate(Role::Offerer, stream).await.ok()
        };
        let done = async move {
            Done::Offered(id, attempt, peer, within(NEGOTIATION_TIMEOUT, offer).await.flatten())
        };
        self.tasks.push(done.boxed_local());
    }

    fn negotiate(&self) -> Option<Rc<Negotiate>> {
        self.negotiate.clone().filter(|_| !self.relay_only)
    }

    /// Closes what was negotiated, or begins to negotiate.
    pub(in crate::net) fn set_relay_only(&mut self, relay_only: bool, node: &mut Swarm<Behaviour>) {
        if core::mem::replace(&mut self.relay_only, relay_only) == relay_only {
            return;
        }
        let ids: Vec<_> = self.contacts.keys().copied().collect();
        for id in ids {
            // What is under way comes to nothing.
            self.rest(id, Path::Direct);
            self.upgrade(id);
        }
        let direct = self.connections.iter().filter(|(_, it)| it.path == Path::Direct);
        for (connection, _) in direct.filter(|_| relay_only) {
            node.close_connection(*connection);
        }
    }

    /// Answers an offer of a contact that is reached over a circuit.
    pub(super) fn answer(&mut self, peer: PeerId, stream: Stream) {
        let Some(negotiate) = self.negotiate() else { return };
        let known = self.contacts.values().any(|contact| contact.is_at(peer, Path::Relayed));
        if !known || self.negotiations >= MAX_NEGOTIATIONS || !self.answering.insert(peer) {
            return;
        }
        self.negotiations += 1;
        let answer = negotiate(Role::Answerer, stream);
        let done = async move {
            let muxer = within(NEGOTIATION_TIMEOUT, answer).await.and_then(Result::ok);
            Done::Answered(peer, muxer)
        };
        self.tasks.push(done.boxed_local());
    }

    /// The offer has come to something: its stream is opened and proved on the new connection.
    pub(super) fn on_offered(
        &mut self,
        (id, attempt, peer): (ContactId, Attempt, PeerId),
        muxer: Option<StreamMuxerBox>,
        node: &mut Swarm<Behaviour>,
    ) {
        self.negotiations -= 1;
        if !self.is_current(id, attempt, Path::Direct) {
            return;
        }
        let (Some(muxer), Some(contact)) = (muxer, self.contacts.get(&id)) else {
            return self.fail_upgrade(id);
        };
        self.handoff.offer(peer, muxer);
        let opts = DialOpts::peer_id(peer).addresses(vec![handoff::address(peer)]);
        if node.dial(opts.condition(PeerCondition::Always).build()).is_err() {
            return self.fail_upgrade(id);
        }
        let prove = self.prove(self.direct.clone(), peer, contact.key.clone());
        let done = async move { Done::Dialed((id, attempt, peer), Path::Direct, prove.await) };
        self.tasks.push(done.boxed_local());
    }

    pub(super) fn on_answered(&mut self, peer: PeerId, muxer: Option<StreamMuxerBox>) {
        self.negotiations -= 1;
        let Some(muxer) = muxer else {
            let rested = Delay::new(OFFER_PAUSE).map(move |()| Done::Rested(peer));
            return self.tasks.push(rested.boxed_local());
        };
        // Who has connected may lose the connection at once, and offer again.
        self.answering.remove(&peer);
        if !self.relay_only {
            self.handoff.accept(peer, muxer);
        }
    }

    /// The circuit stays, and some time later there is another offer.
    pub(super) fn fail_upgrade(&mut self, id: ContactId) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        contact.upgrade = Try::Busy(attempt);
        let pause = Delay::new(contact.fail_upgrade());
        let paused = pause.map(move |()| Done::Paused(id, attempt, Path::Direct));
        self.tasks.push(paused.boxed_local());
    }

    /// Traffic has moved to a connection of our own.
    pub(super) fn retire_circuits(&self, id: ContactId) {
        let Some(live) = self.contacts.get(&id).and_then(|contact| contact.stream.as_ref()) else {
            return;
        };
        let attempt = live.attempt;
        let moved = Delay::new(RETIRE_AFTER).map(move |()| Done::Moved(id, attempt));
        self.tasks.push(moved.boxed_local());
    }

    /// Closes the circuits to a contact whose traffic is still where it moved to.
    pub(super) fn close_circuits(
        &self,
        id: ContactId,
        attempt: Attempt,
        node: &mut Swarm<Behaviour>,
    ) {
        let contact = self.contacts.get(&id).filter(|contact| contact.is_live(attempt));
        if let Some(live) = contact.and_then(|contact| contact.stream.as_ref()) {
            self.close(live.peer, Path::Relayed, node);
        }
    }
}
