//! The application as a state machine: (state, input, now, rng) in, effects out.
//!
//! ```text
//!   Input::Call ─┐                        ┌─► Effect::Commit { changes, then }
//!   Input::Net  ─┤   Engine::handle       ├─► Effect::Net
//!   Input::Tick ─┤  ───────────────►      ├─► Effect::Emit, Effect::Reply
//!                └─  poll_effect, in order └─► Effect::Scan
//! ```
//!
//! Invariant: what leaves the machine or is shown as done stands behind the commit of the state
//! that it follows from. A refused commit ends the engine; the next one is loaded from the store,
//! where nothing of it has happened.
//!
//! Does not know: clocks, tasks, sockets, tabs, and how anything looks.

mod account;
mod acquaintance;
mod actions;
mod calls;
mod contacts;
mod conversations;
pub mod effect;
mod expiries;
mod files;
mod inbox;
pub mod input;
mod invitations;
mod load;
mod mailboxes;
mod messages;
mod outbox;
mod presence;
mod ranges;
mod reading;
mod records;
mod reply;
mod reunion;
mod rows;
mod said;
mod search;
mod steps;
mod timeline;
mod typing;
mod unread;
mod visits;

use alloc::{
    boxed::Box,
    collections::{BTreeMap, VecDeque},
    string::String,
    vec::Vec,
};

use rand_core::CryptoRng;
pub use rows::{ACCOUNT_KEY, EPOCH_KEY, LoadError, RESTORED_KEY, RESTORING_KEY};

use self::{
    account::Account,
    contacts::Contact,
    effect::{ChangeSet, CommitId, Durability, Effect, NetAction, Ticket},
    expiries::Expiries,
    files::Files,
    input::{Input, NetEvent, RelayStatus, Timestamp},
    invitations::Invite,
    mailboxes::Mailboxes,
    outbox::Outbox,
    reading::Reading,
    search::Corpus,
    visits::Visit,
};
use crate::api::{CallId, Connection, ContactId, Event, InviteId, Numbered};

/// The whole state of one user.
pub struct Engine {
    account: Option<Account>,
    /// The rows are of a backup, and their device may still run elsewhere.
    restored: bool,
    /// When contacts are asked for new sessions.
    reunite_at: Option<Timestamp>,
    contacts: BTreeMap<ContactId, Contact>,
    invites: BTreeMap<InviteId, Invite>,
    outbox: Outbox,
    mailboxes: Mailboxes,
    expiries: Expiries,
    files: Files,
    /// What is searched, while somebody does.
    corpus: Option<Corpus>,
    /// Invites of others that are being looked at.
    visits: Vec<Visit>,
    /// What is being read from the store.
    reading: Option<Reading>,
    /// What came meanwhile, in order.
    waiting: VecDeque<Input>,
    /// Questions to the network that are not answered.
    tickets: BTreeMap<Ticket, Question>,
    relay: RelayStatus,
    effects: VecDeque<Effect>,
    next_commit: u64,
    next_ticket: u64,
    /// Number of the last event.
    events: u64,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine").field("contacts", &self.contacts.len()).finish_non_exhaustive()
    }
}

/// What a ticket was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// The deposit of an outbox entry.
    Deposit(ContactId, u64),
    /// The record of an invite of ours, with this sequence.
    Publish(InviteId, u64),
    /// The record of somebody's invite, for this call.
    Visit(CallId),
    /// Our presence record; nobody waits for it.
    Announce,
    /// A contact's presence record of this day.
    Presence(ContactId, u32),
}

/// Changes that are being put together, and what follows from them.
#[derive(Debug, Default)]
struct Transaction {
    changes: ChangeSet,
    then: Vec<Effect>,
}

impl Transaction {
    /// One of which nobody outside will hear.
    fn relaxed() -> Self {
        Self { changes: ChangeSet::relaxed(), then: Vec::new() }
    }
}

impl Engine {
    /// Takes one input. Never blocks; a peer's fault changes nothing and is no error.
    pub fn handle(&mut self, input: Input, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.restored {
            self.renew(now, rng);
        }
        self.take_in_order(input, now, rng);
    }

    fn take_in(&mut self, input: Input, now: Timestamp, rng: &mut impl CryptoRng) {
        match input {
            Input::Call(id, request) => self.on_call(id, request, now, rng),
            Input::Net(event) => self.on_net(event, now, rng),
            Input::Scanned(rows) => self.on_scanned(rows, now, rng),
            Input::Committed(_) => {}
            Input::Room(bytes) => self.on_room(bytes, now),
            Input::Tick => self.on_tick(now, rng),
        }
    }

    /// The next thing to do, in order.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When to call again with [`Input::Tick`], at the latest.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let contacts = self
            .contacts
            .values()
            .flat_map(|contact| [contact.receipt_at, contact.seek_at, contact.typing_until])
            .flatten();
        let visits = self.visits.iter().map(|visit| visit.deadline);
        let invites = self.invites.values().filter_map(Invite::expires);
        contacts
            .chain(visits)
            .chain(invites)
            .chain(self.outbox.timeout())
            .chain(self.mailboxes.timeout())
            .chain(self.expiries.timeout())
            .chain(self.files.timeout())
            .chain(self.search_timeout())
            .chain(self.step_timeout())
            .chain(self.reunite_at)
            .chain(if self.is_online() { self.announce_timeout() } else { None })
            .min()
    }

    fn on_net(&mut self, event: NetEvent, now: Timestamp, rng: &mut impl CryptoRng) {
        match event {
            NetEvent::Relay(status) => self.on_relay(status, now, rng),
            NetEvent::RecordPut(ticket, result) => {
                if let Some(Question::Publish(id, sequence)) = self.tickets.remove(&ticket) {
                    self.on_published(id, sequence, result, now);
                }
            }
            NetEvent::RecordGot(ticket, result) => match self.tickets.remove(&ticket) {
                Some(Question::Visit(call)) => {
                    let value = result.map(|record| record.map(|record| record.value));
                    self.on_visited(call, value, now, rng);
                }
                Some(Question::Presence(contact, day)) => {
                    let value = result.map(|record| record.map(|record| record.value));
                    self.on_presence(contact, day, value, now);
                }
                _ => {}
            },
            NetEvent::Deposited(ticket, result) => {
                if let Some(Question::Deposit(contact, order)) = self.tickets.remove(&ticket) {
                    self.on_deposited(contact, order, result, now);
                }
            }
            NetEvent::DepositWritten(ticket) => {
                if let Some(&Question::Deposit(contact, order)) = self.tickets.get(&ticket) {
                    self.on_written(contact, order);
                }
            }
            NetEvent::Arrived { address, id, envelope } => {
                self.on_arrived(address, id, &envelope, now, rng);
            }
            NetEvent::DirectUp(contact, path) => self.on_direct(contact, Some(path), now),
            NetEvent::RoundTrip(contact, round_trip) => self.on_round_trip(contact, round_trip),
            NetEvent::DirectDown(contact) => self.on_direct(contact, None, now),
            NetEvent::DirectArrived(contact, envelope) => {
                self.on_direct_arrived(contact, &envelope, now, rng);
            }
            NetEvent::FileArrived(contact, frame) => self.on_file_frame(contact, frame, now),
        }
    }

    fn on_relay(&mut self, status: RelayStatus, now: Timestamp, rng: &mut impl CryptoRng) {
        let (before, was_online) = (self.connection(), self.is_online());
        let had_circuit = self.has_circuit();
        let relays = self.relays();
        self.relay = status;
        if self.connection() != before {
            let event = Event::Connection(self.connection());
            self.emit(event);
        }
        if self.relays() != relays {
            let event = Event::Relays(self.relays());
            self.emit(event);
        }
        if !self.is_online() {
            self.mailboxes.disconnect();
            self.outbox.disconnect();
            return;
        }
        if !was_online {
            self.renew_certificate(now);
            if let Some(account) = &self.account {
                self.net(NetAction::RelayOnly(account.relay_only));
            }
            self.listen(now);
        }
        if !was_online || self.relays() != relays {
            // What was on its way to a relay that is gone goes to the one that is there.
            self.outbox.disconnect();
            self.publish_invites();
            self.visit_waiting();
            self.pump(now);
        }
        self.announce(now, rng);
        if !had_circuit {
            self.seek_all(now);
        }
    }

    fn on_tick(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        self.expire_visits(now);
        self.expire_invites(now);
        self.take_due_steps(now);
        self.send_due_receipts(now, rng);
        self.reunite(now, rng);
        self.seek_due(now);
        self.fetch_due(now);
        self.end_typing(|contact| contact.typing_until.is_some_and(|until| until <= now));
        if self.is_online() {
            self.listen(now);
            self.pump(now);
            self.announce(now, rng);
        }
        self.end_search(now);
        self.expire_messages(now);
    }

    const fn is_online(&self) -> bool {
        matches!(self.relay, RelayStatus::Online { .. })
    }

    /// Contacts can come to us, and we to them.
    fn has_circuit(&self) -> bool {
        matches!(&self.relay, RelayStatus::Online { peer, .. } if !peer.is_empty())
    }

    /// The relays by their hosts.
    fn relays(&self) -> Vec<String> {
        match &self.relay {
            RelayStatus::Online { hosts, .. } => hosts.clone(),
            RelayStatus::Offline | RelayStatus::Connecting => Vec::new(),
        }
    }

    const fn connection(&self) -> Connection {
        match self.relay {
            RelayStatus::Offline => Connection::Offline,
            RelayStatus::Connecting => Connection::Connecting,
            RelayStatus::Online { .. } => Connection::Online,
        }
    }

    fn commit(&mut self, transaction: Transaction) {
        self.next_commit += 1;
        let Transaction { changes, then } = transaction;
        debug_assert!(
            changes.durability == Durability::Strict
                || !then.iter().any(|effect| matches!(effect, Effect::Net(_))),
            "what leaves is durable"
        );
        self.effects.push_back(Effect::Commit { id: CommitId(self.next_commit), changes, then });
    }

    fn net(&mut self, action: NetAction) {
        self.effects.push_back(Effect::Net(action));
    }

    fn ask(&mut self, question: Question) -> Ticket {
        self.next_ticket += 1;
        let ticket = Ticket(self.next_ticket);
        self.tickets.insert(ticket, question);
        ticket
    }

    fn emit(&mut self, event: Event) {
        let effect = self.event(event);
        self.effects.push_back(effect);
    }

    /// Numbers an event. It has to be put where it goes before the next one is numbered.
    fn event(&mut self, event: Event) -> Effect {
        self.events += 1;
        Effect::Emit(Box::new(Numbered { number: self.events, event }))
    }
}

impl Timestamp {
    /// Seconds since the Unix epoch.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.0 / 1_000
    }

    /// Days since the Unix epoch (protocol.md §1).
    #[must_use]
    pub fn day(self) -> u32 {
        u32::try_from(self.seconds() / 86_400).unwrap_or(u32::MAX)
    }

    /// This much later.
    #[must_use]
    pub fn after(self, duration: core::time::Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}
