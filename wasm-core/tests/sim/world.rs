//! A world of engines around a few relays, in virtual time, with a seed.
//!
//! The relays are a model: what they acknowledged they keep, as long as one of them is there. A user's store is a map that takes a
//! commit whole or, when the user crashes, not at all; a loss of power undoes what was not strict. Connections break, browsers are killed
//! between any two effects, and the relay pushes what is not acknowledged again and again.

use std::collections::BTreeSet;

use volly_core::{
    api::{
        AcceptInvite, ApiError, Call, CallId, ContactId, CreateInvite, Form, GetSnapshot,
        GetTimeline, InviteView, MessageView, Request, SendText, Snapshot, Start, Stretch,
    },
    engine::{
        Engine,
        effect::Effect,
        input::{Input, NetEvent, RelayStatus, Timestamp},
    },
};

use super::{relay::Relays, rng::TestRng, store::Store, user::User};

/// How the world treats its people.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// A user's browser is killed, or loses its power, before one effect in so many; 0 for never.
    pub crash_one_in: u64,
    /// A connection breaks before one network action in so many; 0 for never.
    pub cut_one_in: u64,
    /// The relay pushes an envelope twice, one time in so many; 0 for never.
    pub repeat_one_in: u64,
    /// A relay goes or comes back before one network action in so many, and goes before its answer to one
    /// deposit in so many; 0 for never. One is always there.
    pub relay_dies_one_in: u64,
    /// The relay answers, and pushes nothing of what it holds.
    pub stalled: bool,
    /// Two users who are online at once have direct streams.
    pub direct: bool,
    /// The store refuses its n-th operation from now, whosever it is, and works again afterwards.
    pub refuse_in: Option<u64>,
}

pub struct World {
    pub users: Vec<User>,
    pub relays: Relays,
    pub now: Timestamp,
    pub rng: TestRng,
    pub weather: Weather,
    pub next_call: u64,
    pub seed: u64,
    /// Streams whose other end is gone: when that is noticed, by whom, and to which contact.
    pub broken: Vec<(Timestamp, usize, ContactId)>,
}

/// A ping every 15 seconds, and 10 for its answer.
const NOTICED_AFTER: core::time::Duration = core::time::Duration::from_secs(25);

impl World {
    pub fn new(seed: u64, users: usize) -> Self {
        Self::around(seed, users, 1)
    }

    pub fn around(seed: u64, users: usize, relays: usize) -> Self {
        let now = Timestamp(1_800_000_000_000);
        Self {
            users: (0..users).map(|_| User::new(Store::default(), now)).collect(),
            relays: Relays::new(relays),
            now,
            rng: TestRng::new(seed),
            weather: Weather::default(),
            next_call: 0,
            seed,
            broken: Vec::new(),
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
        let call = SendText { contact, text: text.into(), answers: None, token: 0 };
        self.call(user, call).unwrap();
    }

    /// The whole history, oldest first.
    pub fn history(&mut self, user: usize, contact: ContactId) -> Vec<MessageView> {
        let mut messages = Vec::new();
        loop {
            let first = messages.first().map(|m: &MessageView| m.id);
            let stretch = first.map_or(Stretch::Newest, Stretch::Before);
            let page = self.call(user, GetTimeline { contact, stretch }).unwrap();
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

    /// The history as one line a message, the same for both: who wrote it is `a` for the first user.
    pub fn story(&mut self, user: usize, contact: ContactId) -> Vec<String> {
        let name = |ours: bool| if ours == (user == 0) { 'a' } else { 'b' };
        let line = |m: MessageView| {
            let mut line = format!("{}: {}", name(m.state.is_some()), m.text);
            if m.form != Form::Text {
                line += &format!("<{:?}>", m.form);
            }
            if m.edited {
                line += " (edited)";
            }
            if let Some(quote) = m.answers {
                let text = quote.text.unwrap_or_else(|| "<not here>".into());
                line += &format!(" re {}: {text}", name(quote.mine));
            }
            let (a, b) = if user == 0 {
                (m.our_reaction, m.their_reaction)
            } else {
                (m.their_reaction, m.our_reaction)
            };
            for (by, emoji) in [('a', a), ('b', b)] {
                line += &emoji.map_or_else(String::new, |emoji| format!(" {by}{emoji}"));
            }
            line
        };
        self.history(user, contact).into_iter().map(line).collect()
    }

    pub fn connect(&mut self, user: usize) {
        if !self.users[user].online {
            self.users[user].online = true;
            let online = NetEvent::Relay(self.status(user));
            self.users[user].inputs.push_back(Input::Net(online));
        }
    }

    /// How a user who is online is connected.
    pub fn status(&self, user: usize) -> RelayStatus {
        let peer = if self.weather.direct { self.peer(user) } else { Vec::new() };
        let links = self.relays.links_of(user);
        let hosts = links.iter().map(|relay| format!("relay {relay}")).collect();
        let reserved = links.iter().map(|relay| relay.to_be_bytes().to_vec()).collect();
        RelayStatus::Online { peer, reserved, hosts }
    }

    pub fn peer(&self, user: usize) -> Vec<u8> {
        [&b"peer"[..], &user.to_be_bytes(), &self.users[user].connection.to_be_bytes()].concat()
    }

    /// The connection breaks. What the relay has pushed and we have not acknowledged stays there.
    pub fn disconnect(&mut self, user: usize) {
        self.users[user].online = false;
        self.users[user].connection += 1;
        self.relays.subscriptions.retain(|&(_, subscriber)| subscriber != user);
        for (contact, (key, _)) in std::mem::take(&mut self.users[user].reach) {
            self.broken.retain(|&(_, at, of)| (at, of) != (user, contact));
            if let Some((peer, theirs)) = self.other_end(user, key) {
                self.broken.push((self.now.after(NOTICED_AFTER), peer, theirs));
            }
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
            let next = self.users.iter().filter_map(|user| user.engine.poll_timeout());
            match next.chain(self.broken.iter().map(|(at, ..)| *at)).min() {
                Some(at) if at <= end => self.now = at.max(Timestamp(self.now.0 + 1)),
                _ => break,
            }
            let now = self.now;
            for (_, user, contact) in self.broken.extract_if(.., |(at, ..)| *at <= now) {
                self.users[user].inputs.push_back(Input::Net(NetEvent::DirectDown(contact)));
            }
            for user in &mut self.users {
                user.inputs.push_back(Input::Tick);
            }
        }
        self.now = end;
    }

    pub fn step(&mut self, user: usize) -> bool {
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

    pub fn happens(&mut self, one_in: u64) -> bool {
        one_in > 0 && self.rng.one_in(one_in)
    }

    /// Whether the store refuses this operation.
    fn refuses(&mut self) -> bool {
        let left = self.weather.refuse_in;
        self.weather.refuse_in = left.and_then(|left| left.checked_sub(1));
        left == Some(0)
    }

    pub fn apply(&mut self, user: usize, effect: Effect) {
        let is_stored = matches!(effect, Effect::Commit { .. } | Effect::Scan(..));
        if is_stored && self.refuses() {
            // The engine ends, and the next one is loaded from what is stored.
            return self.crash(user);
        }
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
                if self.happens(self.weather.relay_dies_one_in) {
                    self.change_the_relays();
                }
                if self.happens(self.weather.cut_one_in) && self.users[user].online {
                    self.disconnect(user);
                    self.connect(user);
                }
                self.act(user, action);
            }
            Effect::Scan(scans) => {
                let store = &self.users[user].store;
                let rows = scans.iter().flat_map(|scan| store.scan(scan)).collect();
                self.users[user].inputs.push_back(Input::Scanned(Some(rows)));
            }
            Effect::Emit(event) => self.users[user].events.push(*event),
            Effect::Archive(..) => panic!("seed {}: the driver writes backups", self.seed),
            Effect::Reply(call, bytes) => {
                self.users[user].replies.insert(call, bytes);
            }
        }
    }

    /// Addresses at which this user wrote or read.
    pub fn addresses_of(&self, user: usize) -> BTreeSet<[u8; 32]> {
        self.relays.seen.iter().filter(|(_, who)| *who == user).map(|(a, _)| *a).collect()
    }

    /// Bytes that the relay holds now.
    pub fn relay_bytes(&self) -> Vec<u8> {
        self.relays.bytes()
    }

    /// Sequence numbers of the records that the relay holds.
    pub fn relay_sequences(&self) -> Vec<u64> {
        self.relays.disk().records.values().map(|&(sequence, _)| sequence).collect()
    }

    /// The relay hands out what waits in another order.
    pub fn shuffle_mailboxes(&mut self) {
        self.relays.shuffle(&mut self.rng);
    }

    /// The relay loses what waits at these places of its mailboxes.
    pub fn lose_from_mailboxes(&mut self, lost: impl Fn(usize) -> bool) {
        self.relays.lose(lost);
    }

    /// Envelopes that nobody has acknowledged.
    pub fn undelivered(&self) -> usize {
        self.relays.disk().mailboxes.values().map(Vec::len).sum()
    }
}
