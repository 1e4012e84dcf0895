//! A refusal in words: what happened, and what to do.

use volly_core::api::{ApiError, BackupError, KeyError};
use yew::prelude::*;

use super::icon::{Glyph, Icon};
use crate::i18n::t;

/// The words for a refusal. `inviter` is who to ask for another invite.
pub(crate) fn error_words(error: ApiError, inviter: Option<&str>) -> String {
    match error {
        ApiError::NotStarted => t!("error-not-started"),
        ApiError::AlreadyStarted => t!("error-already-started"),
        ApiError::Empty => t!("error-empty"),
        ApiError::TooLong { max } => t!("error-too-long", max = max),
        ApiError::NotFound => t!("error-not-found"),
        ApiError::Gone => t!("error-gone"),
        ApiError::Moved => t!("error-moved"),
        ApiError::Key(error) => key_words(error),
        ApiError::BackupDamaged => t!("backup-error-damaged"),
        ApiError::BackupNewer => t!("backup-error-newer"),
        ApiError::NotAnInvite => t!("error-not-an-invite"),
        ApiError::OwnInvite => t!("error-own-invite"),
        ApiError::KnownContact(_) => t!("error-known-contact"),
        ApiError::InviteUsed => inviter.map_or_else(
            || t!("error-invite-used"),
            |name| t!("error-invite-used-by", name = name),
        ),
        ApiError::InviteWithdrawn => t!("error-invite-withdrawn"),
        ApiError::InviteExpired => t!("error-invite-expired"),
        ApiError::InviteUnknown => t!("error-invite-unknown"),
        ApiError::InviteMismatch => t!("error-invite-mismatch"),
        ApiError::Offline => t!("error-offline"),
        ApiError::NotAnEmoji => t!("error-not-an-emoji"),
        ApiError::NotAPhrase => t!("error-not-a-phrase"),
        ApiError::Limit { max } => t!("error-limit", max = max),
        ApiError::NoRoom => t!("error-no-room"),
        ApiError::FileTooLarge => t!("error-file-too-large"),
        ApiError::FileChanged => t!("error-file-changed"),
        ApiError::NotStored => t!("error-not-stored"),
        ApiError::EngineMoved => t!("error-engine-moved"),
        _ => t!("error-other"),
    }
}

/// The words for what a passphrase did not do.
pub(crate) fn key_words(error: KeyError) -> String {
    match error {
        KeyError::Rejected => t!("key-error-rejected"),
        KeyError::Empty => t!("key-error-empty"),
        KeyError::TooLong => t!("key-error-too-long"),
        KeyError::Unassigned => t!("key-error-unassigned"),
        KeyError::OutOfMemory => t!("key-error-memory"),
        _ => t!("error-other"),
    }
}

/// The words for a backup that was not saved or restored.
pub(crate) fn backup_words(error: BackupError) -> String {
    match error {
        BackupError::NotABackup => t!("backup-error-other-file"),
        BackupError::Newer => t!("backup-error-newer"),
        BackupError::Damaged => t!("backup-error-damaged"),
        BackupError::FileUnreadable => t!("backup-error-unreadable"),
        BackupError::Key(error) => key_words(error),
        BackupError::Refused(error) => error_words(error, None),
        _ => t!("error-other"),
    }
}

/// Props of [`ErrorText`].
#[derive(Properties, PartialEq)]
pub(crate) struct ErrorTextProps {
    /// What to say; nothing is drawn without it.
    pub(crate) text: Option<AttrValue>,
}

/// A refusal where it happened. The region is always there, so that it is read out when it fills.
#[component]
pub(crate) fn ErrorText(props: &ErrorTextProps) -> Html {
    html! {
        <div class="error-text" role="alert">
            if let Some(text) = &props.text {
                <Icon glyph={Glyph::Warning} /><p>{ text }</p>
            }
        </div>
    }
}
