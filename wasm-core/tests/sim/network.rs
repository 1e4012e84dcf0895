//! What lies between people: the relay's answers and pushes, and direct streams.

use volly_core::{
    api::{ContactId, Path},
    engine::{
        effect::{EnvelopeId, NetAction},
        input::{Input, NetEvent, RelayError},
    },
};

use super::world::World;

impl World {
    pub fn act(&mut self, user: usize, action: NetAction) {
        let online = self.users[user].online;
        let event = match action {
            NetAction::PutRecord { ticket, keys, sequence, value, .. } => {
                let done = if online {
                    self.relays.put(user, keys.address(), sequence, &value)
                } else {
                    Err(RelayError::Offline)
                };
                NetEvent::RecordPut(ticket, done)
            }
            NetAction::GetRecord { ticket, keys } => {
                let record = self.relays.get(user, keys.address());
                let answer = if online { Ok(record) } else { Err(RelayError::Offline) };
                NetEvent::RecordGot(ticket, answer)
            }
            NetAction::Deposit { ticket, keys, id, envelope, .. } => {
                if !online {
                    NetEvent::Deposited(ticket, Err(RelayError::Offline))
                } else {
                    for to in self.relays.deposit(user, keys.address(), id, &envelope) {
                        self.push(to, keys.address(), id, envelope.clone());
                    }
                    // The relay that was asked may go before it has answered.
                    if self.happens(self.weather.relay_dies_one_in) {
                        self.lose_a_relay();
                        NetEvent::Deposited(ticket, Err(RelayError::Lost))
                    } else {
                        NetEvent::Deposited(ticket, Ok(()))
                    }
                }
            }
            NetAction::Subscribe(keys) if online => return self.subscribe(user, keys.address()),
            NetAction::Acknowledge { address, id } if online => {
                return self.relays.acknowledge(&address, id);
            }
            NetAction::Unsubscribe(address) => {
                self.relays.subscriptions.remove(&(address, user));
                return;
            }
            NetAction::ReachDirect { contact, key, peer, .. } if online => {
                return self.reach(user, contact, *key.expose(), peer);
            }
            NetAction::SendDirect { contact, envelope, .. } => {
                return self.send_direct(user, contact, envelope);
            }
            NetAction::SendFileFrame(contact, frame) => {
                if let Some((peer, theirs)) = self.end_of_stream(user, contact) {
                    let event = NetEvent::FileArrived(theirs, frame);
                    self.users[peer].inputs.push_back(Input::Net(event));
                }
                return;
            }
            NetAction::ForgetDirect(contact) => {
                self.users[user].reach.remove(&contact);
                return;
            }
            _ => return,
        };
        self.users[user].inputs.push_back(Input::Net(event));
    }

    fn subscribe(&mut self, user: usize, address: [u8; 32]) {
        self.relays.seen.insert((address, user));
        self.relays.subscriptions.insert((address, user));
        for _ in self.relays.links_of(user) {
            self.push_all(user, address);
        }
    }

    fn push_all(&mut self, user: usize, address: [u8; 32]) {
        let mailbox = self.relays.disk().mailboxes.get(&address).cloned();
        for (id, envelope) in mailbox.unwrap_or_default() {
            self.push(user, address, id, envelope);
        }
    }

    /// A relay goes, or one comes back, or both.
    pub fn change_the_relays(&mut self) {
        if self.rng.one_in(2) {
            self.relays.one_returns(&mut self.rng);
        } else {
            self.relays.one_dies(&mut self.rng);
        }
        self.look_again();
    }

    fn lose_a_relay(&mut self) {
        self.relays.one_dies(&mut self.rng);
        self.look_again();
    }

    /// Everybody subscribes at the relays that are new to them; here, at all of them.
    pub fn look_again(&mut self) {
        for (address, user) in self.relays.subscriptions.clone() {
            self.push_all(user, address);
        }
        for user in 0..self.users.len() {
            if self.users[user].online {
                let status = self.status(user);
                self.users[user].inputs.push_back(Input::Net(NetEvent::Relay(status)));
            }
        }
    }

    fn push(&mut self, user: usize, address: [u8; 32], id: EnvelopeId, envelope: Vec<u8>) {
        if self.weather.stalled {
            return;
        }
        let times = 1 + usize::from(self.happens(self.weather.repeat_one_in));
        for _ in 0..times {
            let envelope = envelope.clone();
            let event = NetEvent::Arrived { address, id, envelope };
            self.users[user].inputs.push_back(Input::Net(event));
        }
    }

    /// Both sides of a direct stream have the same key, and each only for that contact. Of the two
    /// the one with the higher number dials, if it knows where the other is now.
    fn reach(&mut self, user: usize, contact: ContactId, key: [u8; 32], at: Vec<u8>) {
        self.users[user].reach.insert(contact, (key, at));
        if let Some((peer, theirs)) = self.other_end(user, key) {
            let (dialer, its, other) =
                if user > peer { (user, contact, peer) } else { (peer, theirs, user) };
            let there = self.peer(other);
            if self.users[dialer].reach.get(&its).is_none_or(|(_, at)| *at != there) {
                return;
            }
            self.broken
                .retain(|&(_, at, of)| ![(user, contact), (peer, theirs)].contains(&(at, of)));
            // A stream that takes the place of one whose end nobody has told ends that.
            for (user, contact) in [(user, contact), (peer, theirs)] {
                for event in
                    [NetEvent::DirectDown(contact), NetEvent::DirectUp(contact, Path::Relayed)]
                {
                    self.users[user].inputs.push_back(Input::Net(event));
                }
            }
        }
    }

    pub fn other_end(&self, user: usize, key: [u8; 32]) -> Option<(usize, ContactId)> {
        self.users.iter().enumerate().find_map(|(peer, it)| {
            let theirs = it.reach.iter().find(|&(_, (theirs, _))| *theirs == key);
            theirs.filter(|_| peer != user && it.online).map(|(&contact, _)| (peer, contact))
        })
    }

    /// Who is at the other end of a stream that nobody knows to be broken.
    fn end_of_stream(&self, user: usize, contact: ContactId) -> Option<(usize, ContactId)> {
        let (key, _) = self.users[user].reach.get(&contact)?;
        let broken = self.broken.iter().any(|&(_, at, of)| (at, of) == (user, contact));
        self.other_end(user, *key).filter(|_| !broken)
    }

    fn send_direct(&mut self, user: usize, contact: ContactId, envelope: Vec<u8>) {
        let Some((key, _)) = self.users[user].reach.get(&contact) else { return };
        if self.broken.iter().any(|&(_, at, of)| (at, of) == (user, contact)) {
            return;
        }
        let key = *key;
        match self.other_end(user, key) {
            Some((peer, theirs)) => {
                let event = NetEvent::DirectArrived(theirs, envelope);
                self.users[peer].inputs.push_back(Input::Net(event));
            }
            None => self.users[user].inputs.push_back(Input::Net(NetEvent::DirectDown(contact))),
        }
    }
}
