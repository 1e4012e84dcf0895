//! Two engines that meet, for the rows that they store. The relay keeps everything and says yes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;
use volly_core::{
    api::{AcceptInvite, Call, CallId, ContactId, CreateInvite, SendText, SetDraft, Start},
    engine::{
        Engine,
        effect::{ChangeSet, Effect, EnvelopeId, NetAction, Row, Table},
        input::{Input, NetEvent, RelayError, RelayStatus, Timestamp},
    },
    wire::mailbox::Record,
};
use volly_fuzz::parties::NOW;

type Address = [u8; 32];

struct Person {
    engine: Engine,
    inputs: VecDeque<Input>,
    online: bool,
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
    reply: Vec<u8>,
}

struct Meeting {
    people: Vec<Person>,
    now: Timestamp,
    rng: ChaCha20Rng,
    records: BTreeMap<Address, Vec<u8>>,
    mail: Vec<(Address, EnvelopeId, Vec<u8>)>,
    subscriptions: BTreeSet<(Address, usize)>,
}

/// The rows of two people who have met and talked. The first has an open invite; the second has
/// written something without a connection, and begun to write more.
pub fn rows() -> Vec<Vec<Row>> {
    let mut meeting = Meeting::new();
    for (who, name) in ["Alice", "Bob"].into_iter().enumerate() {
        meeting.call(who, Start { name: name.into() });
        meeting.connection(
            who,
            RelayStatus::Online { peer: Vec::new(), reserved: Vec::new(), hosts: Vec::new() },
        );
    }
    let link = meeting.call(0, CreateInvite {}).fragment;
    let (_, contact) = meeting.call(1, AcceptInvite { link, confirm: true });
    let contact = contact.unwrap();
    meeting.pass();
    let alices: Vec<ContactId> = meeting.people[0]
        .rows
        .keys()
        .filter(|(table, _)| *table == Table::Contacts)
        .map(|(_, key)| ContactId(u64::from_be_bytes(key[..].try_into().unwrap())))
        .collect();
    meeting.call(
        0,
        SendText { contact: alices[0], text: "Is it you?".into(), answers: None, token: 0 },
    );
    meeting.call(1, SendText { contact, text: "It is.".into(), answers: None, token: 0 });
    meeting.pass();
    meeting.call(0, CreateInvite {});
    meeting.connection(1, RelayStatus::Offline);
    meeting.call(1, SendText { contact, text: "And you?".into(), answers: None, token: 0 });
    meeting.call(1, SetDraft { contact, text: "By the".into() });
    let row = |((table, key), value): (_, Vec<u8>)| Row { table, key, value: value.into() };
    meeting.people.into_iter().map(|it| it.rows.into_iter().map(row).collect()).collect()
}

impl Meeting {
    fn new() -> Self {
        let now = Timestamp(NOW * 1_000);
        let person = |_| Person {
            engine: Engine::load(Vec::new(), now).unwrap(),
            inputs: VecDeque::new(),
            online: false,
            rows: BTreeMap::new(),
            reply: Vec::new(),
        };
        Self {
            people: (0..2).map(person).collect(),
            now,
            rng: ChaCha20Rng::seed_from_u64(3),
            records: BTreeMap::new(),
            mail: Vec::new(),
            subscriptions: BTreeSet::new(),
        }
    }

    fn call<C: Call>(&mut self, who: usize, call: C) -> C::Reply {
        self.people[who].inputs.push_back(Input::Call(CallId(1), call.into()));
        self.run();
        let reply: Result<C::Reply, volly_core::api::ApiError> =
            postcard::from_bytes(&self.people[who].reply).unwrap();
        reply.unwrap()
    }

    fn connection(&mut self, who: usize, status: RelayStatus) {
        self.people[who].online = matches!(status, RelayStatus::Online { .. });
        self.people[who].inputs.push_back(Input::Net(NetEvent::Relay(status)));
        self.run();
    }

    /// Lets receipts become due.
    fn pass(&mut self) {
        self.now = Timestamp(self.now.0 + 1_000);
        self.people.iter_mut().for_each(|person| person.inputs.push_back(Input::Tick));
        self.run();
    }

    fn run(&mut self) {
        while (0..self.people.len()).any(|who| self.step(who)) {}
    }

    fn step(&mut self, who: usize) -> bool {
        if let Some(effect) = self.people[who].engine.poll_effect() {
            self.apply(who, effect);
            return true;
        }
        let person = &mut self.people[who];
        let Some(input) = person.inputs.pop_front() else { return false };
        person.engine.handle(input, self.now, &mut self.rng);
        true
    }

    fn apply(&mut self, who: usize, effect: Effect) {
        let person = &mut self.people[who];
        match effect {
            Effect::Commit { id, changes, then } => {
                person.commit(changes);
                then.into_iter().for_each(|effect| self.apply(who, effect));
                self.people[who].inputs.push_back(Input::Committed(id));
            }
            Effect::Net(action) => {
                let online = person.online;
                if let Some(event) = self.act(who, action, online) {
                    self.people[who].inputs.push_back(Input::Net(event));
                }
            }
            Effect::Reply(_, reply) => person.reply = reply,
            Effect::Scan(..) | Effect::Archive(..) | Effect::Emit(_) => {}
        }
    }

    fn act(&mut self, who: usize, action: NetAction, online: bool) -> Option<NetEvent> {
        match action {
            NetAction::PutRecord { ticket, keys, value, .. } => {
                self.records.insert(keys.address(), value);
                Some(NetEvent::RecordPut(ticket, Ok(())))
            }
            NetAction::GetRecord { ticket, keys } => {
                let value = self.records.get(&keys.address()).cloned();
                let record = value.map(|value| Record { sequence: 1, value });
                Some(NetEvent::RecordGot(ticket, Ok(record)))
            }
            NetAction::Deposit { ticket, .. } if !online => {
                Some(NetEvent::Deposited(ticket, Err(RelayError::Offline)))
            }
            NetAction::Deposit { ticket, keys, id, envelope, .. } => {
                let address = keys.address();
                for (who, person) in self.people.iter_mut().enumerate() {
                    if self.subscriptions.contains(&(address, who)) {
                        let envelope = envelope.clone();
                        let event = NetEvent::Arrived { address, id, envelope };
                        person.inputs.push_back(Input::Net(event));
                    }
                }
                self.mail.push((address, id, envelope));
                Some(NetEvent::Deposited(ticket, Ok(())))
            }
            NetAction::Subscribe(keys) => {
                let subscribed = keys.address();
                self.subscriptions.insert((subscribed, who));
                let waiting = self.mail.iter().filter(|(address, ..)| *address == subscribed);
                for (address, id, envelope) in waiting.cloned() {
                    let event = NetEvent::Arrived { address, id, envelope };
                    self.people[who].inputs.push_back(Input::Net(event));
                }
                None
            }
            _ => None,
        }
    }
}

impl Person {
    fn commit(&mut self, changes: ChangeSet) {
        assert!(changes.delete_prefixes.is_empty(), "nobody deletes a contact here");
        for key in changes.deletes {
            self.rows.remove(&key);
        }
        for row in changes.puts {
            self.rows.insert((row.table, row.key), row.value.to_vec());
        }
    }
}
