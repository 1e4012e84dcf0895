//! Notices that the path to the relay is dead: a WebSocket by itself does not for minutes.
//!
//! Speaks `/ipfs/ping/1.0.0` (libp2p specs, ping/ping.md) on one stream. libp2p's own behaviour
//! forgives the first failure and then waits for a stream to open, which takes too long here.

use std::{io, time::Duration};

use futures::{
    AsyncReadExt, AsyncWriteExt, StreamExt,
    channel::mpsc,
    future::{Either, select},
    io::{AsyncRead, AsyncWrite},
};
use futures_timer::Delay;

use super::timer::within;

/// Between two probes while someone looks at the page.
///
/// With [`PATIENCE`] this is when a cut is noticed at the latest: 4 s. Lower: more traffic.
const INTERVAL: Duration = Duration::from_millis(1_500);

/// Between two probes of a hidden page: saves batteries, and still keeps a NAT mapping open.
const HIDDEN_INTERVAL: Duration = Duration::from_secs(20);

/// Wait for an answer, twice.
///
/// In halves: a page that was frozen sees its timer before the answer that has long arrived, and
/// reads it during the second half. Lower: a slow line counts as dead.
const PATIENCE: Duration = Duration::from_millis(1_250);

/// Bytes of a ping.
const PING_BYTES: usize = 32;

/// What the probe is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nudge {
    /// Probe now.
    Now,
    /// Someone looks at the page: probe now, and often.
    Visible,
    /// Nobody looks at the page.
    Hidden,
}

/// Probes until there is no answer, or the stream ends.
pub(super) async fn until_dead(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    mut nudges: mpsc::Receiver<Nudge>,
) {
    let mut interval = INTERVAL;
    let mut count = 0_u8;
    loop {
        count = count.wrapping_add(1);
        if !answers(&mut stream, [count; PING_BYTES]).await {
            return;
        }
        match select(nudges.next(), Delay::new(interval)).await {
            Either::Left((Some(Nudge::Hidden), _)) => interval = HIDDEN_INTERVAL,
            Either::Left((Some(Nudge::Visible), _)) => interval = INTERVAL,
            Either::Left((Some(Nudge::Now), _)) | Either::Right(_) => {}
            Either::Left((None, pause)) => pause.await,
        }
    }
}

async fn answers(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), ping: [u8; 32]) -> bool {
    let mut echo = Box::pin(echo(stream, ping));
    for _ in 0..2 {
        if let Some(result) = within(PATIENCE, &mut echo).await {
            return result.is_ok();
        }
    }
    false
}

async fn echo(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    ping: [u8; 32],
) -> io::Result<()> {
    stream.write_all(&ping).await?;
    stream.flush().await?;
    let mut pong = [0; PING_BYTES];
    stream.read_exact(&mut pong).await?;
    if pong == ping { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, executor::block_on, future::join, pin_mut};

    use super::{super::pipe::pipe, *};

    #[test]
    fn an_answer_keeps_it_going_and_silence_ends_it() {
        let (near, mut far) = pipe(64);
        let (mut nudge, nudges) = mpsc::channel(1);
        let probe = until_dead(near, nudges);
        pin_mut!(probe);
        assert!((&mut probe).now_or_never().is_none());
        let relay = async {
            let mut ping = [0; PING_BYTES];
            far.read_exact(&mut ping).await.unwrap();
            far.write_all(&ping).await.unwrap();
            nudge.try_send(Nudge::Now).unwrap();
            far.read_exact(&mut ping).await.unwrap();
            ping
        };
        let ((), second) = block_on(join(probe, relay));
        assert_eq!(second, [2; PING_BYTES]);
    }

    #[test]
    fn a_wrong_answer_ends_it() {
        let (near, mut far) = pipe(64);
        let (_nudge, nudges) = mpsc::channel(1);
        block_on(join(until_dead(near, nudges), async {
            far.write_all(&[0; PING_BYTES]).await.unwrap();
        }));
    }
}
