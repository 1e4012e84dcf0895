//! Every bound of the core, each with what a lower and a higher value would cost.
//!
//! The relay shares the ones that concern its protocol. Nothing here is a setting.

use core::time::Duration;

/// Size classes of an envelope in bytes (protocol.md §8).
///
/// Fewer classes tell a relay less and waste more; these hold a short text, a text with the
/// post-quantum part or a handshake's ratchet step, a handshake, and the longest text.
pub const SIZE_CLASSES: [usize; 4] = [512, 4_096, 16_384, 65_536];

/// Longest envelope, the largest size class.
pub const MAX_ENVELOPE_BYTES: usize = 65_536;

/// Longest value of a record at a relay.
///
/// Lower: an invite's prekey bundle (11.3 KB) does not fit. Higher: more to keep for each address.
pub const MAX_RECORD_BYTES: usize = 16_384;

/// Longest frame on a mailbox or direct stream, checked before anything is allocated.
pub const MAX_FRAME_BYTES: usize = 70_000;

/// Longest text of one message in bytes of UTF-8.
///
/// Lower: people paste more than this. Higher: it no longer fits the second largest size class
/// with a post-quantum part.
pub const MAX_TEXT_BYTES: usize = 10_000;

/// Longest emoji in bytes of UTF-8: those in use, families and flags of regions, take up to 35.
///
/// Lower: a longer one of a later Unicode is refused. Higher: marks without end behind a base.
pub const MAX_EMOJI_BYTES: usize = 64;

/// Messages of one contact that are not here yet, and about which something has come already.
///
/// Lower: what is about a message that was overtaken is lost sooner. Higher: more rows of a hostile
/// contact that nobody sees, and that every page reads past.
pub const MAX_AWAITED: u32 = 64;

/// Bytes of a file that are sealed together: the most of which a power of two of KiB less than an
/// envelope's largest class leaves room for a step of the ratchet.
///
/// Lower: more rows and frames for a file. Higher: a piece does not fit an envelope.
pub const CHUNK_BYTES: usize = 60 << 10;

/// Longest sealed chunk: the bytes and their tag.
pub const MAX_SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + 16;

/// Longest file: 16 GiB.
///
/// Lower: somebody's film is refused. Higher: what no browser stores.
pub const MAX_FILE_BYTES: u64 = 16 << 30;

/// Longest name of a file in bytes of UTF-8, that of the usual file systems.
pub const MAX_FILE_NAME_BYTES: usize = 255;

/// Longest media type (RFC 6838 §4.2: two names of at most 127 characters).
pub const MAX_MEDIA_TYPE_BYTES: usize = 255;

/// Longest preview of a picture.
///
/// Lower: one recognises nothing. Higher: the message no longer fits the second largest envelope.
pub const MAX_PREVIEW_BYTES: usize = 8_192;

/// Longest file whose chunks are sent as messages, so that it reaches somebody who is away: 480 KiB.
///
/// Lower: a photo waits until both are there. Higher: more of a mailbox for one file.
pub const MAX_PUSHED_BYTES: u64 = 8 * CHUNK_BYTES as u64;

/// How long the pieces of such a file are awaited before its chunks are asked for.
///
/// Lower: they come twice. Higher: what the sender lost of them in a crash comes later.
pub const PUSHED_PATIENCE: Duration = Duration::from_secs(60);

/// Files that are being taken in to be sent, all in all.
///
/// Lower: who sends many at once waits. Higher: more on the disk that nobody has sent.
pub const MAX_UNSENT_FILES: usize = 32;

/// Longest file that is fetched without being asked for.
///
/// Lower: people tap for each photo. Higher: somebody's data volume is used up by others.
pub const MAX_UNASKED_BYTES: u64 = 8 << 20;

/// Files of one contact of which pieces have come, and not the message.
///
/// Lower: pieces that overtake theirs are lost. Higher: more of the disk for a hostile contact.
pub const MAX_AWAITED_FILES: usize = 4;

/// Chunks that are asked for ahead at first, and at least.
///
/// Lower: a fast line idles. Higher: on a slow one a text waits behind them.
pub const MIN_FETCH_WINDOW: u32 = 2;

/// Chunks that are asked for ahead at most, 1.9 MiB.
///
/// Lower: a fast line over a distance idles. Higher: more frames than a stream's queue holds.
pub const MAX_FETCH_WINDOW: u32 = 32;

/// Chunks that are read for one question, and how many one may ask for.
///
/// Lower: more questions. Higher: everything else waits for the reading.
pub const MAX_ASKED_CHUNKS: u32 = 16;

/// How long to wait for a chunk before it is asked for again.
///
/// Lower: on a slow line it comes twice. Higher: a lost question costs so much.
pub const FETCH_PATIENCE: Duration = Duration::from_secs(15);

/// Chunks of a file that a view gives or takes at once, 0.9 MiB.
///
/// Lower: more calls. Higher: more memory, and everything else waits.
pub const FILE_PART_CHUNKS: u32 = 16;

/// Room that files leave to everything else on the disk.
///
/// Lower: texts are refused sooner after files. Higher: files are refused where there is room.
pub const FILE_RESERVE_BYTES: u64 = 16 << 20;

/// Bytes of files that are stored until the browser is asked again how much room there is.
///
/// Lower: it is asked more often. Higher: the reserve is used up before one knows.
pub const ROOM_ASKED_EVERY: u64 = 4 << 20;

/// Texts of ours in one conversation of which the names are remembered, so that a view may ask again.
///
/// Lower: one of many that are on their way when a tab dies is sent twice. Higher: a longer row.
pub const MAX_NAMED_TEXTS: usize = 32;

/// How much of the message that an answer quotes is shown, in bytes of UTF-8.
///
/// Lower: one does not recognise it. Higher: the quote is longer than the answer.
pub const MAX_QUOTE_BYTES: usize = 240;

/// Stretches of unread messages that one conversation tells apart; between two of them lies what
/// does not count, a reaction for example.
///
/// Lower: the count of a long absence is too high by what lies between. Higher: a longer row.
pub const MAX_UNREAD_RANGES: usize = 64;

/// Longest time in seconds after which messages disappear: a year.
///
/// Lower: somebody's choice is refused. Higher: nobody waits for it.
pub const MAX_LIFETIME_SECONDS: u32 = 365 * 86_400;

/// Messages that disappear in one transaction; the next ones follow at once.
///
/// Lower: more transactions after an absence. Higher: a longer one.
pub const MAX_EXPIRED: usize = 256;

/// Pause between two messages that say that one is typing; each is a commit.
///
/// Lower: more commits and frames while one types. Higher: see [`TYPING_SHOWN`].
pub const TYPING_PAUSE: Duration = Duration::from_secs(4);

/// How long a contact is shown as typing who has not said so again.
///
/// Lower: it flickers on a slow line. Higher: who stops without a word seems to type on.
pub const TYPING_SHOWN: Duration = Duration::from_secs(7);

/// Longest display name in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 128;

/// Envelopes a relay pushes on one subscription before it waits for acknowledgements.
///
/// Lower: a long absence is caught up slowly. Higher: a slow reader holds that many envelopes in
/// the relay's memory, 4 MiB at this value.
pub const PUSH_WINDOW: usize = 64;

/// Relays that keep what is at an address, when there are as many (protocol.md §14).
///
/// Lower: fewer may be lost at once. Higher: more to write before anything is done.
pub const REPLICAS: usize = 5;

/// Items that one relay offers another at once, of 49 bytes each: less than a frame.
pub const MAX_OFFER: usize = 1_000;

/// Addresses of one relay that are told and tried.
///
/// Three ways lead to each network of a relay. Lower: one with several may have the right one left
/// out. Higher: that many dials, one after the other.
pub const MAX_RELAY_ADDRESSES: usize = 12;

/// Longest address of a relay in bytes of its text; one with two certificate hashes has about 200.
pub const MAX_RELAY_ADDRESS_BYTES: usize = 512;

/// Relays beside its own that a relay names to a browser, and that a browser remembers.
///
/// Lower: more may be gone at once before a browser knows none. Higher: more for a hostile relay to
/// fill with names.
pub const MAX_OTHER_RELAYS: usize = 8;

/// Longest time a relay keeps an envelope.
pub const MAILBOX_LIFETIME: Duration = Duration::from_secs(30 * 86_400);

/// Contacts that are asked for a new session in one commit, after a backup was restored.
///
/// Lower: more commits. Higher: the page stalls longer, about two milliseconds for each.
pub const REUNIONS_AT_ONCE: usize = 32;

/// Days back at which a reader still looks for its mail: the lifetime, and one for clock skew.
pub const MAILBOX_DAYS: u32 = 31;

/// How long a one-time invite can be used.
pub const INVITE_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// Relays at which one is reached that a presence record names.
///
/// Lower: one relay's death cuts circuits for as long as a record lives. Higher: longer records.
pub const MAX_RESERVED_RELAYS: usize = 4;

/// Lifetime of a presence record; written again at half of it.
pub const PRESENCE_LIFETIME: Duration = Duration::from_secs(3_600);

/// How long a device certificate is valid; it is signed again at half of it. Lower: who was away
/// long cannot be invited by an old bundle. Higher: a lost device's certificate lives on where no
/// newer one was seen.
pub const CERTIFICATE_LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// How long prekeys of last resort are published before others take their place. Lower: who was
/// away for long finds them gone. Higher: who steals them reads the first messages of more people.
pub const LAST_RESORT_ROTATION: Duration = Duration::from_secs(7 * 86_400);

/// Handshakes that one set of last resort accepts; each is remembered, so that none is accepted
/// twice. Lower: a crowd has to wait for the next set. Higher: 32 bytes each in every commit.
pub const MAX_LAST_RESORT_USES: usize = 500;

/// How old a chain of ours may become while it is our turn: then a message without news takes the
/// step. Lower: more messages without news. Higher: who once read a device reads on for longer.
pub const STEP_WITHIN: Duration = Duration::from_secs(86_400);

/// How long after the last text of a conversation such messages are sent. Lower: a device that was
/// read gives away the first text after a silence. Higher: traffic for people who do not talk.
pub const STEP_WHILE: Duration = Duration::from_secs(30 * 86_400);

/// Sessions kept beside the current one of a contact. Lower: late messages of an older handshake
/// are lost. Higher: mailboxes to listen at, for each of them.
pub const MAX_ARCHIVED_SESSIONS: usize = 3;

/// How much longer than in another session of the contact nothing may have been opened in one that
/// seals. Lower: two who answered each other late end in different sessions. Higher: the sessions
/// where nobody speaks are kept longer.
pub const SILENT_SESSION_TRUST: Duration =
    Duration::from_secs(MAILBOX_LIFETIME.as_secs() + MAX_CLOCK_SKEW.as_secs());

/// How long a session is kept that is not the current one and opens nothing: the other side may
/// trust it for [`SILENT_SESSION_TRUST`] after its last envelope came, the relay kept that for a
/// [`MAILBOX_LIFETIME`], and clocks may differ.
pub const ARCHIVED_SESSION_LIFETIME: Duration =
    Duration::from_secs(2 * SILENT_SESSION_TRUST.as_secs());

/// Clock skew between two people, or a person and a relay, that must not matter.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(86_400);

/// How long a message on a direct stream may wait for its receipt before it also goes to the
/// mailbox. Lower: needless deposits on a slow line. Higher: a silent loss lasts longer.
pub const DIRECT_RECEIPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Contacts of one account.
///
/// Every contact costs three subscriptions at the relay, and about 11 KB in memory.
pub const MAX_CONTACTS: usize = 1_000;

/// Invites that wait at the same time; each is two addresses at the relay.
pub const MAX_OPEN_INVITES: usize = 32;

/// Messages of one conversation that wait for their receipt.
///
/// Lower: someone who writes a lot to a person who is away is stopped. Higher: each holds its
/// sealed envelope in storage and in memory until it is delivered.
pub const MAX_OUTBOX: usize = 2_000;

/// Ranges of texts delivered out of order that one conversation remembers.
///
/// When more would be needed the lowest gap is given up, so that memory stays bounded.
pub const MAX_DELIVERED_RANGES: usize = 16;

/// Longest text that one searches for, in bytes of UTF-8.
pub const MAX_QUERY_BYTES: usize = 256;

/// Messages that a search finds at most; who looks for more says more.
///
/// Lower: what one looks for is not among them. Higher: each is read from the store.
pub const MAX_FOUND: usize = 30;

/// Messages that are read at once for the first search after a start.
///
/// Lower: more round trips to the store. Higher: other messages wait for longer.
pub const SEARCH_CHUNK: usize = 2_000;

/// Text that is kept in memory for searching, in bytes.
///
/// Lower: a long history is not searched whole. Higher: a tab on a small phone may be ended.
pub const MAX_SEARCH_BYTES: usize = 64 << 20;

/// How long it is kept after the last search.
///
/// Lower: the next search begins with reading everything. Higher: memory for nothing.
pub const SEARCH_KEPT: Duration = Duration::from_secs(300);

/// Messages in one page of a timeline.
pub const TIMELINE_PAGE: usize = 60;

/// Longest draft in bytes; what is longer is not kept.
pub const MAX_DRAFT_BYTES: usize = MAX_TEXT_BYTES;

/// Message keys one chain may be asked to skip at once (Double Ratchet revision 3 §8.4).
///
/// Lower: a peer that lost many messages must start a new session. Higher: one forged header
/// costs that many HMACs.
pub const MAX_SKIP: u32 = 1_000;

/// Skipped message keys kept in one session, oldest dropped first.
pub const MAX_SKIPPED_KEYS: usize = 2_000;

/// Age after which a skipped message key is dropped: the lifetime of an envelope.
pub const SKIPPED_KEY_LIFETIME: Duration = MAILBOX_LIFETIME;

/// Receiving chains of one session that are remembered, oldest forgotten first.
///
/// Lower: a message that is later than so many turns, or comes again, is not recognised. Higher:
/// more to store with every message, and more keys to try on one that none opens.
pub const MAX_REMEMBERED_CHAINS: usize = 64;

/// Messages of one's own chain after which the next turn begins a new one.
///
/// Lower: a full post-quantum step, 2.3 KB and four lattice operations, with more messages; at 1
/// every receipt would carry one. Higher: a stolen state reads more messages.
pub const TURN_AFTER_MESSAGES: u32 = 8;

/// Age of one's own chain at which the next turn begins a new one, whatever it has sent.
pub const TURN_AFTER: Duration = Duration::from_secs(60);

/// Longest key of a row in bytes; a contact and a place in its history take 25.
pub const MAX_ROW_KEY_BYTES: usize = 32;

/// Longest passphrase in bytes of UTF-8, as it is typed.
///
/// Lower: somebody's sentence is refused. Higher: more to normalise, which makes up to eleven bytes
/// of one.
pub const MAX_PASSPHRASE_BYTES: usize = 1_024;

/// Memory of Argon2id in KiB for what is wrapped now: the second recommended option of RFC 9106 §4.
///
/// Lower: cheaper to guess. Higher: a tab on a small phone may not get it.
pub const ARGON2_MEMORY_KIB: u32 = 65_536;

/// Passes of Argon2id for what is wrapped now, from the same option.
///
/// Lower: cheaper to guess. Higher: unlocking takes longer, a third of a second in wasm as it is.
pub const ARGON2_PASSES: u32 = 3;

/// Lanes of Argon2id for what is wrapped now. Not the four of RFC 9106 §4: here one thread computes
/// them after each other, while who guesses has four.
pub const ARGON2_PARALLELISM: u8 = 1;

/// Most memory in KiB that a stored passphrase may ask Argon2id for.
///
/// Lower: what a later version wraps with more is not opened by this one. Higher: a hostile backup
/// makes the tab ask for that much before anything of it is authentic.
pub const MAX_ARGON2_MEMORY_KIB: u32 = 262_144;

/// Most passes that a stored passphrase may ask Argon2id for.
///
/// Lower: what a later version wraps with more is not opened by this one. Higher: a hostile backup
/// takes longer than the six seconds in wasm that it can with the most memory.
pub const MAX_ARGON2_PASSES: u32 = 10;

/// Most lanes that a stored passphrase may ask Argon2id for, those of RFC 9106 §4.
pub const MAX_ARGON2_PARALLELISM: u8 = 4;

/// Plaintext in one chunk of a backup; the last may be shorter.
///
/// Lower: more tags and calls. Higher: more memory, and more read before the first byte is known to
/// be authentic. Changing it changes the format.
pub const BACKUP_CHUNK_BYTES: usize = 65_536;

/// Bytes of a backup's file that cross to a view, or come from one, at once.
///
/// Lower: more calls. Higher: more memory at both ends.
pub const BACKUP_PART_BYTES: usize = 1 << 20;

/// Messages that are read at once for a backup.
///
/// Lower: more transactions. Higher: more of the history in memory, 5 MB of the longest texts.
pub const BACKUP_PAGE: usize = 500;

/// As [`BACKUP_PAGE`], of rows that hold a chunk of a file each.
pub const BACKUP_CHUNKS: usize = 16;

/// How long the engine waits for a view to take the next part of a backup.
///
/// Lower: a page that is busy loses its backup. Higher: a page that was closed holds everything up.
pub const BACKUP_PATIENCE: Duration = Duration::from_secs(10);

/// Longest value of a row in a backup; a contact with its last message is about 11 KB today.
///
/// Lower: a longer row of a later schema cannot be saved. Higher: more memory while one is read.
pub const MAX_BACKUP_VALUE_BYTES: usize = 1 << 20;

/// Calls of one view that wait for their answer.
///
/// Lower: a view that opens many conversations at once is refused. Higher: more to answer or to
/// send again when the engine moves.
pub const MAX_CALLS_OF_VIEW: usize = 256;

/// Calls of all views together that the engine has not answered.
pub const MAX_CALLS: usize = 1_024;

/// Network events, and calls, that the driver takes before it writes.
///
/// Lower: a burst costs several writes to the store. Higher: its first message waits for its last.
pub const DRIVER_QUEUE: usize = 64;

/// Network actions that wait because the network layer is busy.
///
/// Lower: subscribing at every mailbox of [`MAX_CONTACTS`] contacts pauses the driver. Higher:
/// memory of envelopes that wait in the outbox as well.
pub const MAX_WAITING_ACTIONS: usize = 4_096;

/// Longest message between two tabs: a snapshot of [`MAX_CONTACTS`] rows, each with the longest
/// text and the longest draft, is 21 MB.
pub const MAX_PORT_BYTES: usize = 32 << 20;

/// Pause before the engine starts again after the store has refused a change; doubled each time.
pub const RESTART_PAUSE_MIN: Duration = Duration::from_millis(500);

/// Longest such pause. Lower: a full disk is asked needlessly often. Higher: room that was made is
/// found late.
pub const RESTART_PAUSE_MAX: Duration = Duration::from_secs(30);

/// How long the store may take about a transaction before people are told that nothing is saved.
///
/// Lower: a slow disk is taken for a broken one. Higher: a transaction that hangs is noticed late.
pub const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Questions to the network that may be open at once before the outbox waits.
///
/// Lower: a long outbox drains slowly on a slow line. Higher: more memory at both ends, and more
/// to do again when the connection breaks.
pub const MAX_QUESTIONS: usize = 64;

/// Pause before a deposit is tried again that the relay could not take now.
pub const RELAY_RETRY: Duration = Duration::from_secs(5);

/// Pause before a deposit is tried again that the relay does not accept: a newer relay may.
pub const REFUSED_RETRY: Duration = Duration::from_secs(60);

/// How long arrived texts gather before one receipt answers them all.
///
/// Lower: a receipt for each of twenty texts that come together. Higher: the sender waits longer
/// for the second tick.
pub const RECEIPT_DELAY: Duration = Duration::from_millis(50);

/// How long a call that needs the relay waits for a connection and an answer.
pub const VISIT_TIMEOUT: Duration = Duration::from_secs(15);

/// Invites of others that are looked at at once: one a tab, and a few that were left.
pub const MAX_VISITS: usize = 8;

/// Silence at the mailboxes of past days after which they count as read to the end.
///
/// A relay pushes what it holds as fast as it is acknowledged. Lower: a pause of a slow line would
/// pass for the end, and what is left would not be looked for again. Higher: more subscriptions.
pub const DRAINED_AFTER: Duration = Duration::from_secs(30);

/// Pause between two look-ups of the same contact's presence.
///
/// Lower: each message that comes by the mailbox costs a request. Higher: two people who are both
/// there talk through the mailbox for longer.
pub const PRESENCE_PAUSE: Duration = Duration::from_secs(2);

/// How far ahead of ours a contact's Lamport time may be; what is beyond is brought back to it.
///
/// Without it one hostile message would push all later ones to the end of the numbers.
pub const MAX_LAMPORT_LEAP: u64 = 1 << 32;
