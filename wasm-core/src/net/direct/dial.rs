//! Circuits to contacts: whose turn it is, and through which relay.

use futures::FutureExt;
use libp2p::{
    Multiaddr, Swarm,
    multiaddr::Protocol,
    swarm::dial_opts::{DialOpts, PeerCondition},
};

use super::{Direct, Done, contact::Try};
use crate::{
    api::{ContactId, Path},
    net::{Events, links::Links, swarm::Behaviour},
};

impl Direct {
    /// Puts a contact into the queue when it is ours to dial and nothing is under way.
    pub(super) fn enqueue(&mut self, id: ContactId) {
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let ours = contact.is_ours_to_dial(self.local);
        if self.online && ours && contact.stream.is_none() && contact.dial == Try::Resting {
            contact.dial = Try::Waiting;
            self.queue.push_back(id);
        }
    }

    /// Dials a contact over a circuit, and proves who is at the ends.
    pub(super) fn dial(
        &mut self,
        id: ContactId,
        links: &Links,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (Try::Waiting, Some(peer)) = (contact.dial, contact.peer) else { return };
        let circuits = links.circuits(&contact.relays);
        let is_relay = |circuit: &Multiaddr| circuit.iter().any(|part| part == Protocol::P2p(peer));
        if circuits.iter().chain(&links.circuits(&[])).any(is_relay) {
            // A contact that claims to be a relay would have us hang up on it.
            contact.dial = Try::Resting;
            return;
        }
        // Each time the next one: that a relay has a place for it does not say that it is there.
        let Some(circuit) = contact.turn(&circuits) else { return self.fail(id, events) };
        contact.dial = Try::Busy(attempt);
        self.dials += 1;
        let key = contact.key.clone();
        if !self.connections.values().any(|it| it.goes(peer, Path::Relayed)) {
            let opts = DialOpts::peer_id(peer)
                .addresses(vec![circuit.clone().with(Protocol::P2p(peer))])
                .condition(PeerCondition::NotDialing);
            let _ = node.dial(opts.build());
        }
        let prove = self.prove(self.relayed.clone(), peer, key);
        let done = async move { Done::Dialed((id, attempt, peer), Path::Relayed, prove.await) };
        self.tasks.push(done.boxed_local());
    }
}
