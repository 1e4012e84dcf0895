//! A world of engines around one relay, in virtual time, with a seed.
//!
//! The relay is a model: what it acknowledged it keeps. A user's store is a map that takes a
//! commit whole or, when the user crashes, not at all; a loss of power undoes what was not strict. Connections break, browsers are killed
//! between any two effects, and the relay pushes what is not acknowledged again and again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use volly_core::{
    api::{
        AcceptInvite, ApiError, Call, CallId, ContactId, CreateInvite, GetSnapshot, GetTimeline,
        InviteView, MessageView, Numbered, Request, SendText, Snapshot, Start,
    },
    engine::{
        Engine,
        effect::{Effect, EnvelopeId, NetAction},
        input::{Input, NetEvent, RelayError, RelayStatus, Timestamp},
    },
};

use super::{relay::Relay, rng::TestRng, store::Store};

/// How the world treats its people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// A user's browser is killed, or loses its power, before one effect in so many; 0 for never.
    pub crash_one_in: u64,
    /// A connection breaks before one network action in so many; 0 for never.
    pub cut_one_in: u64,
    /// The relay pushes an envelope twice, one time in so many; 0 for never.
    pub repeat_one_in: u64,
    /// The relay answers, and pushes nothing of what it holds.
    pub stalled: bool,
    /// Two users who are online at once have direct streams.
    pub direct: bool,
}

pub struct User {
    engine: Engine,
    store: Store,
    online: bool,
    connection: u64,
    inputs: VecDeque<Input>,
    replies: BTreeMap<CallId, Vec<u8>>,
    pub events: Vec<Numbered>,
    /// What the engine is ready to accept or to make directly: the key of the pair, and the PeerId
    /// at which it believes the contact to be.
    reach: BTreeMap<ContactId, ([u8; 32], Vec<u8>)>,
    pub crashes: u32,
}

pub struct World {
    pub users: Vec<User>,
    relay: Relay,
    pub now: Timestamp,
    pub rng: TestRng,
    pub weather: Weather,
    next_call: u64,
    seed: u64,
}

impl World {
    pub fn new(seed: u64, users: usize) -> Self {
        let now = Timestamp(1_800_000_000_000);
        let user = || User {
            engine: Engine::load(Vec::new(), now).unwrap(),
            store: Store::default(),
            online: false,
            connection: 0,
            inputs: VecDeque::new(),
            replies: BTreeMap::new(),
            events: Vec::new(),
            reach: BTreeMap::new(),
            crashes: 0,
        };
        Self {
            users: (0..users).map(|_| user()).collect(),
            relay: Relay::default(),
            now,
            rng: TestRng::new(seed),
            weather: Weather::default(),
            next_call: 0,
            seed,
        }
    }

    /// Two users, online, who know each other. Returns how each calls the other.
    pub fn pair(seed: u64) -> (Self, ContactId, ContactId) {
        let mut world = Self::new(seed, 2);
        let (a, b) = world.introduce(0, 1);
        (world, a, b)
    }

    /// `a` invites `b`.
    pub fn introduce(&mut self, a: usize, b: usize) -> (ContactId, ContactId) {
        for (user, name) in [(a, "Alice"), (b, "Bob")] {
            self.connect(user);
            let _ = self.call(user, Start { name: name.into() });
        }
        let invite = self.call(a, CreateInvite {}).unwrap();
        let b_knows = self.accept(b, &invite).unwrap();
        self.run();
        let a_knows = self.snapshot(a).contacts.iter().map(|c| c.id).next_back().unwrap();
        let newest = self.snapshot(a).contacts.into_iter().max_by_key(|c| c.added_at);
        (newest.map_or(a_knows, |c| c.id), b_knows)
    }

    pub fn accept(&mut self, user: usize, invite: &InviteView) -> Result<ContactId, ApiError> {
        let link = format!("https://volly.example/#{}", invite.fragment);
        self.call(user, AcceptInvite { link, confirm: true }).map(|(_, id)| id.unwrap())
    }

    /// Makes a call and runs the world until it is answered. A crash on the way asks again.
    pub fn call<C: Call + Clone>(&mut self, user: usize, call: C) -> Result<C::Reply, ApiError> {
        for _ in 0..50 {
            let id = self.ask(user, call.clone());
            self.run();
            if let Some(bytes) = self.users[user].replies.remove(&id) {
                return postcard::from_bytes(&bytes).unwrap();
            }
        }
        panic!("seed {}: no answer", self.seed);
    }

    /// Makes a call and does not wait.
    pub fn ask(&mut self, user: usize, call: impl Into<Request>) -> CallId {
        self.next_call += 1;
        let id = CallId(self.next_call);
        self.users[user].inputs.push_back(Input::Call(id, call.into()));
        id
    }

    pub fn reply<C: Call>(
        &mut self,
        user: usize,
        id: CallId,
    ) -> Option<Result<C::Reply, ApiError>> {
        let bytes = self.users[user].replies.remove(&id)?;
        Some(postcard::from_bytes(&bytes).unwrap())
    }

    pub fn snapshot(&mut self, user: usize) -> Snapshot {
        self.call(user, GetSnapshot {}).unwrap()
    }

    pub fn send(&mut self, user: usize, contact: ContactId, text: &str) {
        self.call(user, SendText { contact, text: text.into() }).unwrap();
    }

    /// The whole history, oldest first.
    pub fn history(&mut self, user: usize, contact: ContactId) -> Vec<MessageView> {
        let mut messages = Vec::new();
        loop {
            let before = messages.first().map(|m: &MessageView| m.id);
            let page = self.call(user, GetTimeline { contact, before }).unwrap();
            let more = page.has_older;
            messages.splice(0..0, page.messages);
            if !more {
                return messages;
            }
        }
    }

    pub fn texts(&mut self, user: usize, contact: ContactId) -> Vec<String> {
        self.history(user, contact).into_iter().map(|m| m.text).collect()
    }

    pub fn connect(&mut self, user: usize) {
        if !self.users[user].online {
            self.users[user].online = true;
            let peer = if self.weather.direct { self.peer(user) } else { Vec::new() };
            let online = NetEvent::Relay(RelayStatus::Online { peer });
            self.users[user].inputs.push_back(Input::Net(online));
        }
    }

    fn peer(&self, user: usize) -> Vec<u8> {
        [&b"peer"[..], &user.to_be_bytes(), &self.users[user].connection.to_be_bytes()].concat()
    }

    /// The connection breaks. What the relay has pushed and we have not acknowledged stays there.
    pub fn disconnect(&mut self, user: usize) {
        self.users[user].online = false;
        self.users[user].connection += 1;
        self.relay.subscriptions.retain(|&(_, subscriber)| subscriber != user);
        for contact in std::mem::take(&mut self.users[user].reach).into_keys() {
            self.users[user].inputs.push_back(Input::Net(NetEvent::DirectDown(contact)));
        }
        let offline = NetEvent::Relay(RelayStatus::Connecting);
        self.users[user].inputs.push_back(Input::Net(offline));
    }

    /// The browser is killed: memory is gone, the store stays.
    pub fn crash(&mut self, user: usize) {
        let was_online = self.users[user].online;
        self.disconnect(user);
        let now = self.now;
        let it = &mut self.users[user];
        it.inputs.clear();
        it.crashes += 1;
        it.engine = Engine::load(it.store.load(), now).unwrap();
        if was_online {
            self.connect(user);
        }
    }

    /// The browser crashes, or the machine with it.
    fn strike(&mut self, user: usize) {
        if self.rng.one_in(2) {
            self.users[user].store.lose_power();
        }
        self.crash(user);
    }

    /// The browser is closed: its streams end at the other side as well, which a connection that
    /// breaks does not tell.
    pub fn close(&mut self, user: usize) {
        let keys: Vec<[u8; 32]> = self.users[user].reach.values().map(|(key, _)| *key).collect();
        for key in keys {
            let Some((peer, contact)) = self.other_end(user, key) else { continue };
            self.users[peer].inputs.push_back(Input::Net(NetEvent::DirectDown(contact)));
        }
        self.disconnect(user);
        self.crash(user);
    }

    /// Runs until nothing is left to do now.
    pub fn run(&mut self) {
        for _ in 0..1_000_000 {
            if !(0..self.users.len()).any(|user| self.step(user)) {
                return;
            }
        }
        panic!("seed {}: the world does not come to rest", self.seed);
    }

    /// Lets time pass, tick by tick.
    pub fn pass(&mut self, duration: core::time::Duration) {
        let end = self.now.after(duration);
        loop {
            self.run();
            let next = self.users.iter().filter_map(|user| user.engine.poll_timeout()).min();
            match next {
                Some(at) if at <= end => self.now = at.max(Timestamp(self.now.0 + 1)),
                _ => break,
            }
            for user in &mut self.users {
                user.inputs.push_back(Input::Tick);
            }
        }
        self.now = end;
    }

    fn step(&mut self, user: usize) -> bool {
        if let Some(effect) = self.users[user].engine.poll_effect() {
            if self.happens(self.weather.crash_one_in) {
                self.strike(user);
            } else {
                self.apply(user, effect);
            }
            return true;
        }
        let now = self.now;
        let it = &mut self.users[user];
        let Some(input) = it.inputs.pop_front() else { return false };
        it.engine.handle(input, now, &mut self.rng);
        true
    }

    fn happens(&mut self, one_in: u64) -> bool {
        one_in > 0 && self.rng.one_in(one_in)
    }

    fn apply(&mut self, user: usize, effect: Effect) {
        match effect {
            Effect::Commit { id, changes, then } => {
                self.users[user].store.commit(changes);
                for effect in then {
                    if self.happens(self.weather.crash_one_in) {
                        return self.strike(user);
                    }
                    self.apply(user, effect);
                }
                self.users[user].inputs.push_back(Input::Committed(id));
            }
            Effect::Net(action) => {
                if self.happens(self.weather.cut_one_in) && self.users[user].online {
                    self.disconnect(user);
                    self.connect(user);
                }
                self.act(user, action);
            }
            Effect::Scan(call, scan) => {
                let rows = self.users[user].store.scan(&scan);
                self.users[user].inputs.push_back(Input::Scanned(call, rows));
            }
            Effect::Emit(event) => self.users[user].events.push(*event),
            Effect::Reply(call, bytes) => {
                self.users[user].replies.insert(call, bytes);
            }
        }
    }

    fn act(&mut self, user: usize, action: NetAction) {
        let online = self.users[user].online;
        let event = match action {
            NetAction::PutRecord { ticket, keys, sequence, value, .. } => {
                let put = |relay: &mut Relay| relay.put(user, keys.address(), sequence, value);
                let done = if online { put(&mut self.relay) } else { Err(RelayError::Offline) };
                NetEvent::RecordPut(ticket, done)
            }
            NetAction::GetRecord { ticket, keys } => {
                let value = self.relay.get(user, keys.address());
                NetEvent::RecordGot(
                    ticket,
                    if online { Ok(value) } else { Err(RelayError::Offline) },
                )
            }
            NetAction::Deposit { ticket, keys, id, envelope, .. } => {
                if !online {
                    NetEvent::Deposited(ticket, Err(RelayError::Offline))
                } else {
                    for to in self.relay.deposit(user, keys.address(), id, &envelope) {
                        self.push(to, keys.address(), id, envelope.clone());
                    }
                    NetEvent::Deposited(ticket, Ok(()))
                }
            }
            NetAction::Subscribe(keys) if online => return self.subscribe(user, keys.address()),
            NetAction::Acknowledge { address, ids } if online => {
                return self.relay.acknowledge(&address, &ids);
            }
            NetAction::Unsubscribe(address) => {
                self.relay.subscriptions.remove(&(address, user));
                return;
            }
            NetAction::ReachDirect { contact, key, peer } if online => {
                return self.reach(user, contact, *key.expose(), peer);
            }
            NetAction::SendDirect { contact, envelope, .. } => {
                return self.send_direct(user, contact, envelope);
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
        self.relay.seen.insert((address, user));
        self.relay.subscriptions.insert((address, user));
        if self.weather.stalled {
            return;
        }
        for (id, envelope) in self.relay.mailboxes.get(&address).cloned().unwrap_or_default() {
            self.push(user, address, id, envelope);
        }
    }

    fn push(&mut self, user: usize, address: [u8; 32], id: EnvelopeId, envelope: Vec<u8>) {
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
            for (user, contact) in [(user, contact), (peer, theirs)] {
                self.users[user].inputs.push_back(Input::Net(NetEvent::DirectUp(contact)));
            }
        }
    }

    fn other_end(&self, user: usize, key: [u8; 32]) -> Option<(usize, ContactId)> {
        self.users.iter().enumerate().find_map(|(peer, it)| {
            let theirs = it.reach.iter().find(|&(_, (theirs, _))| *theirs == key);
            theirs.filter(|_| peer != user && it.online).map(|(&contact, _)| (peer, contact))
        })
    }

    fn send_direct(&mut self, user: usize, contact: ContactId, envelope: Vec<u8>) {
        let Some((key, _)) = self.users[user].reach.get(&contact) else { return };
        let key = *key;
        match self.other_end(user, key) {
            Some((peer, theirs)) => {
                let event = NetEvent::DirectArrived(theirs, envelope);
                self.users[peer].inputs.push_back(Input::Net(event));
            }
            None => self.users[user].inputs.push_back(Input::Net(NetEvent::DirectDown(contact))),
        }
    }

    /// Addresses at which this user wrote or read.
    pub fn addresses_of(&self, user: usize) -> BTreeSet<[u8; 32]> {
        self.relay.seen.iter().filter(|(_, who)| *who == user).map(|(a, _)| *a).collect()
    }

    /// Bytes that the relay holds now.
    pub fn relay_bytes(&self) -> Vec<u8> {
        self.relay.bytes()
    }

    /// Sequence numbers of the records that the relay holds.
    pub fn relay_sequences(&self) -> Vec<u64> {
        self.relay.records.values().map(|&(sequence, _)| sequence).collect()
    }

    /// Envelopes that nobody has acknowledged.
    pub fn undelivered(&self) -> usize {
        self.relay.mailboxes.values().map(Vec::len).sum()
    }
}
