//! Streams that have proved nothing yet, and what comes of them.

use std::time::Duration;

use futures::FutureExt;
use libp2p::{PeerId, Stream, Swarm};
use libp2p_stream::Control;

use super::{
    Direct, Done,
    contact::Contact,
    token::{self, Role, Token},
};
use crate::{
    api::{ContactId, Path},
    crypto::secret::Secret,
    net::{
        Events,
        frames::Frames,
        swarm::{Behaviour, DIRECT},
        timer::within,
    },
};

/// From a dial or an accepted stream to the proof.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams that were accepted and have proved nothing yet; the next is dropped.
const MAX_UNPROVED: usize = 32;

impl Direct {
    /// Opens a stream, and proves who is at its ends.
    pub(super) fn prove(
        &self,
        mut control: Control,
        peer: PeerId,
        key: Secret<32>,
    ) -> impl Future<Output = Option<Frames<Stream>>> + 'static {
        let local = self.local;
        let prove = async move {
            let mut frames = Frames::new(control.open_stream(peer, DIRECT).await.ok()?);
            frames.write(&token::make(&key, Role::Dialer, &local, &peer), ()).await.ok()?;
            let token = frames.read().await.ok()?;
            token::check(&key, Role::Listener, &peer, &local, &token).then_some(frames)
        };
        async { within(PROOF_TIMEOUT, prove).await.flatten() }
    }

    /// Waits for the token of a stream that came in.
    pub(super) fn accept(&mut self, peer: PeerId, path: Path, stream: Stream) {
        if self.unproved >= MAX_UNPROVED {
            return;
        }
        self.unproved += 1;
        let read = async move {
            let mut frames = Frames::new(stream);
            let token = Token::try_from(frames.read().await.ok()?).ok()?;
            Some((frames, token))
        };
        let done =
            async move { Done::Accepted(peer, path, within(PROOF_TIMEOUT, read).await.flatten()) };
        self.tasks.push(done.boxed_local());
    }

    /// A stream has brought a token, or nothing in time.
    pub(super) fn on_accepted(
        &mut self,
        peer: PeerId,
        path: Path,
        proof: Option<(Frames<Stream>, Token)>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        self.unproved -= 1;
        let known = proof
            .and_then(|(frames, token)| self.prover(peer, &token).map(|found| (frames, found)));
        let Some((mut frames, (id, key))) = known else { return self.drop_peer(peer, node) };
        frames.queue(&token::make(&key, Role::Listener, &self.local, &peer), ());
        self.go_up((id, peer, path), frames, node, events);
    }

    /// Which contact made this token. The one that should be at this PeerId is asked first.
    fn prover(&self, peer: PeerId, token: &Token) -> Option<(ContactId, Secret<32>)> {
        let proves =
            |contact: &Contact| token::check(&contact.key, Role::Dialer, &peer, &self.local, token);
        let likely = self.contacts.iter().filter(|(_, contact)| contact.peer == Some(peer));
        let others = self.contacts.iter().filter(|(_, contact)| contact.peer != Some(peer));
        likely
            .chain(others)
            .find(|(_, contact)| proves(contact))
            .map(|(id, contact)| (*id, contact.key.clone()))
    }

    /// Closes the connections to a peer with which nothing works, unless something else does.
    pub(super) fn drop_peer(&self, peer: PeerId, node: &mut Swarm<Behaviour>) {
        if !self.contacts.values().any(|contact| contact.is_with(peer)) {
            let _ = node.disconnect_peer_id(peer);
        }
    }
}
