//! Where one is in the app. A leaf: it knows no page.
//!
//! A route lives in the URL's fragment (`#/chat/…`), so that no server ever sees which
//! conversation is open. An invite's fragment never starts with `/`.

use volly_core::api::{ContactId, InviteId, MessageId};

/// One place in the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// The list of conversations.
    List,
    /// Making or pasting an invite.
    New,
    /// One of our invites.
    Invite(InviteId),
    /// Answering an invite.
    Accept,
    /// A conversation.
    Chat(ContactId),
    /// A message of a conversation.
    Message(ContactId, MessageId),
    /// What we know of a contact.
    Contact(ContactId),
    /// Comparing the safety number.
    Safety(ContactId),
    /// Our own things.
    Settings,
    /// The recovery phrase.
    Words,
    /// Saving a backup.
    Backup,
    /// The app lock.
    Lock,
}

/// A message in a fragment, and on the page.
pub(crate) fn message_name(id: MessageId) -> String {
    format!("{:x}.{}.{:x}", id.lamport, id.side, id.sequence)
}

fn parse_message(name: &str) -> Option<MessageId> {
    let mut parts = name.split('.');
    let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
    let (lamport, side, sequence) = (number()?, number()?, number()?);
    Some(MessageId { lamport, side: u8::try_from(side).ok()?, sequence })
}

impl Route {
    /// Reads a fragment, with or without its `#`. What is unknown leads to the list.
    pub(crate) fn parse(fragment: &str) -> Self {
        let path = fragment.strip_prefix('#').unwrap_or(fragment);
        let mut parts = path.strip_prefix('/').unwrap_or_default().split('/');
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        let id = second.and_then(|hex| u64::from_str_radix(hex, 16).ok());
        match (first, id, third) {
            (Some("new"), ..) => Self::New,
            (Some("accept"), ..) => Self::Accept,
            (Some("settings"), ..) => Self::Settings,
            (Some("words"), ..) => Self::Words,
            (Some("backup"), ..) => Self::Backup,
            (Some("lock"), ..) => Self::Lock,
            (Some("invite"), Some(id), _) => Self::Invite(InviteId(id)),
            (Some("chat"), Some(id), None) => Self::Chat(ContactId(id)),
            (Some("chat"), Some(id), Some("about")) => Self::Contact(ContactId(id)),
            (Some("chat"), Some(id), Some("safety")) => Self::Safety(ContactId(id)),
            (Some("chat"), Some(id), Some(name)) => match parse_message(name) {
                Some(message) => Self::Message(ContactId(id), message),
                None => Self::List,
            },
            _ => Self::List,
        }
    }

    /// The fragment with its `#`.
    pub(crate) fn href(self) -> String {
        match self {
            Self::List => "#/".into(),
            Self::New => "#/new".into(),
            Self::Accept => "#/accept".into(),
            Self::Settings => "#/settings".into(),
            Self::Words => "#/words".into(),
            Self::Backup => "#/backup".into(),
            Self::Lock => "#/lock".into(),
            Self::Invite(id) => format!("#/invite/{:x}", id.0),
            Self::Chat(id) => format!("#/chat/{:x}", id.0),
            Self::Message(id, message) => {
                format!("#/chat/{:x}/{}", id.0, message_name(message))
            }
            Self::Contact(id) => format!("#/chat/{:x}/about", id.0),
            Self::Safety(id) => format!("#/chat/{:x}/safety", id.0),
        }
    }

    /// The contact that is on the screen.
    pub(crate) fn contact(self) -> Option<ContactId> {
        match self {
            Self::Chat(id) | Self::Message(id, _) | Self::Contact(id) | Self::Safety(id) => {
                Some(id)
            }
            _ => None,
        }
    }

    /// Where *back* leads when the history holds nothing of ours.
    pub(crate) fn parent(self) -> Self {
        match self {
            Self::Contact(id) | Self::Message(id, _) => Self::Chat(id),
            Self::Safety(id) => Self::Contact(id),
            Self::Words | Self::Backup | Self::Lock => Self::Settings,
            _ => Self::List,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_reads_back_from_its_fragment() {
        let (contact, invite) = (ContactId(u64::MAX), InviteId(10));
        for route in [
            Route::List,
            Route::New,
            Route::Invite(invite),
            Route::Accept,
            Route::Chat(contact),
            Route::Message(contact, MessageId { lamport: 0xABC, side: 1, sequence: 7 }),
            Route::Contact(contact),
            Route::Safety(contact),
            Route::Settings,
            Route::Words,
            Route::Backup,
            Route::Lock,
        ] {
            assert_eq!(Route::parse(&route.href()), route);
        }
    }

    #[test]
    fn what_is_no_route_leads_to_the_list() {
        for fragment in ["", "#", "#/chat", "#/chat/xyz", "#/chat/1/2", "#AQAB", "#/invite/"] {
            assert_eq!(Route::parse(fragment), Route::List, "{fragment}");
        }
    }
}
