//! Where we listen (protocol.md §9): for each contact the mailboxes of the days at which there may
//! be mail, and for each open invite one.
//!
//! Invariant: a day before `listening_from` holds nothing for us that was not acknowledged.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use super::{
    Engine, Transaction,
    effect::{Effect, NetAction},
    input::Timestamp,
    rows::{Phase, Standing},
};
use crate::{
    address::{AddressKeys, Direction, Purpose},
    api::{ContactId, InviteId},
    limits::{DRAINED_AFTER, MAILBOX_DAYS},
    session::SessionId,
};

/// Whose mailbox an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    /// Of one session with a contact, at one day.
    Contact(ContactId, SessionId, u32),
    Invite(InviteId),
}

/// The mailboxes at which this connection listens.
#[derive(Default)]
pub(super) struct Mailboxes {
    owners: BTreeMap<[u8; 32], Owner>,
    open: BTreeSet<Owner>,
    /// When the mailboxes of past days count as read to the end.
    drained_at: Option<Timestamp>,
    /// When there is a new day to listen at.
    tomorrow: Option<Timestamp>,
}

impl Mailboxes {
    pub(super) fn owner(&self, address: &[u8; 32]) -> Option<Owner> {
        self.owners.get(address).copied()
    }

    pub(super) fn disconnect(&mut self) {
        *self = Self::default();
    }

    pub(super) fn timeout(&self) -> Option<Timestamp> {
        self.drained_at.into_iter().chain(self.tomorrow).min()
    }

    /// Mail of a past day puts off the end of catching up.
    pub(super) fn on_mail(&mut self, day: u32, now: Timestamp) {
        if self.drained_at.is_some() && day.saturating_add(1) < now.day() {
            self.drained_at = Some(now.after(DRAINED_AFTER));
        }
    }

    /// Stops listening for a contact; returns the addresses.
    pub(super) fn forget(&mut self, contact: ContactId) -> Vec<[u8; 32]> {
        self.close(|owner| matches!(owner, Owner::Contact(id, ..) if id == contact))
    }

    /// Stops listening at an invite; returns its address.
    pub(super) fn forget_invite(&mut self, invite: InviteId) -> Vec<[u8; 32]> {
        self.close(|owner| owner == Owner::Invite(invite))
    }

    fn close(&mut self, matches: impl Fn(Owner) -> bool) -> Vec<[u8; 32]> {
        self.open.retain(|&owner| !matches(owner));
        let mut closed = Vec::new();
        self.owners.retain(|&address, &mut owner| {
            let keep = !matches(owner);
            if !keep {
                closed.push(address);
            }
            keep
        });
        closed
    }

    /// Opens a mailbox unless it is open.
    fn open(&mut self, owner: Owner, keys: impl FnOnce() -> AddressKeys) -> Option<Effect> {
        if !self.open.insert(owner) {
            return None;
        }
        let keys = keys();
        self.owners.insert(keys.address(), owner);
        Some(Effect::Net(NetAction::Subscribe(keys)))
    }
}

impl Engine {
    /// Listens wherever there may be mail, and no longer where there cannot be.
    pub(super) fn listen(&mut self, now: Timestamp) {
        if self.mailboxes.drained_at.is_some_and(|at| at <= now) {
            self.close_past_days(now);
        }
        let Some(account) = &self.account else { return };
        let today = now.day();
        let oldest = today.saturating_sub(MAILBOX_DAYS);
        let from = account.listening_from.clamp(oldest, today.max(oldest));
        if self.mailboxes.tomorrow.is_none() && from < today.saturating_sub(1) {
            self.mailboxes.drained_at = Some(now.after(DRAINED_AFTER));
        }
        self.mailboxes.tomorrow = Some(Timestamp((u64::from(today) + 1) * 86_400_000));
        // The newest days first: what was just written is what a person waits for.
        for day in (from..=today.saturating_add(1)).rev() {
            for (&id, contact) in &self.contacts {
                if matches!(
                    contact.row.standing,
                    Standing::Leaving | Standing::Gone | Standing::Moved
                ) {
                    continue;
                }
                for pair in &contact.row.pairs {
                    let keys = || {
                        let theirs = pair.ours().reversed();
                        AddressKeys::derive(&pair.secret(), Purpose::Mailbox, theirs, day)
                    };
                    let owner = Owner::Contact(id, pair.session, day);
                    self.effects.extend(self.mailboxes.open(owner, keys));
                }
            }
        }
        for (&id, invite) in &self.invites {
            if invite.row.phase == Phase::Open || invite.row.phase == Phase::Publishing {
                let keys = || {
                    let secret = invite.secret();
                    AddressKeys::derive(&secret, Purpose::InviteMailbox, Direction::Forth, 0)
                };
                self.effects.extend(self.mailboxes.open(Owner::Invite(id), keys));
            }
        }
    }

    fn close_past_days(&mut self, now: Timestamp) {
        self.mailboxes.drained_at = None;
        let from = now.day().saturating_sub(1);
        let mut transaction = Transaction::default();
        if let Some(account) = &mut self.account {
            account.listening_from = from;
            account.save(&mut transaction);
        }
        let past = |owner| matches!(owner, Owner::Contact(.., day) if day < from);
        let closed = self.mailboxes.close(past).into_iter();
        transaction.then.extend(closed.map(|address| Effect::Net(NetAction::Unsubscribe(address))));
        self.commit(transaction);
    }
}
