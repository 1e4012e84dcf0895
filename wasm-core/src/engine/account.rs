//! The user: seed, device, name.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use rand_core::CryptoRng;

use super::{
    Effect, Engine, Transaction,
    acquaintance::Memory,
    effect::{NetAction, Table},
    input::Timestamp,
    reply::ReplyTo,
    rows::{ACCOUNT_KEY, AccountRow, Standing},
};
use crate::{
    api::{
        ApiError, ContactId, Event, Profile, Restore, RevealRecoveryPhrase, SetAnswersRead,
        SetRelayOnly, Start,
    },
    identity::{AccountSeed, Device, Fingerprint},
    limits::MAX_NAME_BYTES,
    wire::{AnswersRead, Content},
};

/// The account and this device's part of it.
pub(super) struct Account {
    pub(super) seed: AccountSeed,
    pub(super) device: Device,
    pub(super) fingerprint: Fingerprint,
    pub(super) name: String,
    pub(super) phrase_seen: bool,
    /// The first day at whose mailboxes there may be mail for us.
    pub(super) listening_from: u32,
    /// No contact learns our IP address.
    pub(super) relay_only: bool,
    /// Contacts are told what was read.
    pub(super) answers_read: bool,
    /// Contacts are told when one types, and the other way round.
    pub(super) shows_typing: bool,
}

impl Account {
    fn new(seed: AccountSeed, name: String, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let device = Device::generate(&seed, now.seconds(), rng);
        let fingerprint = *device.fingerprint();
        let listening_from = now.day().saturating_sub(1);
        Self {
            seed,
            device,
            fingerprint,
            name,
            phrase_seen: false,
            listening_from,
            relay_only: false,
            answers_read: true,
            shows_typing: true,
        }
    }

    pub(super) fn from_row(row: &AccountRow) -> Option<Self> {
        let device = Device::decode(&row.device).ok()?;
        Some(Self {
            seed: AccountSeed::from_bytes(row.seed),
            fingerprint: *device.fingerprint(),
            device,
            name: row.name.clone(),
            phrase_seen: row.phrase_seen,
            listening_from: row.listening_from,
            relay_only: row.relay_only,
            answers_read: row.answers_read,
            shows_typing: row.shows_typing,
        })
    }

    pub(super) fn save(&self, transaction: &mut Transaction) {
        let row = AccountRow {
            seed: *self.seed.expose(),
            device: self.device.encode().to_vec(),
            name: self.name.clone(),
            phrase_seen: self.phrase_seen,
            listening_from: self.listening_from,
            relay_only: self.relay_only,
            answers_read: self.answers_read,
            shows_typing: self.shows_typing,
        };
        transaction.changes.put(Table::Account, ACCOUNT_KEY.to_vec(), &row);
    }

    /// How we introduce ourselves to a contact.
    pub(super) fn introduction(&self, memory: Memory) -> Content {
        Content::Hello {
            name: self.name.clone(),
            answers_read: if self.answers_read { AnswersRead::Yes } else { AnswersRead::No },
            history: memory.history,
            first_sequence: memory.first_sequence,
        }
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            name: self.name.clone(),
            fingerprint: self.fingerprint.0,
            phrase_seen: self.phrase_seen,
            relay_only: self.relay_only,
            answers_read: self.answers_read,
            shows_typing: self.shows_typing,
        }
    }
}

/// Trims a display name and checks it.
pub(super) fn checked_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ApiError::Empty);
    }
    within(name, MAX_NAME_BYTES)?;
    Ok(name.to_string())
}

/// Checks a length in bytes.
pub(super) fn within(text: &str, max: usize) -> Result<(), ApiError> {
    let max_u32 = u32::try_from(max).unwrap_or(u32::MAX);
    if text.len() > max { Err(ApiError::TooLong { max: max_u32 }) } else { Ok(()) }
}

impl Engine {
    pub(super) fn start(
        &mut self,
        reply: ReplyTo<Start>,
        call: &Start,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let made = checked_name(&call.name).and_then(|name| {
            let seed = AccountSeed::generate(rng);
            self.create_account(seed, name, now, rng)
        });
        self.finish_start(made, |result| reply.with(result));
    }

    pub(super) fn restore(
        &mut self,
        reply: ReplyTo<Restore>,
        call: &Restore,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let made = checked_name(&call.name).and_then(|name| {
            let seed = AccountSeed::from_words(&call.phrase).map_err(|_| ApiError::NotAPhrase)?;
            let mut account = self.create_account(seed, name, now, rng)?;
            account.phrase_seen = true;
            Ok(account)
        });
        self.finish_start(made, |result| reply.with(result));
    }

    fn create_account(
        &self,
        seed: AccountSeed,
        name: String,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Account, ApiError> {
        if self.account.is_some() {
            return Err(ApiError::AlreadyStarted);
        }
        Ok(Account::new(seed, name, now, rng))
    }

    fn finish_start(
        &mut self,
        made: Result<Account, ApiError>,
        reply: impl FnOnce(Result<Profile, ApiError>) -> Effect,
    ) {
        let account = match made {
            Ok(account) => account,
            Err(error) => return self.effects.push_back(reply(Err(error))),
        };
        let mut transaction = Transaction::default();
        account.save(&mut transaction);
        let profile = account.profile();
        self.account = Some(account);
        transaction.then.push(Effect::Net(NetAction::RelayOnly(profile.relay_only)));
        transaction.then.push(self.event(Event::Profile(profile.clone())));
        transaction.then.push(reply(Ok(profile)));
        self.commit(transaction);
    }

    /// Certifies this device for longer, when it is time.
    pub(super) fn renew_certificate(&mut self, now: Timestamp) {
        let Some(account) = &mut self.account else { return };
        if account.device.renew(now.seconds()) {
            let mut transaction = Transaction::default();
            account.save(&mut transaction);
            self.commit(transaction);
        }
    }

    pub(super) fn set_relay_only(&mut self, reply: ReplyTo<SetRelayOnly>, call: &SetRelayOnly) {
        let Some(account) = &mut self.account else {
            return self.effects.push_back(reply.with(Err(ApiError::NotStarted)));
        };
        account.relay_only = call.relay_only;
        let mut transaction = Transaction::default();
        account.save(&mut transaction);
        let profile = account.profile();
        transaction.then.push(Effect::Net(NetAction::RelayOnly(call.relay_only)));
        transaction.then.push(self.event(Event::Profile(profile)));
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }

    /// Says whether we answer read receipts: each contact is told.
    pub(super) fn set_answers_read(
        &mut self,
        reply: ReplyTo<SetAnswersRead>,
        call: &SetAnswersRead,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(account) = &mut self.account else {
            return self.effects.push_back(reply.with(Err(ApiError::NotStarted)));
        };
        let changed = account.answers_read != call.answers_read;
        account.answers_read = call.answers_read;
        let mut transaction = Transaction::default();
        account.save(&mut transaction);
        let profile = account.profile();
        let known = self.contacts.iter().filter(|(_, it)| it.row.standing == Standing::Established);
        let ids: Vec<ContactId> = known.map(|(&id, _)| id).collect();
        for id in ids.into_iter().filter(|_| changed) {
            self.say_hello(id, now, rng, &mut transaction);
        }
        transaction.then.push(self.event(Event::Profile(profile)));
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
        self.pump(now);
    }

    pub(super) fn reveal_recovery_phrase(&mut self, reply: ReplyTo<RevealRecoveryPhrase>) {
        let Some(account) = &mut self.account else {
            return self.effects.push_back(reply.with(Err(ApiError::NotStarted)));
        };
        let words: Vec<String> = account.seed.to_words();
        let mut transaction = Transaction::default();
        if !account.phrase_seen {
            account.phrase_seen = true;
            account.save(&mut transaction);
            let profile = account.profile();
            transaction.then.push(self.event(Event::Profile(profile)));
        }
        transaction.then.push(reply.with(Ok(words)));
        self.commit(transaction);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::CallId,
        crypto::test_rng,
        engine::input::{Input, NetEvent, RelayStatus},
    };

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    /// What the network is told, and what is stored, in answer to an input.
    fn told(engine: &mut Engine, input: Input) -> (Vec<bool>, Vec<super::super::effect::Row>) {
        engine.handle(input, NOW, &mut test_rng(1));
        let (mut told, mut rows) = (Vec::new(), Vec::new());
        let mut effects = Vec::new();
        while let Some(effect) = engine.poll_effect() {
            match effect {
                Effect::Commit { id, changes, then } => {
                    rows.extend(changes.puts);
                    effects.extend(then);
                    engine.handle(Input::Committed(id), NOW, &mut test_rng(1));
                }
                effect => effects.push(effect),
            }
        }
        for effect in effects {
            if let Effect::Net(NetAction::RelayOnly(relay_only)) = effect {
                told.push(relay_only);
            }
        }
        (told, rows)
    }

    fn online() -> Input {
        Input::Net(NetEvent::Relay(RelayStatus::Online {
            peer: Vec::new(),
            reserved: Vec::new(),
            hosts: Vec::new(),
        }))
    }

    #[test]
    fn the_network_is_told_who_may_learn_our_address_whenever_it_can_matter() {
        let mut engine = Engine::load(Vec::new(), NOW).unwrap();
        assert_eq!(told(&mut engine, online()).0, [], "nobody is there to ask");
        let start = Input::Call(CallId(1), Start { name: "Alice".into() }.into());
        assert_eq!(told(&mut engine, start).0, [false]);
        let choose = Input::Call(CallId(2), SetRelayOnly { relay_only: true }.into());
        let (now, rows) = told(&mut engine, choose);
        assert_eq!(now, [true]);
        let mut next = Engine::load(rows, NOW).unwrap();
        assert_eq!(told(&mut next, online()).0, [true], "and in the next run");
    }
}
