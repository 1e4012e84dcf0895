//! The calls of a view, each with the type of its reply.

use alloc::{boxed::Box, string::String, vec::Vec};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Arrangement, BackupKey, BackupPart, ContactId, Fetch, FileDescription, FileId, FilePart,
    InviteId, InvitePreview, InviteView, KeyError, LockKey, MessageId, Profile, SearchPage,
    Snapshot, Stretch, TimelinePage,
};

/// Names one call in flight, unique to the port that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// A question or order to the engine.
pub trait Call: Serialize + DeserializeOwned + Into<Request> {
    /// What comes back when it went well.
    type Reply: Serialize + DeserializeOwned;
}

/// Why a call did not do what was asked. A fact for the view to put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// There is no identity yet.
    #[error("not started")]
    NotStarted,
    /// There is an identity already.
    #[error("already started")]
    AlreadyStarted,
    /// Nothing left after trimming, or nothing given.
    #[error("empty")]
    Empty,
    /// Longer than the limit.
    #[error("longer than {max} bytes")]
    TooLong {
        /// The limit in bytes.
        max: u32,
    },
    /// The contact, invite or message is not there.
    #[error("not found")]
    NotFound,
    /// The contact has deleted us.
    #[error("contact is gone")]
    Gone,
    /// The contact talks to a newer device of ours.
    #[error("another device took over")]
    Moved,
    /// The text is no invite, or one of a newer version.
    #[error("not an invite")]
    NotAnInvite,
    /// The invite is our own.
    #[error("own invite")]
    OwnInvite,
    /// We have this contact already.
    #[error("known contact")]
    KnownContact(ContactId),
    /// Somebody has used the invite.
    #[error("invite used")]
    InviteUsed,
    /// The invite was withdrawn by its maker.
    #[error("invite withdrawn")]
    InviteWithdrawn,
    /// The invite's time is over.
    #[error("invite expired")]
    InviteExpired,
    /// The relay does not know the invite.
    #[error("invite unknown")]
    InviteUnknown,
    /// What the relay holds does not belong to the link.
    #[error("invite does not match its link")]
    InviteMismatch,
    /// It needs a connection, and there is none.
    #[error("offline")]
    Offline,
    /// The text is not one emoji.
    #[error("not an emoji")]
    NotAnEmoji,
    /// The words are not a recovery phrase.
    #[error("not a recovery phrase")]
    NotAPhrase,
    /// One of the limits of [`crate::limits`] is reached.
    #[error("limit of {max} reached")]
    Limit {
        /// The limit.
        max: u32,
    },
    /// The disk has no room for a file.
    #[error("no room")]
    NoRoom,
    /// A file is larger than [`crate::limits::MAX_FILE_BYTES`].
    #[error("file too large")]
    FileTooLarge,
    /// The bytes of a file are not as many as was said.
    #[error("file has changed")]
    FileChanged,
    /// The change could not be stored.
    #[error("not stored")]
    NotStored,
    /// What is stored could not be read.
    #[error("not readable")]
    Unreadable,
    /// A passphrase did not do. (A browser that has no thread to try it says so too.)
    #[error(transparent)]
    Key(KeyError),
    /// The file is no backup, not whole, or not as it was written.
    #[error("backup is damaged")]
    BackupDamaged,
    /// The file was written by a newer Volly.
    #[error("backup is newer")]
    BackupNewer,
    /// The engine moved to another tab before it answered; ask again.
    #[error("engine moved")]
    EngineMoved,
}

/// Declares the calls: the struct, its reply, and its place in [`Request`]. `Debug` names the call
/// alone: texts, links and recovery phrases are in no log.
macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty),* $(,)? } -> $reply:ty;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name { $($(#[$field_doc])* pub $field: $ty),* }

            impl core::fmt::Debug for $name {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.write_str(concat!(stringify!($name), "(..)"))
                }
            }

            impl Call for $name { type Reply = $reply; }

            impl From<$name> for Request {
                fn from(call: $name) -> Self { Self::$name(call) }
            }
        )*

        /// Any call, as it crosses the port. A call without an arm in the engine does not compile.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Request { $($(#[$doc])* $name($name)),* }
    };
}

calls! {
    /// Makes a new identity.
    Start {
        /// Display name, trimmed by the engine.
        name: String,
    } -> Profile;
    /// Makes an identity from its recovery phrase. There must be none yet.
    Restore {
        /// Display name.
        name: String,
        /// 24 words, any spacing and case.
        phrase: String,
    } -> Profile;
    /// Returns the recovery phrase, 24 words, and remembers that it was shown.
    RevealRecoveryPhrase {} -> Vec<String>;
    /// Returns everything a view starts with.
    GetSnapshot {} -> Snapshot;
    /// Makes a one-time invite.
    CreateInvite {} -> InviteView;
    /// Withdraws an invite.
    CancelInvite {
        /// Which.
        invite: InviteId,
    } -> ();
    /// Fetches and checks an invite, and with `confirm` starts the conversation.
    ///
    /// Without `confirm` the reply holds the inviter's name; nothing has happened that the inviter
    /// could see. Needs no identity without `confirm`.
    AcceptInvite {
        /// A whole link or its fragment.
        link: String,
        /// Start the conversation.
        confirm: bool,
    } -> (InvitePreview, Option<ContactId>);
    /// Sends a text. The reply comes once it is stored.
    SendText {
        /// To whom.
        contact: ContactId,
        /// The text, 1 to [`crate::limits::MAX_TEXT_BYTES`] bytes after trimming.
        text: String,
        /// The message that it answers; one that is no longer here is left out.
        answers: Option<MessageId>,
        /// Names this text, drawn at random by the view: the same call made again does nothing more. 0: no name.
        token: u64,
    } -> MessageId;
    /// Begins to take in a file that is to be sent. One that is not sent is gone with the run of the engine.
    BeginFile {
        /// To whom.
        contact: ContactId,
        /// Length in bytes, 1 to [`crate::limits::MAX_FILE_BYTES`].
        size: u64,
    } -> FileId;
    /// Takes in the next bytes.
    AddToFile {
        /// To whom.
        contact: ContactId,
        /// Which.
        file: FileId,
        /// [`crate::limits::FILE_PART_CHUNKS`] chunks of [`crate::limits::CHUNK_BYTES`]; fewer at the end.
        bytes: Vec<u8>,
    } -> ();
    /// Sends a file that was taken in whole. The reply comes once it is stored.
    SendFile {
        /// To whom.
        contact: ContactId,
        /// Which.
        file: FileId,
        /// What is said of it.
        description: Box<FileDescription>,
        /// The message that it answers; one that is no longer here is left out.
        answers: Option<MessageId>,
    } -> MessageId;
    /// Gives up a file that was not sent.
    DropFile {
        /// To whom.
        contact: ContactId,
        /// Which.
        file: FileId,
    } -> ();
    /// Says what becomes of a file that is not here, or not whole.
    FetchFile {
        /// Whose.
        contact: ContactId,
        /// Which.
        file: FileId,
        /// See [`Fetch`].
        fetch: Fetch,
    } -> ();
    /// Returns a stretch of a file that is here.
    ReadFile {
        /// Whose.
        contact: ContactId,
        /// Which.
        file: FileId,
        /// Its first chunk, of [`crate::limits::CHUNK_BYTES`].
        from: u32,
    } -> FilePart;
    /// Reacts to a message; what we reacted before is taken back.
    React {
        /// In which conversation.
        contact: ContactId,
        /// To which.
        message: MessageId,
        /// One emoji, or `None` to take it back alone.
        emoji: Option<String>,
    } -> ();
    /// Changes a text of ours that has not failed.
    EditText {
        /// In which conversation.
        contact: ContactId,
        /// Which.
        message: MessageId,
        /// The text, 1 to [`crate::limits::MAX_TEXT_BYTES`] bytes after trimming.
        text: String,
    } -> ();
    /// Deletes a message from this device, or one of ours on both sides.
    DeleteMessage {
        /// In which conversation.
        contact: ContactId,
        /// Which.
        message: MessageId,
        /// On both sides; a line stays in its place.
        for_both: bool,
    } -> ();
    /// Sends a text once more that has failed: it leaves its place, and is the newest now.
    ResendText {
        /// To whom.
        contact: ContactId,
        /// The one that failed.
        failed: MessageId,
        /// Its text.
        text: String,
    } -> MessageId;
    /// Chooses for both how long messages live that are sent from now on.
    SetTimer {
        /// In which conversation.
        contact: ContactId,
        /// Seconds, at most [`crate::limits::MAX_LIFETIME_SECONDS`]; 0: they stay.
        lifetime: u32,
    } -> ();
    /// Returns a stretch of a conversation.
    GetTimeline {
        /// Whose.
        contact: ContactId,
        /// Which part.
        stretch: Stretch,
    } -> TimelinePage;
    /// Looks for texts in all conversations. The first search reads the history in parts, one with
    /// each call.
    Search {
        /// Words that all have to be there, at most [`crate::limits::MAX_QUERY_BYTES`].
        query: String,
    } -> SearchPage;
    /// Says that the person has seen everything up to this message.
    MarkRead {
        /// Whose.
        contact: ContactId,
        /// The newest message on the screen.
        up_to: MessageId,
    } -> ();
    /// Chooses whether everything goes through relays, so that no contact learns our IP address.
    SetRelayOnly {
        /// It does.
        relay_only: bool,
    } -> ();
    /// Chooses whether contacts are told what was read.
    SetAnswersRead {
        /// They are.
        answers_read: bool,
    } -> ();
    /// Chooses whether one tells and is told who is typing.
    SetShowsTyping {
        /// One is.
        shows_typing: bool,
    } -> ();
    /// Says that the person is typing, or has stopped. It may be said with every key.
    TellTyping {
        /// To whom.
        contact: ContactId,
        /// The person is.
        is_typing: bool,
    } -> ();
    /// Pins, mutes, archives a conversation, marks it unread, or takes that back.
    Arrange {
        /// Which.
        contact: ContactId,
        /// What it is then.
        arrangement: Arrangement,
    } -> ();
    /// Keeps text that is typed and not sent.
    SetDraft {
        /// For whom.
        contact: ContactId,
        /// The text; empty removes it.
        text: String,
    } -> ();
    /// Gives a contact a name of ours; empty goes back to its own.
    RenameContact {
        /// Which.
        contact: ContactId,
        /// The name.
        name: String,
    } -> ();
    /// Deletes a contact with its history and keys, and tells it so.
    DeleteContact {
        /// Which.
        contact: ContactId,
    } -> ();
    /// Returns the safety number, 60 digits (protocol.md §2), and with `verified` remembers what
    /// the comparison gave.
    GetSafetyNumber {
        /// With whom.
        contact: ContactId,
        /// `Some(true)` after a comparison that matched, `Some(false)` to forget it.
        verified: Option<bool>,
    } -> String;
    /// Begins a backup, and returns the first part of its file. Nothing else is done until the last part
    /// was asked for, so that its rows are of one moment.
    SaveBackup {
        /// What opens it.
        key: BackupKey,
    } -> BackupPart;
    /// Returns the next part.
    NextBackupPart {} -> BackupPart;
    /// Ends a backup that is not whole.
    StopBackup {} -> ();
    /// Begins to restore a backup. There must be no identity yet.
    BeginRestore {
        /// The first [`crate::backup::HEADER_BYTES`] of the file.
        header: Vec<u8>,
        /// The file key.
        file_key: [u8; 32],
    } -> ();
    /// Takes the next bytes of the file.
    RestorePart {
        /// At most [`crate::limits::BACKUP_PART_BYTES`].
        bytes: Vec<u8>,
    } -> ();
    /// Says that the file is at its end. If it is whole, its account is this browser's from now on.
    FinishRestore {} -> ();
    /// Gives up what was restored so far.
    StopRestore {} -> ();
    /// Puts the database under a passphrase or a passkey as well, changes that, or takes it away.
    SetLock {
        /// What opens it now.
        current: LockKey,
        /// What is to open it.
        new: LockKey,
    } -> ();
    /// Tries to connect now instead of after the pause.
    Reconnect {} -> ();
}
