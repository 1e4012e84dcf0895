//! Who is typing: told over a direct stream alone, shown for a while, stored nowhere.

use alloc::vec::Vec;

use rand_core::CryptoRng;

use super::{
    Contact, Engine, Transaction,
    effect::{Effect, EnvelopeId, NetAction},
    input::Timestamp,
    reply::ReplyTo,
    rows::Standing,
    said::Way,
};
use crate::{
    api::{ApiError, ContactId, Event, SetShowsTyping, TellTyping},
    limits::{TYPING_PAUSE, TYPING_SHOWN},
    wire::Content,
};

impl Engine {
    fn shows_typing(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.shows_typing)
    }

    pub(super) fn set_shows_typing(
        &mut self,
        reply: ReplyTo<SetShowsTyping>,
        call: &SetShowsTyping,
    ) {
        let Some(account) = &mut self.account else {
            return self.effects.push_back(reply.with(Err(ApiError::NotStarted)));
        };
        account.shows_typing = call.shows_typing;
        let mut transaction = Transaction::default();
        account.save(&mut transaction);
        let profile = account.profile();
        transaction.then.push(self.event(Event::Profile(profile)));
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
        if !call.shows_typing {
            self.end_typing(|_| true);
        }
    }

    /// The person types: the contact is told, not more often than it has to be.
    pub(super) fn tell_typing(
        &mut self,
        reply: ReplyTo<TellTyping>,
        call: &TellTyping,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) {
        let shows = self.shows_typing();
        let contact = match self.present(call.contact) {
            Ok(contact) => contact,
            Err(error) => return self.effects.push_back(reply.with(Err(error))),
        };
        let told = contact.typing_told.filter(|told| now < told.after(TYPING_PAUSE));
        let is_news = if call.is_typing { told.is_none() } else { contact.typing_told.is_some() };
        let here = contact.reach.is_some() && contact.row.standing == Standing::Established;
        let mut transaction = Transaction::default();
        if shows && here && is_news {
            contact.typing_told = call.is_typing.then_some(now);
            let content = Content::Typing(call.is_typing);
            if let Some((_, envelope)) = contact.seal(&content, now, rng) {
                contact.save_session(call.contact, &mut transaction);
                let (contact, id) = (call.contact, EnvelopeId([0; 16]));
                let action = NetAction::SendDirect { contact, id, envelope };
                transaction.then.push(Effect::Net(action));
            }
        }
        transaction.then.push(reply.with(Ok(())));
        self.commit(transaction);
    }

    pub(super) fn on_typing(
        &mut self,
        id: ContactId,
        way: &Way,
        is_typing: bool,
        now: Timestamp,
        transaction: &mut Transaction,
    ) {
        if !self.shows_typing() || !matches!(way, Way::Direct) {
            return;
        }
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let was_typing = contact.typing_until.is_some();
        contact.typing_until = is_typing.then(|| now.after(TYPING_SHOWN));
        if was_typing != is_typing {
            self.tell_contact(id, transaction);
        }
    }

    /// Nobody is shown as typing any more for whom `over` holds.
    pub(super) fn end_typing(&mut self, over: impl Fn(&Contact) -> bool) {
        let typing = self.contacts.iter().filter(|(_, contact)| contact.typing_until.is_some());
        let ids: Vec<ContactId> =
            typing.filter(|(_, contact)| over(contact)).map(|(&id, _)| id).collect();
        for id in ids {
            if let Some(contact) = self.contacts.get_mut(&id) {
                contact.typing_until = None;
            }
            self.show_contact(id);
        }
    }
}
