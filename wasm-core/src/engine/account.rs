//! The user: seed, device, name.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    acquaintance::Memory,
    effect::Table,
    input::Timestamp,
    reply::ReplyTo,
    rows::{ACCOUNT_KEY, AccountRow},
};
use crate::{
    api::{ApiError, Event, Profile, Restore, RevealRecoveryPhrase, Start},
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
}

impl Account {
    fn new(seed: AccountSeed, name: String, now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let device = Device::generate(&seed, now.seconds(), rng);
        let fingerprint = *device.fingerprint();
        let listening_from = now.day().saturating_sub(1);
        Self { seed, device, fingerprint, name, phrase_seen: false, listening_from }
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
        })
    }

    pub(super) fn save(&self, transaction: &mut Transaction) {
        let row = AccountRow {
            seed: *self.seed.expose(),
            device: self.device.encode().to_vec(),
            name: self.name.clone(),
            phrase_seen: self.phrase_seen,
            listening_from: self.listening_from,
        };
        transaction.changes.put(Table::Account, ACCOUNT_KEY.to_vec(), &row);
    }

    /// How we introduce ourselves to a contact.
    pub(super) fn introduction(&self, memory: Memory) -> Content {
        Content::Hello {
            name: self.name.clone(),
            answers_read: AnswersRead::Yes,
            history: memory.history,
            first_sequence: memory.first_sequence,
        }
    }

    pub(super) fn profile(&self) -> Profile {
        Profile {
            name: self.name.clone(),
            fingerprint: self.fingerprint.0,
            phrase_seen: self.phrase_seen,
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
        reply: impl FnOnce(Result<Profile, ApiError>) -> super::Effect,
    ) {
        let account = match made {
            Ok(account) => account,
            Err(error) => return self.effects.push_back(reply(Err(error))),
        };
        let mut transaction = Transaction::default();
        account.save(&mut transaction);
        let profile = account.profile();
        self.account = Some(account);
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
