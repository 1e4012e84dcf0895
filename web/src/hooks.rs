//! What components decide with: each hook is one behaviour, with its listeners and their end.

mod use_backup;
mod use_call;
mod use_composer;
mod use_contexts;
mod use_event;
mod use_export;
mod use_file;
mod use_going;
mod use_invitation;
mod use_invite;
mod use_lock;
mod use_message_acts;
mod use_name;
mod use_nearly_full;
mod use_opening_focus;
mod use_pinned_scroll;
mod use_search;
mod use_sending;
mod use_shortcuts;
mod use_timeline;
mod use_title;
mod use_voice;

pub(crate) use use_backup::{Work, use_restoring, use_saving};
pub(crate) use use_call::{Asking, use_call};
pub(crate) use use_composer::use_composer;
pub(crate) use use_contexts::{
    use_engine, use_invitation, use_navigator, use_roster, use_route, use_timelines,
    use_timelines_dispatch, use_today,
};
pub(crate) use use_event::{use_back, use_window_event};
pub(crate) use use_export::{Format, use_export};
pub(crate) use use_file::{use_file_acts, use_file_url, use_url};
pub(crate) use use_going::use_going;
pub(crate) use use_invitation::{use_invitation_steps, use_looking};
pub(crate) use use_invite::{use_cancel_invite, use_follow_invite, use_new_invite};
pub(crate) use use_lock::{LockAfter, use_auto_lock, use_lock_after, use_unlock, use_wipe};
pub(crate) use use_message_acts::use_message_acts;
pub(crate) use use_name::{UseName, use_name};
pub(crate) use use_nearly_full::use_nearly_full;
pub(crate) use use_opening_focus::use_opening_focus;
pub(crate) use use_pinned_scroll::{Ends, UsePinnedScroll, use_pinned_scroll};
pub(crate) use use_search::{UseSearch, use_search};
pub(crate) use use_sending::{Chosen, Uploads, use_sending};
pub(crate) use use_shortcuts::use_shortcuts;
pub(crate) use use_timeline::use_timeline;
pub(crate) use use_title::use_title;
pub(crate) use use_voice::{UseVoice, Voice, use_voice};
