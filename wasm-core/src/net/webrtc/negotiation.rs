//! From a signaling stream to a connection, in both parts (libp2p specification webrtc/webrtc.md
//! "Connection Establishment").
//!
//! Does not bound its time; the caller does.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll},
};

use libp2p::{Stream, core::muxing::StreamMuxerBox};
use web_sys::RtcSdpType;

use super::{
    data_channel::DataChannel,
    muxer::Muxer,
    peer::{MAX_CANDIDATES, Peer},
    signaling::{Signal, Signaling},
};
use crate::net::Role;

/// Candidates of theirs after which it is given up; those from [`MAX_CANDIDATES`] on are not used.
///
/// Lower: who is only too thorough gets no connection. Higher: more to read of who floods.
const MAX_HEARD: usize = 4 * MAX_CANDIDATES;

/// Negotiates, with the STUN responders that are to be asked; dropping the future ends it.
///
/// # Errors
///
/// Those of the stream and of the browser; [`io::ErrorKind::InvalidData`] when the other side does not
/// keep to the specification.
pub(in crate::net) async fn negotiate(
    role: Role,
    stream: Stream,
    stun: Vec<String>,
) -> io::Result<StreamMuxerBox> {
    let mut negotiation = Negotiation {
        peer: Peer::new(&stun)?,
        signaling: Signaling::new(stream),
        heard_out: false,
        candidates: 0,
    };
    match role {
        Role::Offerer => negotiation.offer().await?,
        Role::Answerer => negotiation.answer().await?,
    }
    let Negotiation { peer, mut signaling, .. } = negotiation;
    // The connection is there; whether the goodbye arrives changes nothing.
    let _ = poll_fn(|cx| signaling.poll_close(cx)).await;
    Ok(StreamMuxerBox::new(Muxer::new(peer)))
}

struct Negotiation {
    peer: Peer,
    signaling: Signaling<Stream>,
    /// The other side has closed: it has its connection, or has given up.
    heard_out: bool,
    /// Of theirs.
    candidates: usize,
}

/// What happens next.
enum Step {
    Heard(Signal),
    Connected,
}

impl Negotiation {
    async fn offer(&mut self) -> io::Result<()> {
        let init = self.peer.open_init()?;
        let sdp = self.peer.offer().await?;
        self.signaling.queue(&Signal::Offer(sdp));
        let Step::Heard(Signal::Answer(sdp)) = self.step(None).await? else {
            return Err(invalid());
        };
        self.peer.set_remote(RtcSdpType::Answer, &sdp).await?;
        self.connect(Some(&init)).await
    }

    async fn answer(&mut self) -> io::Result<()> {
        let Step::Heard(Signal::Offer(sdp)) = self.step(None).await? else { return Err(invalid()) };
        self.peer.set_remote(RtcSdpType::Offer, &sdp).await?;
        // The answer is the first message that is sent, whatever the browser finds while it makes it.
        let sdp = self.peer.answer().await?;
        self.signaling.queue(&Signal::Answer(sdp));
        self.connect(None).await
    }

    /// Exchanges candidates until there is a connection, and `init` on it.
    async fn connect(&mut self, init: Option<&DataChannel>) -> io::Result<()> {
        loop {
            match self.step(init).await? {
                Step::Connected => return Ok(()),
                Step::Heard(Signal::Candidate(json)) => {
                    self.candidates += 1;
                    if self.candidates <= MAX_CANDIDATES {
                        self.peer.add_candidate(&json).await;
                    } else if self.candidates > MAX_HEARD {
                        return Err(invalid());
                    }
                }
                Step::Heard(_) => return Err(invalid()),
            }
        }
    }

    async fn step(&mut self, init: Option<&DataChannel>) -> io::Result<Step> {
        poll_fn(|cx| self.poll_step(init, cx)).await
    }

    fn poll_step(
        &mut self,
        init: Option<&DataChannel>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Step>> {
        self.peer.register(cx);
        if let Poll::Ready(error) = self.peer.poll_lost(cx) {
            return Poll::Ready(Err(error));
        }
        if self.peer.is_connected() {
            // Or it is closed already: others do that as soon as they see it.
            if init.is_none_or(|init| init.poll_open(cx).is_ready()) {
                return Poll::Ready(Ok(Step::Connected));
            }
        }
        if self.heard_out {
            return Poll::Pending;
        }
        while let Some(json) = self.peer.take_candidate() {
            self.signaling.queue(&Signal::Candidate(json));
        }
        if let Poll::Ready(Err(error)) = self.signaling.poll_written(cx) {
            return Poll::Ready(Err(error));
        }
        match futures::ready!(self.signaling.poll_signal(cx))? {
            Some(signal) => Poll::Ready(Ok(Step::Heard(signal))),
            None => {
                self.heard_out = true;
                Poll::Pending
            }
        }
    }
}

fn invalid() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
