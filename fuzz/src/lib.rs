//! Every decoder of the core, and the relay's of STUN and of data channels, under bytes that nobody encoded.
//!
//! ```text
//!  corpus/<target>/ ──► campaign ── mutate ──► Target::run ──► Verdict, or a panic
//! ```
//!
//! A target is one function of bytes. It fails by panicking: because the core did, or because
//! something does not hold that the target asserts. `tests/replay.rs` runs every corpus and a few
//! thousand mutated cases with all other tests; `npm run fuzz` runs as many as it is told.
//!
//! Does not know: coverage. A case that is accepted becomes a seed itself, which leads deeper than
//! the corpus alone.

pub mod backups;
pub mod campaign;
pub mod corpus;
mod mutate;
pub mod parties;
mod relay;
pub mod seams;
pub mod stored;
mod wire;

/// What a target says of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They are what it decodes.
    Accepted,
    /// They are not.
    Refused,
}

impl Verdict {
    const fn of(accepted: bool) -> Self {
        if accepted { Self::Accepted } else { Self::Refused }
    }
}

/// One decoder, or one thing made of several.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the name of its folder in `corpus/`.
    pub name: &'static str,
    /// Panics when something is wrong.
    pub run: fn(&[u8]) -> Verdict,
}

/// Every target.
pub const TARGETS: [Target; 35] = [
    Target { name: "identity_key", run: wire::identity_key },
    Target { name: "device_certificate", run: wire::device_certificate },
    Target { name: "prekey_bundle", run: wire::prekey_bundle },
    Target { name: "prekey_message", run: wire::prekey_message },
    Target { name: "initiator", run: wire::initiator },
    Target { name: "enclosed", run: wire::enclosed },
    Target { name: "ratchet_header", run: wire::ratchet_header },
    Target { name: "padding", run: wire::padding },
    Target { name: "content", run: wire::content },
    Target { name: "invite_link", run: wire::invite_link },
    Target { name: "invite_record", run: wire::invite_record },
    Target { name: "presence_record", run: wire::presence_record },
    Target { name: "mailbox_request", run: wire::mailbox_request },
    Target { name: "mailbox_frame", run: wire::mailbox_frame },
    Target { name: "mailbox_record", run: wire::mailbox_record },
    Target { name: "replica_ask", run: wire::replica_ask },
    Target { name: "replica_hello", run: wire::replica_hello },
    Target { name: "stream_frames", run: wire::stream_frames },
    Target { name: "direct_frame", run: wire::direct_frame },
    Target { name: "device", run: stored::device },
    Target { name: "prekeys", run: stored::prekeys },
    Target { name: "session", run: stored::session },
    Target { name: "rows", run: stored::rows },
    Target { name: "wrapped_key", run: backups::wrapped_key },
    Target { name: "backup", run: backups::backup },
    Target { name: "backup_rows", run: backups::backup_rows },
    Target { name: "stun_request", run: relay::stun_request },
    Target { name: "ice_check", run: relay::ice_check },
    Target { name: "channel_control", run: relay::channel_control },
    Target { name: "data_channel", run: relay::data_channel },
    Target { name: "rpc_frame", run: seams::rpc_frame },
    Target { name: "bootstrap", run: seams::bootstrap },
    Target { name: "recovery_phrase", run: seams::recovery_phrase },
    Target { name: "handshake", run: parties::handshake },
    Target { name: "two_parties", run: parties::two_parties },
];
