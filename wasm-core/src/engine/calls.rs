//! Which handler takes which call. A call without an arm does not compile.

use rand_core::CryptoRng;

use super::{Engine, effect::NetAction, input::Timestamp, reply::ReplyTo};
use crate::api::{CallId, GetSnapshot, Request, Snapshot};

impl Engine {
    pub(super) fn on_call(
        &mut self,
        id: CallId,
        request: Request,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        match request {
            Request::Start(call) => self.start(ReplyTo::new(id), &call, now, rng),
            Request::Restore(call) => self.restore(ReplyTo::new(id), &call, now, rng),
            Request::RevealRecoveryPhrase(_) => self.reveal_recovery_phrase(ReplyTo::new(id)),
            Request::SetRelayOnly(call) => self.set_relay_only(ReplyTo::new(id), &call),
            Request::GetSnapshot(_) => self.snapshot(ReplyTo::new(id), now),
            Request::CreateInvite(_) => self.create_invite(ReplyTo::new(id), now, rng),
            Request::CancelInvite(call) => self.cancel_invite(ReplyTo::new(id), &call, rng),
            Request::AcceptInvite(call) => self.accept_invite(id, &call, now),
            Request::SendText(call) => self.send_text(ReplyTo::new(id), &call, now, rng),
            Request::GetTimeline(call) => self.timeline(id, &call),
            Request::MarkRead(call) => self.mark_read(ReplyTo::new(id), &call, now),
            Request::SetDraft(call) => self.set_draft(ReplyTo::new(id), call),
            Request::RenameContact(call) => self.rename(ReplyTo::new(id), &call),
            Request::DeleteContact(call) => self.delete_contact(ReplyTo::new(id), &call, now, rng),
            Request::GetSafetyNumber(call) => self.safety_number(ReplyTo::new(id), &call),
            Request::Reconnect(_) => {
                self.net(NetAction::Reconnect);
                self.effects.push_back(ReplyTo::<crate::api::Reconnect>::new(id).with(Ok(())));
            }
        }
    }

    fn snapshot(&mut self, reply: ReplyTo<GetSnapshot>, now: Timestamp) {
        let mut contacts: Vec<_> =
            self.contacts.keys().filter_map(|&contact| self.contact_view(contact)).collect();
        contacts.sort_by_key(|view| {
            core::cmp::Reverse(view.last.as_ref().map_or(view.added_at, |last| last.stored_at))
        });
        let mut invites: Vec<_> =
            self.invites.iter().filter_map(|(&id, invite)| invite.view(id, now)).collect();
        invites.sort_by_key(|view| core::cmp::Reverse(view.created_at));
        let snapshot = Snapshot {
            number: self.events,
            profile: self.account.as_ref().map(super::account::Account::profile),
            contacts,
            invites,
            connection: self.connection(),
        };
        self.effects.push_back(reply.with(Ok(snapshot)));
    }
}
