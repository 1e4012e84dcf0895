//! The links to two relays, as one way out: what goes to which, and what comes twice.
//!
//! ```text
//!  deposits, records written   to one of them; relays hand them on (protocol.md §14)
//!  subscriptions               to both; what comes from both is told once
//!  records read                from both; the highest sequence is told
//!  acknowledgements            to both
//! ```
//!
//! Invariant: every request is answered once. While one link is online we are, and what was asked of
//! the other is answered as lost; nothing is asked again but the subscriptions, of a link that comes.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, VecDeque},
    rc::Rc,
    task::Context,
    time::Duration,
};

use libp2p::{Multiaddr, PeerId, Swarm, swarm::SwarmEvent};
use libp2p_stream::Control;

use super::{
    Connectivity, Events, Fetch, Remember,
    bootstrap::Relay,
    breaker::Breaker,
    directory::{Directory, LINKS, host},
    link::{Link, Surroundings},
    mailbox_client,
    race::Race,
    swarm::{Behaviour, BehaviourEvent},
    told::{Acknowledged, Told},
};
use crate::{
    address::AddressKeys,
    engine::{
        effect::{EnvelopeId, NetAction, Ticket},
        input::{NetEvent, RelayError, RelayStatus},
    },
    wire::mailbox::Record,
};

/// The way to the bootstrap document, for all links.
pub(super) type Fetches = Rc<RefCell<Fetch>>;

/// A record that is being read.
struct Reading {
    /// Links that have not answered.
    waiting: BTreeSet<usize>,
    /// The best answer so far.
    best: Result<Option<Record>, RelayError>,
}

/// See the module.
pub(super) struct Links {
    links: [Link; LINKS],
    directory: Directory,
    subscriptions: BTreeMap<[u8; 32], AddressKeys>,
    /// Where each link has still to subscribe.
    unsubscribed: [VecDeque<[u8; 32]>; LINKS],
    was_online: [bool; LINKS],
    readings: BTreeMap<Ticket, Reading>,
    told: Told,
    reported: RelayStatus,
}

impl Links {
    /// Begins at once.
    pub(super) fn new(
        fetch: Fetch,
        (earlier, remember): (Vec<Relay>, Remember),
        breaker: &Breaker,
        race: &Race,
        control: &Control,
    ) -> Self {
        let fetch = Rc::new(RefCell::new(fetch));
        let link = |place| {
            Link::new(place, Rc::clone(&fetch), breaker.clone(), race.clone(), control.clone())
        };
        Self {
            links: [link(0), link(1)],
            directory: Directory::new(earlier, remember),
            subscriptions: BTreeMap::new(),
            unsubscribed: Default::default(),
            was_online: [false; LINKS],
            readings: BTreeMap::new(),
            told: Told::default(),
            reported: RelayStatus::Offline,
        }
    }

    /// Runs `work` on each link, and takes what comes of it.
    fn each(
        &mut self,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        mut work: impl FnMut(&mut Link, &mut Surroundings<'_>),
    ) {
        for place in 0..LINKS {
            let spare = self.is_online_beside(place);
            let mut heard = Events::default();
            let Self { links, directory, .. } = self;
            let Some(link) = links.get_mut(place) else { continue };
            let events_of_link = &mut heard;
            let mut around = Surroundings { directory, node, events: events_of_link, spare };
            work(link, &mut around);
            for event in heard.0 {
                self.on_event(place, event, events);
            }
            self.notice(place, events);
        }
    }

    fn is_online_beside(&self, place: usize) -> bool {
        let others = self.links.iter().enumerate().filter(|(other, _)| *other != place);
        others.map(|(_, link)| link).any(|link| link.online().is_some())
    }

    /// Does what can be done now; true when something was.
    pub(super) fn poll(
        &mut self,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
        cx: &mut Context<'_>,
    ) -> bool {
        let before = events.len();
        let mut moved = false;
        if events.has_room() {
            self.each(node, events, |link, around| moved |= link.poll(around, cx));
        }
        moved |= self.subscribe_some();
        self.report(node, events);
        moved || events.len() > before
    }

    /// A link has come or gone.
    fn notice(&mut self, place: usize, events: &mut Events) {
        let online = self.links.get(place).is_some_and(|link| link.online().is_some());
        let Some(was) = self.was_online.get_mut(place) else { return };
        if core::mem::replace(was, online) == online {
            return;
        }
        let Some(unsubscribed) = self.unsubscribed.get_mut(place) else { return };
        unsubscribed.clear();
        if online {
            unsubscribed.extend(self.subscriptions.keys());
            return;
        }
        // It has answered what it was asked as lost, all but this.
        let waiting: Vec<Ticket> = self.readings.keys().copied().collect();
        for ticket in waiting {
            self.on_read(place, ticket, Err(RelayError::Lost), events);
        }
        if !self.is_online() {
            // The engine asks again for all of it.
            self.subscriptions.clear();
            self.told = Told::default();
        }
    }

    /// Subscribes where a link has not, as far as it takes it.
    fn subscribe_some(&mut self) -> bool {
        let mut moved = false;
        for (link, unsubscribed) in self.links.iter_mut().zip(&mut self.unsubscribed) {
            let Some(online) = link.online_mut() else { continue };
            while online.mailbox.has_room()
                && let Some(address) = unsubscribed.pop_front()
            {
                if let Some(keys) = self.subscriptions.get(&address) {
                    online.mailbox.subscribe(keys);
                }
                moved = true;
            }
        }
        moved
    }

    fn on_event(&mut self, place: usize, event: NetEvent, events: &mut Events) {
        match event {
            NetEvent::RecordGot(ticket, result) => self.on_read(place, ticket, result, events),
            NetEvent::Arrived { address, id, envelope } => {
                if self.is_new(place, address, id) {
                    events.push(NetEvent::Arrived { address, id, envelope });
                }
            }
            event => events.push(event),
        }
    }

    /// Whether an envelope is to be told. One that was acknowledged is acknowledged once more: the relay
    /// has not heard of it.
    fn is_new(&mut self, place: usize, address: [u8; 32], id: EnvelopeId) -> bool {
        let before = self.told.tell(address, id);
        if before == Some(Acknowledged::Yes) {
            let keys = self.subscriptions.get(&address);
            let online = self.links.get_mut(place).and_then(Link::online_mut);
            if let (Some(keys), Some(online)) = (keys, online) {
                online.mailbox.acknowledge(keys, id);
            }
        }
        before.is_none()
    }

    fn on_read(
        &mut self,
        place: usize,
        ticket: Ticket,
        result: Result<Option<Record>, RelayError>,
        events: &mut Events,
    ) {
        let Some(reading) = self.readings.get_mut(&ticket) else { return };
        if !reading.waiting.remove(&place) {
            return;
        }
        let sequence = |result: &Result<Option<Record>, RelayError>| match result {
            Ok(Some(record)) => (2, record.sequence),
            Ok(None) => (1, 0),
            Err(_) => (0, 0),
        };
        if sequence(&result) > sequence(&reading.best) {
            reading.best = result;
        }
        if reading.waiting.is_empty()
            && let Some(reading) = self.readings.remove(&ticket)
        {
            events.push(NetEvent::RecordGot(ticket, reading.best));
        }
    }

    fn is_online(&self) -> bool {
        self.links.iter().any(|link| link.online().is_some())
    }

    fn report(&mut self, node: &Swarm<Behaviour>, events: &mut Events) {
        let online = || self.links.iter().filter_map(Link::online);
        let reserved: Vec<_> = online()
            .filter(|online| online.reservation.is_held())
            .map(|online| online.route.relay.to_bytes())
            .collect();
        let status = if self.is_online() {
            let peer =
                if reserved.is_empty() { Vec::new() } else { node.local_peer_id().to_bytes() };
            let hosts = online().map(|online| host(&online.route.address)).collect();
            RelayStatus::Online { peer, reserved, hosts }
        } else if self.links.iter().all(Link::is_hopeless) {
            RelayStatus::Offline
        } else {
            RelayStatus::Connecting
        };
        if status != self.reported {
            self.reported = status.clone();
            events.push(NetEvent::Relay(status));
        }
    }

    /// Whether a request would be taken or refused at once.
    pub(super) fn has_room(&self) -> bool {
        self.links.iter().filter_map(Link::online).all(|online| online.mailbox.has_room())
    }

    /// Makes a request, or refuses it when there is no connection.
    pub(super) fn request(&mut self, action: NetAction, events: &mut Events) {
        if !self.is_online() {
            return events.extend(mailbox_client::refuse(&action, RelayError::Offline));
        }
        let online = self.links.iter_mut().enumerate();
        let mut online = online.filter_map(|(place, link)| Some((place, link.online_mut()?)));
        match action {
            NetAction::Subscribe(keys) => {
                online.for_each(|(_, online)| online.mailbox.subscribe(&keys));
                self.subscriptions.insert(keys.address(), keys);
            }
            NetAction::Unsubscribe(address) => {
                online.for_each(|(_, online)| {
                    online.mailbox.request(NetAction::Unsubscribe(address));
                });
                self.subscriptions.remove(&address);
            }
            NetAction::Acknowledge { address, id } => {
                let Some(keys) = self.subscriptions.get(&address) else { return };
                online.for_each(|(_, online)| online.mailbox.acknowledge(keys, id));
                self.told.acknowledge(address, id);
            }
            NetAction::GetRecord { ticket, keys } => {
                let asked = online.map(|(place, online)| {
                    online.mailbox.get_record(ticket, &keys);
                    place
                });
                let (waiting, best) = (asked.collect(), Err(RelayError::Lost));
                self.readings.insert(ticket, Reading { waiting, best });
            }
            action => {
                if let Some((_, online)) = online.next() {
                    online.mailbox.request(action);
                }
            }
        }
    }

    /// Whether circuits can be dialled.
    pub(super) fn has_circuits(&self) -> bool {
        self.is_online()
    }

    /// Where circuits begin to somebody who is reached at `relays`, or at any of ours when that is not
    /// known: those first to which we are connected.
    pub(super) fn circuits(&self, relays: &[PeerId]) -> Vec<Multiaddr> {
        let ours = || self.links.iter().filter_map(Link::online).map(|online| &online.route);
        if relays.is_empty() {
            return ours().map(|route| route.circuit.clone()).collect();
        }
        let (near, far): (Vec<&PeerId>, Vec<&PeerId>) =
            relays.iter().partition(|relay| ours().any(|route| route.relay == **relay));
        let near = near.into_iter().filter_map(|relay| {
            ours().find(|route| route.relay == *relay).map(|route| route.circuit.clone())
        });
        near.chain(far.into_iter().filter_map(|relay| self.directory.circuit(relay))).collect()
    }

    /// Skips pauses, and checks connections.
    pub(super) fn reconnect(&mut self) {
        self.links.iter_mut().for_each(Link::reconnect);
    }

    /// The system has lost or found its network.
    pub(super) fn on_connectivity(
        &mut self,
        connectivity: Connectivity,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        self.each(node, events, |link, around| link.on_connectivity(connectivity, around));
    }

    /// The page did not run for so long.
    pub(super) fn on_slept(
        &mut self,
        slept: Duration,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        self.each(node, events, |link, around| link.on_slept(slept, around));
    }

    /// Somebody looks at the page, or nobody.
    pub(super) fn on_visibility(&mut self, hidden: bool) {
        self.links.iter_mut().for_each(|link| link.on_visibility(hidden));
    }

    /// Takes note of what the node tells.
    pub(super) fn on_swarm_event(
        &mut self,
        event: &SwarmEvent<BehaviourEvent>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        self.each(node, events, |link, around| link.on_swarm_event(event, around));
    }
}
