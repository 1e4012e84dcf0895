//! Proved streams: taken into use, read, and lost.

use futures::{FutureExt, channel::mpsc};
use futures_timer::Delay;
use libp2p::{PeerId, Stream, Swarm};

use super::{
    Direct, Done, MAX_OUTGOING,
    contact::{Live, Try},
    stream::{DirectStream, Incoming, Received},
};
use crate::{
    api::{ContactId, Path},
    engine::input::NetEvent,
    net::{Events, frames::Frames, swarm::Behaviour},
};

impl Direct {
    /// Takes a proved stream into use.
    pub(super) fn go_up(
        &mut self,
        (id, peer, path): (ContactId, PeerId, Path),
        frames: Frames<Stream>,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (outgoing, take_outgoing) = mpsc::channel(MAX_OUTGOING);
        let was_up = contact.stream.is_some();
        let was_direct = contact.is_at(peer, Path::Direct);
        let moved = contact.take(Live { attempt, peer, path, outgoing });
        if was_up && !moved {
            events.push(NetEvent::DirectDown(id));
        }
        events.push(NetEvent::DirectUp(id, path));
        let connection = self.connections.values().find(|it| it.goes(peer, path));
        if let Some(round_trip) = connection.and_then(|it| it.round_trip) {
            events.push(NetEvent::RoundTrip(id, round_trip));
        }
        self.streams.push(DirectStream::new(id, attempt, frames, take_outgoing));
        if was_direct && path == Path::Relayed {
            // The other side has noticed before us that the direct connection is dead.
            self.close(peer, Path::Direct, node);
        }
    }

    /// Something has come out of a stream, or it has ended.
    pub(super) fn on_received(
        &mut self,
        received: Received,
        node: &mut Swarm<Behaviour>,
        events: &mut Events,
    ) {
        let Received { id, attempt, frame } = received;
        let Some(contact) = self.contacts.get_mut(&id).filter(|contact| contact.hears(attempt))
        else {
            return;
        };
        match frame {
            Some(Incoming::Envelope(envelope)) => {
                events.push(NetEvent::DirectArrived(id, envelope));
            }
            Some(Incoming::File(frame)) => events.push(NetEvent::FileArrived(id, frame)),
            None if contact.is_live(attempt) => {
                if let Some((peer, Path::Direct)) = contact.lose() {
                    // Or the next stream is opened on what is dead.
                    self.close(peer, Path::Direct, node);
                }
                self.fail(id, events);
            }
            None => contact.retired = None,
        }
    }

    /// Tells of the first failure, and pauses before the next dial.
    pub(super) fn fail(&mut self, id: ContactId, events: &mut Events) {
        let attempt = self.attempt();
        let Some(contact) = self.contacts.get_mut(&id) else { return };
        let (pause, first) = contact.fail(self.local);
        if first {
            events.push(NetEvent::DirectDown(id));
        }
        if let Some(pause) = pause.filter(|_| self.online) {
            contact.dial = Try::Busy(attempt);
            let paused = Delay::new(pause).map(move |()| Done::Paused(id, attempt, Path::Relayed));
            self.tasks.push(paused.boxed_local());
        }
    }
}
