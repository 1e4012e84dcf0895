//! Invites of ours: made, published, used once, withdrawn (protocol.md §11).

use alloc::{boxed::Box, vec::Vec};

use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::{
    Engine, Question, Transaction,
    acquaintance::Memory,
    effect::{Effect, NetAction, Table},
    input::{RelayError, Timestamp},
    records,
    reply::ReplyTo,
    rows::{InviteRow, Phase, Standing, invite_key},
};
use crate::{
    address::{AddressKeys, Direction, Purpose, record_key},
    api::{
        ApiError, CancelInvite, ContactId, CreateInvite, Event, InviteId, InviteState, InviteView,
    },
    crypto::secret::Secret,
    identity::{PreKeyKind, PreKeySecrets, generate_prekeys},
    limits::{INVITE_LIFETIME, MAX_CONTACTS, MAX_OPEN_INVITES},
    session::{Accepted, SessionState},
    wire::{Content, InviteKind, InviteLink, InviteRecord},
};

/// An invite of ours in memory.
pub(super) struct Invite {
    pub(super) row: InviteRow,
    /// The views know that its time is over.
    pub(super) expired: bool,
}

impl Invite {
    pub(super) fn secret(&self) -> Secret<32> {
        Secret::new(*self.row.secret)
    }

    /// `None` for one that is no longer shown.
    pub(super) fn view(&self, id: InviteId, now: Timestamp) -> Option<InviteView> {
        if self.row.guest.is_some() {
            return None;
        }
        let state = match self.row.phase {
            Phase::Used | Phase::Withdrawn => return None,
            _ if self.row.expires_at <= now.0 => InviteState::Expired,
            Phase::Publishing => InviteState::Publishing,
            Phase::Open => InviteState::Open,
        };
        Some(InviteView {
            id,
            fragment: self.row.fragment.clone(),
            state,
            created_at: self.row.created_at,
            expires_at: self.row.expires_at,
        })
    }

    /// When the views have to be told that its time is over.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        let waits = matches!(self.row.phase, Phase::Publishing | Phase::Open) && !self.expired;
        waits.then_some(Timestamp(self.row.expires_at))
    }

    /// What the relay shall hold now.
    fn record(&self) -> (u64, Vec<u8>) {
        let sequence = match self.row.phase {
            Phase::Publishing | Phase::Open => 1,
            Phase::Used | Phase::Withdrawn => 2,
        };
        (sequence, self.row.record.clone())
    }

    pub(super) fn save(&self, id: InviteId, transaction: &mut Transaction) {
        transaction.changes.put(Table::Invites, invite_key(id), &self.row);
    }
}

impl Engine {
    pub(super) fn create_invite(
        &mut self,
        reply: ReplyTo<CreateInvite>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(account) = &self.account else {
            return self.effects.push_back(reply.with(Err(ApiError::NotStarted)));
        };
        let shown = self.invites.values().filter(|invite| invite.row.guest.is_none());
        if shown.count() >= MAX_OPEN_INVITES {
            let max = u32::try_from(MAX_OPEN_INVITES).unwrap_or(u32::MAX);
            return self.effects.push_back(reply.with(Err(ApiError::Limit { max })));
        }
        let mut secret = Box::new([0; 32]);
        rng.fill_bytes(secret.as_mut());
        let expires = now.after(INVITE_LIFETIME);
        let prekey_id = rng.next_u32();
        let (prekeys, bundle) = generate_prekeys(
            &account.device,
            PreKeyKind::OneTime,
            prekey_id,
            expires.seconds(),
            rng,
        );
        let link = InviteLink {
            fingerprint: account.fingerprint,
            secret: Secret::new(*secret),
            kind: InviteKind::OneTime {
                expires_minutes: u32::try_from(expires.seconds() / 60).unwrap_or(u32::MAX),
            },
        };
        let record = InviteRecord::Open { name: account.name.clone(), bundle: Box::new(bundle) };
        let row = InviteRow {
            secret,
            prekeys: prekeys.encode().to_vec(),
            record: seal_record(&link.secret, &record, rng),
            fragment: link.to_fragment(),
            phase: Phase::Publishing,
            created_at: now.0,
            expires_at: expires.0,
            guest: None,
        };
        let id = InviteId(rng.next_u64());
        let invite = Invite { row, expired: false };
        let mut transaction = Transaction::default();
        invite.save(id, &mut transaction);
        let view = invite.view(id, now).expect("a new invite is shown");
        self.invites.insert(id, invite);
        transaction.then.push(self.event(Event::Invite(view.clone())));
        transaction.then.push(reply.with(Ok(view)));
        self.commit(transaction);
        if self.is_online() {
            self.listen(now);
            self.publish(id);
        }
    }

    pub(super) fn cancel_invite(
        &mut self,
        reply: ReplyTo<CancelInvite>,
        call: &CancelInvite,
        rng: &mut impl CryptoRng,
    ) {
        let mut transaction = Transaction::default();
        if !self.close_invite(call.invite, None, rng, &mut transaction) {
            return self.effects.push_back(reply.with(Err(ApiError::NotFound)));
        }
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
        if self.is_online() {
            self.publish(call.invite);
        }
    }

    /// Ends an invite: nobody else can use it, and the relay's record says why.
    fn close_invite(
        &mut self,
        id: InviteId,
        used_by: Option<ContactId>,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) -> bool {
        let Some(invite) = self.invites.get_mut(&id) else { return false };
        if matches!(invite.row.phase, Phase::Used | Phase::Withdrawn) {
            return false;
        }
        let (phase, record) = if used_by.is_some() {
            (Phase::Used, InviteRecord::Used)
        } else {
            (Phase::Withdrawn, InviteRecord::Withdrawn)
        };
        invite.row.phase = phase;
        invite.row.prekeys.zeroize();
        invite.row.record = seal_record(&invite.secret(), &record, rng);
        invite.save(id, transaction);
        let closed = self.mailboxes.forget_invite(id).into_iter();
        let unsubscribe = closed.map(|address| Effect::Net(NetAction::Unsubscribe(address)));
        transaction.then.extend(unsubscribe);
        transaction.then.push(self.event(Event::InviteClosed(id, used_by)));
        true
    }

    /// Writes every record that the relay may not have.
    pub(super) fn publish_invites(&mut self) {
        let due = |invite: &Invite| invite.row.phase != Phase::Open && invite.row.guest.is_none();
        let ids: Vec<InviteId> =
            self.invites.iter().filter_map(|(&id, invite)| due(invite).then_some(id)).collect();
        for id in ids {
            self.publish(id);
        }
    }

    fn publish(&mut self, id: InviteId) {
        let Some(invite) = self.invites.get(&id) else { return };
        let (sequence, value) = invite.record();
        let keys =
            AddressKeys::derive(&invite.secret(), Purpose::InviteRecord, Direction::Forth, 0);
        let lifetime = u32::try_from(INVITE_LIFETIME.as_secs()).unwrap_or(u32::MAX);
        let ticket = self.ask(Question::Publish(id, sequence));
        self.net(NetAction::PutRecord { ticket, keys, sequence, lifetime, value });
    }

    pub(super) fn on_published(
        &mut self,
        id: InviteId,
        sequence: u64,
        result: Result<(), RelayError>,
        now: Timestamp,
    ) {
        // Anything else is tried again with the next connection.
        if !matches!(result, Ok(()) | Err(RelayError::Stale)) {
            return;
        }
        let Some(invite) = self.invites.get_mut(&id) else { return };
        // The answer to the record that was open says nothing of the one that closes it.
        if invite.record().0 != sequence {
            return;
        }
        let mut transaction = Transaction::default();
        match invite.row.phase {
            Phase::Publishing => {
                invite.row.phase = Phase::Open;
                invite.save(id, &mut transaction);
                if let Some(view) = invite.view(id, now) {
                    transaction.then.push(self.event(Event::Invite(view)));
                }
            }
            Phase::Open => return,
            Phase::Used | Phase::Withdrawn => {
                self.invites.remove(&id);
                transaction.changes.delete(Table::Invites, invite_key(id));
            }
        }
        self.commit(transaction);
    }

    pub(super) fn expire_invites(&mut self, now: Timestamp) {
        let due = |invite: &Invite| invite.expires().is_some_and(|at| at <= now);
        let ids: Vec<InviteId> =
            self.invites.iter().filter_map(|(&id, invite)| due(invite).then_some(id)).collect();
        for id in ids {
            let Some(invite) = self.invites.get_mut(&id) else { continue };
            invite.expired = true;
            if let Some(view) = invite.view(id, now) {
                self.emit(Event::Invite(view));
            }
        }
    }

    /// Someone answers an invite of ours. Whoever calls commits, then calls
    /// [`Self::welcome`].
    pub(super) fn receive_guest(
        &mut self,
        invite_id: InviteId,
        envelope: &[u8],
        now: Timestamp,
        rng: &mut impl CryptoRng,
        transaction: &mut Transaction,
    ) {
        let (Some(account), Some(invite)) = (&self.account, self.invites.get(&invite_id)) else {
            return;
        };
        let Ok(prekeys) = PreKeySecrets::decode(&invite.row.prekeys) else { return };
        let accepted = SessionState::accept(&account.device, &prekeys, envelope, now.seconds());
        let Ok(accepted) = accepted else { return };
        let Accepted { session, identity, first_content } = accepted;
        let Ok(Content::Hello { name, answers_read, history, first_sequence }) =
            Content::decode(&first_content)
        else {
            return;
        };
        let guest = identity.fingerprint();
        let known = self.contact_of(guest).map(|(id, _)| id);
        let is_full = known.is_none() && self.contacts.len() >= MAX_CONTACTS;
        let is_other = invite.row.guest.is_some_and(|awaited| known != Some(awaited));
        if guest == account.fingerprint || is_full || is_other {
            return;
        }
        let (session_id, memory) = (session.id(), self.memory(guest, rng));
        let adopted = self.adopt(guest, session, Standing::Established, memory, now, rng);
        let Ok(id) = adopted else { return };
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.save_session(id, transaction);
        }
        let theirs = Memory { history, first_sequence };
        self.on_hello(id, session_id, (name, answers_read), theirs, transaction);
        self.say_hello(id, now, rng, transaction);
        self.seal_waiting(id, now, rng, transaction);
        self.stop_reuniting(id, transaction);
        self.close_invite(invite_id, Some(id), rng, transaction);
    }

    /// Listens for new contacts, tells them where we are, and the relay which invites are closed.
    pub(super) fn welcome(&mut self, now: Timestamp, rng: &mut impl CryptoRng) {
        if self.is_online() {
            self.listen(now);
            self.announce(now, rng);
            self.publish_invites();
        }
    }
}

fn seal_record(secret: &Secret<32>, record: &InviteRecord, rng: &mut impl CryptoRng) -> Vec<u8> {
    let key = record_key(secret, Purpose::InviteRecord, Direction::Forth, 0);
    records::seal(&key, &record.encode(), rng)
}
