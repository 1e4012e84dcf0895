//! One engine whose every commit is done at once, for what a relay or a contact sees of it.

use chacha20::ChaCha20Rng;
use volly_core::{
    api::{AcceptInvite, ApiError, Call, CallId, ContactId, CreateInvite, SendText, Start},
    engine::{
        Engine,
        effect::{Effect, EnvelopeId, NetAction, Row, Ticket},
        input::{Input, NetEvent, RelayStatus, Timestamp},
    },
    wire::mailbox::Record,
};

use super::people::{NOW, rng};

pub struct Person {
    engine: Engine,
    pub now: Timestamp,
    rng: ChaCha20Rng,
}

/// What followed from one input.
#[derive(Debug, Default)]
pub struct Done {
    /// Rows written.
    pub rows: Vec<Row>,
    /// Rows removed, and prefixes.
    pub removed: usize,
    /// All but the commits.
    pub effects: Vec<Effect>,
}

impl Done {
    fn actions(self) -> impl Iterator<Item = NetAction> {
        self.effects.into_iter().filter_map(|effect| match effect {
            Effect::Net(action) => Some(action),
            _ => None,
        })
    }

    /// The one value that was put at a relay, and where.
    pub fn put(self) -> (Ticket, [u8; 32], Vec<u8>) {
        let put = self.actions().find_map(|action| match action {
            NetAction::PutRecord { ticket, keys, value, .. } => {
                Some((ticket, keys.address(), value))
            }
            _ => None,
        });
        put.expect("a record is put")
    }

    /// The one record that was asked for.
    pub fn asked(self) -> Option<(Ticket, [u8; 32])> {
        self.actions().find_map(|action| match action {
            NetAction::GetRecord { ticket, keys } => Some((ticket, keys.address())),
            _ => None,
        })
    }

    /// The one envelope that was deposited, and where.
    pub fn deposited(self) -> ([u8; 32], Vec<u8>) {
        let deposited = self.actions().find_map(|action| match action {
            NetAction::Deposit { keys, envelope, .. } => Some((keys.address(), envelope)),
            _ => None,
        });
        deposited.expect("an envelope is deposited")
    }

    /// The reply to the one call.
    pub fn reply<C: Call>(&self) -> Option<Result<C::Reply, ApiError>> {
        self.effects.iter().find_map(|effect| match effect {
            Effect::Reply(_, bytes) => Some(postcard::from_bytes(bytes).unwrap()),
            _ => None,
        })
    }

    pub fn stored_nothing(&self) -> bool {
        self.rows.is_empty() && self.removed == 0
    }
}

impl Person {
    /// With an account, and a connection.
    pub fn new(name: &str, seed: u64) -> Self {
        let now = Timestamp(NOW * 1_000);
        let mut person =
            Self { engine: Engine::load(Vec::new(), now).unwrap(), now, rng: rng(seed) };
        person.ask(Start { name: name.into() });
        person.connect();
        person
    }

    pub fn tell(&mut self, input: Input) -> Done {
        let mut done = Done::default();
        self.engine.handle(input, self.now, &mut self.rng);
        while let Some(effect) = self.engine.poll_effect() {
            if let Effect::Commit { id, changes, then } = effect {
                done.rows.extend(changes.puts);
                done.removed += changes.deletes.len() + changes.delete_prefixes.len();
                done.effects.extend(then);
                self.engine.handle(Input::Committed(id), self.now, &mut self.rng);
            } else {
                done.effects.push(effect);
            }
        }
        done
    }

    pub fn ask(&mut self, call: impl Call) -> Done {
        self.tell(Input::Call(CallId(1), call.into()))
    }

    pub fn connect(&mut self) -> Done {
        let (peer, reserved) = (b"a peer".to_vec(), vec![b"a relay".to_vec()]);
        let online = RelayStatus::Online { peer, reserved, hosts: Vec::new() };
        self.tell(Input::Net(NetEvent::Relay(online)))
    }

    /// An envelope comes to a mailbox, always with the same id.
    pub fn arrive(&mut self, address: [u8; 32], envelope: &[u8]) -> Done {
        let (id, envelope) = (EnvelopeId([7; 16]), envelope.to_vec());
        self.tell(Input::Net(NetEvent::Arrived { address, id, envelope }))
    }

    /// A relay gives the record that was asked for.
    pub fn give(&mut self, ticket: Ticket, record: &[u8]) -> Done {
        let record = Record { sequence: 1, value: record.to_vec() };
        self.tell(Input::Net(NetEvent::RecordGot(ticket, Ok(Some(record)))))
    }
}

/// An invite: its fragment, where its record is, and the record.
pub struct Invite {
    pub fragment: String,
    pub address: [u8; 32],
    pub record: Vec<u8>,
}

impl Invite {
    pub fn of(person: &mut Person) -> Self {
        let done = person.ask(CreateInvite {});
        let fragment = done.reply::<CreateInvite>().unwrap().unwrap().fragment;
        let (ticket, address, record) = done.put();
        person.tell(Input::Net(NetEvent::RecordPut(ticket, Ok(()))));
        Self { fragment, address, record }
    }
}

/// Uses an invite with its genuine record: the contact, and the envelope for the inviter.
pub fn guest(person: &mut Person, invite: &Invite) -> (ContactId, [u8; 32], Vec<u8>) {
    let link = invite.fragment.clone();
    let (ticket, _) = person.ask(AcceptInvite { link, confirm: true }).asked().unwrap();
    let done = person.give(ticket, &invite.record);
    let contact = done.reply::<AcceptInvite>().unwrap().unwrap().1.unwrap();
    let (address, envelope) = done.deposited();
    (contact, address, envelope)
}

/// Alice, and Bob who has used her invite, and what she calls him and he calls her.
pub struct Pair {
    pub alice: Person,
    pub bob: Person,
    pub alices: ContactId,
    pub bobs: ContactId,
}

impl Pair {
    pub fn new() -> Self {
        let (mut alice, mut bob) = (Person::new("Alice", 1), Person::new("Bob", 2));
        let invite = Invite::of(&mut alice);
        let (bobs, address, envelope) = guest(&mut bob, &invite);
        let done = alice.arrive(address, &envelope);
        let sessions = |row: &&Row| row.table == volly_core::engine::effect::Table::Sessions;
        let key = done.rows.iter().find(sessions).unwrap().key.as_slice().try_into().unwrap();
        let alices = ContactId(u64::from_be_bytes(key));
        let (address, answer) = done.deposited();
        assert!(!bob.arrive(address, &answer).stored_nothing());
        Self { alice, bob, alices, bobs }
    }

    /// What Bob writes next, and the mailbox.
    pub fn bob_says(&mut self, text: &str) -> ([u8; 32], Vec<u8>) {
        self.bob
            .ask(SendText { contact: self.bobs, text: text.into(), answers: None, token: 0 })
            .deposited()
    }

    /// What Alice writes next, and the mailbox.
    pub fn alice_says(&mut self, text: &str) -> ([u8; 32], Vec<u8>) {
        self.alice
            .ask(SendText { contact: self.alices, text: text.into(), answers: None, token: 0 })
            .deposited()
    }
}
