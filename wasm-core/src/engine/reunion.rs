//! New sessions after a backup was restored (protocol.md §5.1): asked for, and given.
//!
//! ```text
//!  restored device ── bundle, in the mailbox of the old session ──► contact
//!                  ◄── handshake, in the mailbox of the request ───
//!                      contact ── Moved, in the old session ──► the device before, if it still runs
//! ```
//!
//! Invariant: a restored device has keys of its own, and none of a session, an envelope or a prekey of
//! the device before. What is written to a contact waits unsealed until that one has answered.

use alloc::{boxed::Box, string::String, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine, Transaction,
    acquaintance::Memory,
    effect::{Effect, NetAction, Table},
    input::Timestamp,
    invitations::Invite,
    ranges::Ranges,
    records,
    rows::{InviteRow, Parcel, Phase, RESTORED_KEY, Standing, contact_key, invite_key},
};
use crate::{
    address::Direction,
    api::{ContactId, InviteId},
    crypto::{kdf, labels, secret::Secret},
    identity::{Device, Fingerprint, PreKeyKind, generate_prekeys, verify_certificate},
    limits::{MAILBOX_LIFETIME, REUNIONS_AT_ONCE},
    session::{SessionId, SessionRecord, SessionState},
    wire::{Content, DeviceCertificate, Reunion},
};

/// `KDF(pair secret, "volly/1/reunion" ‖ u8 direction, 32)`.
fn request_key(pair_secret: &Secret<32>, direction: Direction) -> Secret<32> {
    kdf::derive(pair_secret.expose(), labels::REUNION, &[&[direction as u8]])
}

impl Engine {
    /// Takes the place of the device that the rows are of: with keys of its own, and as one that
    /// remembers each conversation up to here.
    pub(super) fn renew(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        self.restored = false;
        let mut transaction = Transaction::default();
        transaction.changes.delete(Table::Account, RESTORED_KEY.to_vec());
        if let Some(account) = &mut self.account {
            // Later than the one before by any clock: contacts go by it.
            let before = account.device.certificate().created;
            let created = now.seconds().max(before.saturating_add(1));
            account.device = Device::generate(&account.seed, created, rng);
            account.save(&mut transaction);
        }
        let ids: Vec<ContactId> = self.contacts.keys().copied().collect();
        for id in ids {
            self.stop_reuniting(id, &mut transaction);
            self.drop_outbox(id, &mut transaction);
            transaction.changes.delete(Table::Sessions, contact_key(id));
            transaction.then.push(Effect::Net(NetAction::ForgetDirect(id)));
            let Some(contact) = self.contacts.get_mut(&id) else { continue };
            contact.sessions = None;
            contact.reach = None;
            contact.receipt_at = None;
            contact.row.receipt_due = false;
            contact.row.history = rng.next_u64();
            contact.row.first_sequence = contact.row.next_sequence;
            match contact.row.standing {
                // Without a session there is no goodbye.
                Standing::Leaving => {
                    self.purge(id, &mut transaction);
                    continue;
                }
                Standing::Moved => contact.row.standing = Standing::Established,
                Standing::Connecting | Standing::Established | Standing::Gone => {}
            }
            contact.save(id, &mut transaction);
            self.tell_contact(id, &mut transaction);
        }
        self.reunite_at = Some(now);
        self.commit(transaction);
    }

    /// Whether nothing can be sealed for this contact.
    pub(super) fn is_without_session(&self, id: ContactId) -> bool {
        self.contacts.get(&id).is_some_and(|contact| contact.sessions.is_none())
    }

    /// Asks those for a new session with whom there is none, and again when the time of a request is
    /// over.
    pub(super) fn reunite(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        self.reunite_at = None;
        let over =
            |invite: &Invite| invite.row.guest.filter(|_| Timestamp(invite.row.expires_at) <= now);
        let over: Vec<ContactId> = self.invites.values().filter_map(over).collect();
        let mut transaction = Transaction::default();
        for &id in &over {
            self.stop_reuniting(id, &mut transaction);
        }
        let asked: Vec<ContactId> = self.invites.values().filter_map(|it| it.row.guest).collect();
        let due = self.contacts.iter().filter(|(id, contact)| {
            contact.sessions.is_none()
                && !matches!(contact.row.standing, Standing::Gone | Standing::Leaving)
                && !asked.contains(id)
        });
        let mut due = due.map(|(&id, _)| id).collect::<Vec<_>>().into_iter();
        for id in due.by_ref().take(REUNIONS_AT_ONCE) {
            self.ask_for_reunion(id, now, rng, &mut transaction);
        }
        self.reunite_at = (due.len() > 0).then_some(now);
        if transaction.changes.is_empty() {
            return;
        }
        self.commit(transaction);
        if self.is_online() {
            self.listen(now);
            self.pump(now);
        }
    }

    fn ask_for_reunion(
        &mut self,
        id: ContactId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        let (Some(account), Some(contact)) = (&self.account, self.contacts.get(&id)) else {
            return;
        };
        let expires = now.after(MAILBOX_LIFETIME);
        let prekey_id = rng.next_u32();
        let kind = PreKeyKind::OneTime;
        let (prekeys, bundle) =
            generate_prekeys(&account.device, kind, prekey_id, expires.seconds(), rng);
        let Memory { history, first_sequence } = contact.row.memory();
        let secret = Secret::generate(rng);
        let request = Reunion { secret, history, first_sequence, bundle };
        let row = InviteRow {
            secret: Box::new(*request.secret.expose()),
            prekeys: prekeys.encode().to_vec(),
            record: Vec::new(),
            fragment: String::new(),
            phase: Phase::Open,
            created_at: now.0,
            expires_at: expires.0,
            guest: Some(id),
        };
        let invite = Invite { row, expired: false };
        let invite_id = InviteId(rng.next_u64());
        invite.save(invite_id, transaction);
        self.invites.insert(invite_id, invite);
        let request = request.encode();
        let pairs = contact.row.pairs.iter();
        let keys: Vec<_> =
            pairs.map(|it| (it.session, request_key(&it.secret(), it.ours()))).collect();
        for (session, key) in keys {
            let envelope = records::seal(&key, &request, rng);
            self.enqueue(transaction, id, Parcel::Reunion(session), (None, envelope), rng);
        }
    }

    /// Takes back what a contact was asked for.
    pub(super) fn stop_reuniting(&mut self, id: ContactId, transaction: &mut Transaction) {
        let is_for = |invite: &Invite| invite.row.guest == Some(id);
        let invites = self.invites.iter();
        let closed: Vec<InviteId> =
            invites.filter_map(|(&invite, it)| is_for(it).then_some(invite)).collect();
        for invite in closed {
            self.invites.remove(&invite);
            let key = invite_key(invite);
            transaction.changes.puts.retain(|row| row.table != Table::Invites || row.key != key);
            transaction.changes.delete(Table::Invites, key);
            let addresses = self.mailboxes.forget_invite(invite).into_iter();
            let unsubscribe = addresses.map(|it| Effect::Net(NetAction::Unsubscribe(it)));
            transaction.then.extend(unsubscribe);
        }
        self.drop_requests(id, transaction);
    }

    /// Takes an envelope that no session opens for a request of the contact's new device, and begins
    /// a session with that; `false` when it is none.
    pub(super) fn on_reunion(
        &mut self,
        id: ContactId,
        session: SessionId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) -> bool {
        let Some(contact) = self.contacts.get(&id) else { return false };
        let Some(pair) = contact.row.pairs.iter().find(|pair| pair.session == session) else {
            return false;
        };
        let key = request_key(&pair.secret(), pair.ours().reversed());
        let Some(plaintext) = records::open(&key, envelope) else { return false };
        // It is one, and so of no use to anybody else, whatever comes of it.
        let Ok(Reunion { secret, history, first_sequence, bundle }) = Reunion::decode(&plaintext)
        else {
            return true;
        };
        let theirs = Fingerprint(contact.row.fingerprint);
        let Ok(bundle) = bundle.verify(&theirs, now.seconds()) else { return true };
        let created = bundle.certificate.created;
        let states = contact.sessions.iter().flat_map(SessionRecord::states);
        let is_news = states.map(SessionState::certified_at).all(|known| known < created);
        let is_here = !matches!(contact.row.standing, Standing::Leaving | Standing::Gone);
        let (true, true, Some(account)) = (is_news, is_here, &self.account) else { return true };
        let (device, known) = (account.device.clone(), contact.row.their_history);
        self.tell_device_before(id, &bundle.certificate, now, rng, transaction);
        let first_waiting = self.first_waiting(id);
        let (Some(account), Some(contact)) = (&self.account, self.contacts.get_mut(&id)) else {
            return true;
        };
        // What the device before may still send does not count: it has the same numbers.
        let row = &mut contact.row;
        if known != Some(history) {
            row.begin_anew();
            row.first_sequence = first_waiting.unwrap_or(row.first_sequence);
            row.their_history = Some(history);
            let before = first_sequence.saturating_sub(1);
            row.received = Ranges::from_parts(before, &[]);
            row.read_sequence = before;
        }
        row.standing = Standing::Established;
        let hello = account.introduction(row.memory()).encode();
        let begun = SessionState::initiate(&device, &bundle, &hello, now.seconds(), rng);
        let Ok((begun, opening)) = begun else { return true };
        let new = begun.id();
        contact.sessions = Some(SessionRecord::new(begun, now.seconds()));
        // The stream is with the device before.
        contact.reach = None;
        contact.announced = None;
        contact.sought_at = None;
        contact.receipt_at = None;
        contact.save(id, transaction);
        contact.save_session(id, transaction);
        let closed = self.mailboxes.forget(id).into_iter();
        transaction.then.extend(closed.map(|it| Effect::Net(NetAction::Unsubscribe(it))));
        transaction.then.push(Effect::Net(NetAction::ForgetDirect(id)));
        self.stop_reuniting(id, transaction);
        let parcel = Parcel::Opening(*secret.expose());
        self.enqueue(transaction, id, parcel, (Some(new), opening), rng);
        self.seal_waiting(id, now, rng, transaction);
        self.tell_failed(id, transaction);
        self.tell_contact(id, transaction);
        true
    }

    /// The device before may still run, and what it sends is not heard any more. What was sealed for it
    /// goes.
    fn tell_device_before(
        &mut self,
        id: ContactId,
        certificate: &DeviceCertificate,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        self.drop_sealed(id, transaction);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let moved = Content::Moved { certificate: Box::new(certificate.clone()) };
        let Some(current) = contact.current() else { return };
        let (secret, initiator) = (*current.pair_secret().expose(), current.is_initiator());
        if let Some((_, envelope)) = contact.seal(&moved, now, rng) {
            let parcel = Parcel::Moved { secret, initiator };
            self.enqueue(transaction, id, parcel, (None, envelope), rng);
        }
    }

    /// A contact says that our account has a newer device. It shows that one's certificate, which only
    /// the account can have signed.
    pub(super) fn on_moved(
        &mut self,
        id: ContactId,
        certificate: DeviceCertificate,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        let Some(account) = &self.account else { return };
        let newer = certificate.created > account.device.certificate().created;
        let is_ours =
            verify_certificate(account.device.identity(), certificate, now.seconds()).is_ok();
        if !newer || !is_ours {
            return;
        }
        self.drop_outbox(id, transaction);
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        if contact.row.standing == Standing::Gone {
            return;
        }
        contact.row.standing = Standing::Moved;
        contact.row.receipt_due = false;
        contact.receipt_at = None;
        contact.save(id, transaction);
        self.tell_failed(id, transaction);
        self.tell_contact(id, transaction);
    }
}
