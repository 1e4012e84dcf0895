//! Which handler takes which call. A call without an arm does not compile.

use rand_core::CryptoRng;

use super::{
    Engine,
    actions::Action,
    effect::{Archive, ArchiveKey, Effect, NetAction},
    input::Timestamp,
    reply::ReplyTo,
};
use crate::{
    api::{
        ApiError, BackupKey, BeginRestore, CallId, GetSnapshot, NextBackupPart, Request,
        SaveBackup, SetLock, Snapshot, StopBackup,
    },
    crypto::secret::Secret,
};

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
            Request::SetAnswersRead(call) => {
                self.set_answers_read(ReplyTo::new(id), &call, now, rng);
            }
            Request::SetShowsTyping(call) => self.set_shows_typing(ReplyTo::new(id), &call),
            Request::TellTyping(call) => self.tell_typing(ReplyTo::new(id), &call, now, rng),
            Request::SetTimer(call) => self.set_timer(ReplyTo::new(id), &call, now, rng),
            Request::Arrange(call) => self.arrange(ReplyTo::new(id), &call),
            Request::GetSnapshot(_) => self.snapshot(ReplyTo::new(id), now),
            Request::CreateInvite(_) => self.create_invite(ReplyTo::new(id), now, rng),
            Request::CancelInvite(call) => self.cancel_invite(ReplyTo::new(id), &call, rng),
            Request::AcceptInvite(call) => self.accept_invite(id, &call, now),
            Request::SendText(call) => self.send_text(ReplyTo::new(id), call, now, rng),
            Request::ResendText(call) => self.resend_text(ReplyTo::new(id), call, now, rng),
            Request::BeginFile(call) => self.begin_file(ReplyTo::new(id), &call, rng),
            Request::AddToFile(call) => self.add_to_file(ReplyTo::new(id), &call),
            Request::SendFile(call) => self.begin_sending_file(ReplyTo::new(id), call),
            Request::DropFile(call) => self.drop_unsent_file(ReplyTo::new(id), &call),
            Request::FetchFile(call) => self.fetch_file(ReplyTo::new(id), &call, now),
            Request::ReadFile(call) => self.read_file(ReplyTo::new(id), call),
            Request::React(call) => self.begin_action(Action::React(ReplyTo::new(id), call)),
            Request::EditText(call) => self.begin_action(Action::Edit(ReplyTo::new(id), call)),
            Request::DeleteMessage(call) => {
                self.begin_action(Action::Delete(ReplyTo::new(id), call));
            }
            Request::GetTimeline(call) => self.timeline(ReplyTo::new(id), call),
            Request::Search(call) => self.search(ReplyTo::new(id), call, now),
            Request::MarkRead(call) => self.mark_read(ReplyTo::new(id), &call, now),
            Request::SetDraft(call) => self.set_draft(ReplyTo::new(id), call),
            Request::RenameContact(call) => self.rename(ReplyTo::new(id), &call),
            Request::DeleteContact(call) => self.delete_contact(ReplyTo::new(id), &call, now, rng),
            Request::GetSafetyNumber(call) => self.safety_number(ReplyTo::new(id), &call),
            Request::SaveBackup(call) => self.save_backup(id, call.key),
            Request::BeginRestore(call) => self.begin_restore(id, call),
            Request::RestorePart(call) => self.archive(id, Archive::Part(call.bytes)),
            Request::FinishRestore(_) => self.archive(id, Archive::Finish),
            Request::StopRestore(_) => self.archive(id, Archive::Stop),
            // The driver takes both while it writes one.
            Request::NextBackupPart(_) => {
                let reply = ReplyTo::<NextBackupPart>::new(id).with(Err(ApiError::NotFound));
                self.effects.push_back(reply);
            }
            Request::StopBackup(_) => {
                self.effects.push_back(ReplyTo::<StopBackup>::new(id).with(Ok(())));
            }
            // The page that holds the database takes it.
            Request::SetLock(_) => {
                let reply = ReplyTo::<SetLock>::new(id).with(Err(ApiError::NotFound));
                self.effects.push_back(reply);
            }
            Request::Reconnect(_) => {
                self.net(NetAction::Reconnect);
                self.effects.push_back(ReplyTo::<crate::api::Reconnect>::new(id).with(Ok(())));
            }
        }
    }

    fn archive(&mut self, call: CallId, step: Archive) {
        self.effects.push_back(Effect::Archive(call, step));
    }

    fn save_backup(&mut self, call: CallId, key: BackupKey) {
        let Some(account) = &self.account else {
            let reply = ReplyTo::<SaveBackup>::new(call).with(Err(ApiError::NotStarted));
            return self.effects.push_back(reply);
        };
        let key = match key {
            BackupKey::Phrase => ArchiveKey::Phrase(Secret::new(*account.seed.expose())),
            BackupKey::Wrapped { file_key, wrapped } => {
                ArchiveKey::Wrapped(Secret::new(file_key), wrapped)
            }
        };
        self.archive(call, Archive::Save(key));
    }

    fn begin_restore(&mut self, call: CallId, BeginRestore { header, file_key }: BeginRestore) {
        if self.account.is_some() {
            let reply = ReplyTo::<BeginRestore>::new(call).with(Err(ApiError::AlreadyStarted));
            return self.effects.push_back(reply);
        }
        self.archive(call, Archive::Begin { header, file_key: Secret::new(file_key) });
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
            relays: self.relays(),
        };
        self.effects.push_back(reply.with(Ok(snapshot)));
    }
}
