//! What is known of one contact: where it is, and what is under way to it.

use std::time::Duration;

use futures::channel::mpsc;
use libp2p::{Multiaddr, PeerId};

use super::stream::Outgoing;
use crate::{api::Path, crypto::secret::Secret, net::timer::doubled};

/// Pause after the first failed dial; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How long who does not dial leaves it to the other side after a direct stream was lost.
const REDIAL_PAUSE: Duration = Duration::from_secs(2);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Failed dials in a row until a contact's presence counts as old: about an hour, its lifetime.
const MAX_FAILURES: u32 = 64;

/// Pause after the first failed negotiation; doubled after each further one.
///
/// Lower: two whose networks let nothing through try it more often in vain. Higher: who was disturbed
/// while negotiating stays on the relay for longer.
const FIRST_UPGRADE_PAUSE: Duration = Duration::from_secs(2);

/// Longest pause between negotiations.
const LONGEST_UPGRADE_PAUSE: Duration = Duration::from_secs(600);

/// Names an attempt or a stream, so that what is late is told from what is current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attempt(pub(super) u64);

/// Something that is tried, and tried again after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    /// Nothing to do: not ours to try, done, offline, or given up.
    Resting,
    /// In the queue.
    Waiting,
    /// Under way, or in the pause after a failure; the attempt says which answer is still wanted.
    Busy(Attempt),
}

/// Who is to be reached, and how far that is.
pub(super) struct Contact {
    /// Where it is believed to be; `None`: accept only.
    pub(super) peer: Option<PeerId>,
    pub(super) key: Secret<32>,
    /// Where it has places for circuits; none: that is not known.
    pub(super) relays: Vec<PeerId>,
    pub(super) dial: Try,
    failures: u32,
    /// A direct stream was lost, which the other side may not notice for long: whoever does dials.
    redial: bool,
    /// From the circuit to a connection of our own.
    pub(super) upgrade: Try,
    upgrade_failures: u32,
    pub(super) stream: Option<Live>,
    /// The stream that was moved away from: what is on its way there still counts.
    pub(super) retired: Option<Attempt>,
}

/// The stream that is written to.
pub(super) struct Live {
    pub(super) attempt: Attempt,
    pub(super) peer: PeerId,
    pub(super) path: Path,
    pub(super) outgoing: mpsc::Sender<Outgoing>,
}

impl Contact {
    pub(super) const fn new(key: Secret<32>) -> Self {
        Self {
            peer: None,
            key,
            relays: Vec::new(),
            dial: Try::Resting,
            failures: 0,
            redial: false,
            upgrade: Try::Resting,
            upgrade_failures: 0,
            stream: None,
            retired: None,
        }
    }

    /// It may be somewhere else, or back.
    pub(super) const fn begin_again(&mut self) {
        self.failures = 0;
    }

    /// Whose turn it is of the places where circuits to it begin.
    pub(super) fn turn<'a>(&self, circuits: &'a [Multiaddr]) -> Option<&'a Multiaddr> {
        let turn = usize::try_from(self.failures).unwrap_or_default();
        circuits.get(turn.checked_rem(circuits.len())?)
    }

    /// Sends a frame when there is a stream with room.
    pub(super) fn send(&mut self, frame: Outgoing) {
        if let Some(live) = &mut self.stream {
            let _ = live.outgoing.try_send(frame);
        }
    }

    /// Takes a stream into use. False when what was sent on the one before may be lost.
    pub(super) fn take(&mut self, live: Live) -> bool {
        (self.failures, self.redial, self.peer) = (0, false, Some(live.peer));
        match live.path {
            Path::Relayed => self.dial = Try::Resting,
            Path::Direct => (self.upgrade, self.upgrade_failures) = (Try::Resting, 0),
        }
        let (path, peer) = (live.path, live.peer);
        let Some(mut old) = self.stream.replace(live) else { return true };
        let moves = (old.path, path) == (Path::Relayed, Path::Direct) && old.peer == peer;
        let moved = moves && old.outgoing.try_send(Outgoing::Retire).is_ok();
        self.retired = moved.then_some(old.attempt);
        moved
    }

    /// Whether this side, with the PeerId `local`, is the one that dials.
    pub(super) fn is_ours_to_dial(&self, local: PeerId) -> bool {
        self.peer.is_some_and(|peer| self.redial || local.to_bytes() > peer.to_bytes())
    }

    /// Its stream has ended; where that was.
    pub(super) fn lose(&mut self) -> Option<(PeerId, Path)> {
        let lost = self.stream.take().map(|live| (live.peer, live.path));
        self.redial = lost.is_some_and(|(_, path)| path == Path::Direct);
        lost
    }

    /// Whether what comes from this stream counts.
    pub(super) fn hears(&self, attempt: Attempt) -> bool {
        self.is_live(attempt) || self.retired == Some(attempt)
    }

    /// Whether this is the stream that is written to.
    pub(super) fn is_live(&self, attempt: Attempt) -> bool {
        self.stream.as_ref().is_some_and(|live| live.attempt == attempt)
    }

    /// Whether the stream in use goes this way to this peer.
    pub(super) fn is_at(&self, peer: PeerId, path: Path) -> bool {
        self.is_with(peer) && self.stream.as_ref().is_some_and(|live| live.path == path)
    }

    /// Whether the stream in use goes to this peer, wherever the contact is believed to be.
    pub(super) fn is_with(&self, peer: PeerId) -> bool {
        self.stream.as_ref().is_some_and(|live| live.peer == peer)
    }

    /// How long to wait after a failed dial, and whether it is the first; no time: given up.
    pub(super) fn fail(&mut self, local: PeerId) -> (Option<Duration>, bool) {
        let first = self.failures == 0;
        let late = self.peer.is_some_and(|peer| local.to_bytes() < peer.to_bytes());
        let pause = if first && self.redial && late { REDIAL_PAUSE } else { FIRST_PAUSE };
        let pause = doubled(pause, self.failures, LONGEST_PAUSE);
        let again = self.failures < MAX_FAILURES;
        self.failures += u32::from(again);
        self.dial = Try::Resting;
        (again.then_some(pause), first)
    }

    /// How long to wait after a failed negotiation.
    pub(super) fn fail_upgrade(&mut self) -> Duration {
        let pause = doubled(FIRST_UPGRADE_PAUSE, self.upgrade_failures, LONGEST_UPGRADE_PAUSE);
        self.upgrade_failures = self.upgrade_failures.saturating_add(1);
        pause
    }
}
