//! Invites of others: looked at, and accepted (protocol.md §11).
//!
//! Invariant: looking leaves no trace that the inviter could see; only accepting does.

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;

use super::{
    Engine, Question, Transaction,
    effect::NetAction,
    input::{RelayError, Timestamp},
    records,
    reply::ReplyTo,
    rows::{Parcel, Standing},
};
use crate::{
    address::{AddressKeys, Direction, Purpose, record_key},
    api::{AcceptInvite, ApiError, CallId, ContactId, InvitePreview},
    crypto::secret::Secret,
    identity::Verified,
    limits::{MAX_CONTACTS, MAX_VISITS, VISIT_TIMEOUT},
    session::SessionState,
    wire::{InviteKind, InviteLink, InviteRecord, PreKeyBundle},
};

/// Somebody's invite that a view wants to see or accept.
pub(super) struct Visit {
    call: CallId,
    link: InviteLink,
    confirm: bool,
    pub(super) deadline: Timestamp,
    asked: bool,
}

impl Engine {
    pub(super) fn accept_invite(&mut self, call: CallId, request: &AcceptInvite, now: Timestamp) {
        match self.checked_link(request, now) {
            Ok(link) => {
                self.visits.push(Visit {
                    call,
                    link,
                    confirm: request.confirm,
                    deadline: now.after(VISIT_TIMEOUT),
                    asked: false,
                });
                self.visit_waiting();
            }
            Err(error) => self.answer_visit(call, Err(error)),
        }
    }

    fn checked_link(&self, request: &AcceptInvite, now: Timestamp) -> Result<InviteLink, ApiError> {
        let link = InviteLink::parse(&request.link).map_err(|_| ApiError::NotAnInvite)?;
        if request.confirm && self.account.is_none() {
            return Err(ApiError::NotStarted);
        }
        if self.visits.len() >= MAX_VISITS {
            return Err(ApiError::Limit { max: u32::try_from(MAX_VISITS).unwrap_or(u32::MAX) });
        }
        if self.contacts.len() >= MAX_CONTACTS {
            return Err(ApiError::Limit { max: u32::try_from(MAX_CONTACTS).unwrap_or(u32::MAX) });
        }
        if self.account.as_ref().is_some_and(|account| account.fingerprint == link.fingerprint) {
            return Err(ApiError::OwnInvite);
        }
        self.check_unknown(&link)?;
        match link.kind {
            InviteKind::OneTime { expires_minutes }
                if u64::from(expires_minutes) * 60 < now.seconds() =>
            {
                Err(ApiError::InviteExpired)
            }
            InviteKind::OneTime { .. } | InviteKind::LongTerm => Ok(link),
        }
    }

    /// Whose invite it is may come to us while we look at it: one session is enough.
    fn check_unknown(&self, link: &InviteLink) -> Result<(), ApiError> {
        match self.contact_of(link.fingerprint) {
            Some((id, contact)) if contact.row.standing != Standing::Gone => {
                Err(ApiError::KnownContact(id))
            }
            _ => Ok(()),
        }
    }

    /// Asks the relay for every invite that a view waits for.
    pub(super) fn visit_waiting(&mut self) {
        if !self.is_online() {
            return;
        }
        let due: Vec<(CallId, AddressKeys)> = self
            .visits
            .iter_mut()
            .filter(|visit| !visit.asked)
            .map(|visit| {
                visit.asked = true;
                let secret = &visit.link.secret;
                let keys = AddressKeys::derive(secret, Purpose::InviteRecord, Direction::Forth, 0);
                (visit.call, keys)
            })
            .collect();
        for (call, keys) in due {
            let ticket = self.ask(Question::Visit(call));
            self.net(NetAction::GetRecord { ticket, keys });
        }
    }

    pub(super) fn expire_visits(&mut self, now: Timestamp) {
        let (over, wait) =
            core::mem::take(&mut self.visits).into_iter().partition(|visit| visit.deadline <= now);
        self.visits = wait;
        let over: Vec<Visit> = over;
        for visit in over {
            self.answer_visit(visit.call, Err(ApiError::Offline));
        }
    }

    pub(super) fn on_visited(
        &mut self,
        call: CallId,
        result: Result<Option<Vec<u8>>, RelayError>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let Some(at) = self.visits.iter().position(|visit| visit.call == call) else { return };
        if let (Err(RelayError::Lost | RelayError::Offline | RelayError::Busy), Some(visit)) =
            (&result, self.visits.get_mut(at))
        {
            visit.asked = false;
            return;
        }
        let visit = self.visits.swap_remove(at);
        let opened = match result {
            Ok(Some(value)) => open_record(&visit.link.secret, &value),
            Ok(None) => Err(ApiError::InviteUnknown),
            Err(_) => Err(ApiError::InviteMismatch),
        };
        let (name, bundle) = match opened {
            Ok(InviteRecord::Open { name, bundle }) => (name, bundle),
            Ok(InviteRecord::Used) => return self.answer_visit(call, Err(ApiError::InviteUsed)),
            Ok(InviteRecord::Withdrawn) => {
                return self.answer_visit(call, Err(ApiError::InviteWithdrawn));
            }
            Err(error) => return self.answer_visit(call, Err(error)),
        };
        let Ok(bundle) = bundle.verify(&visit.link.fingerprint, now.seconds()) else {
            return self.answer_visit(call, Err(ApiError::InviteMismatch));
        };
        let preview = InvitePreview { name: name.clone() };
        if !visit.confirm {
            return self.answer_visit(call, Ok((preview, None)));
        }
        match self.meet(&visit.link, name, &bundle, now, rng) {
            Ok((id, mut transaction)) => {
                let reply = ReplyTo::<AcceptInvite>::new(call).with(Ok((preview, Some(id))));
                transaction.then.push(reply);
                self.commit(transaction);
                self.welcome(now, rng);
                self.pump(now);
            }
            Err(error) => self.answer_visit(call, Err(error)),
        }
    }

    /// Begins a session with the inviter, who becomes a contact.
    fn meet(
        &mut self,
        link: &InviteLink,
        name: String,
        bundle: &Verified<PreKeyBundle>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(ContactId, Transaction), ApiError> {
        self.check_unknown(link)?;
        let account = self.account.as_ref().ok_or(ApiError::NotStarted)?;
        let memory = self.memory(link.fingerprint, rng);
        let hello = account.introduction(memory).encode();
        let (session, envelope) =
            SessionState::initiate(&account.device, bundle, &hello, now.seconds(), rng)
                .map_err(|_| ApiError::InviteMismatch)?;
        let session_id = session.id();
        let id = self
            .adopt(link.fingerprint, session, Standing::Connecting, memory, now, rng)
            .map_err(|_| ApiError::InviteMismatch)?;
        let mut transaction = Transaction::default();
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.row.own_name = name;
            contact.save(id, &mut transaction);
            contact.save_session(id, &mut transaction);
        }
        let opening = Parcel::Opening(*link.secret.expose());
        self.enqueue(&mut transaction, id, opening, (Some(session_id), envelope), rng);
        self.tell_contact(id, &mut transaction);
        Ok((id, transaction))
    }

    fn answer_visit(
        &mut self,
        call: CallId,
        result: Result<(InvitePreview, Option<ContactId>), ApiError>,
    ) {
        self.effects.push_back(ReplyTo::<AcceptInvite>::new(call).with(result));
    }
}

fn open_record(secret: &Secret<32>, value: &[u8]) -> Result<InviteRecord, ApiError> {
    let key = record_key(secret, Purpose::InviteRecord, Direction::Forth, 0);
    let plaintext = records::open(&key, value).ok_or(ApiError::InviteMismatch)?;
    InviteRecord::decode(&plaintext).map_err(|_| ApiError::InviteMismatch)
}
