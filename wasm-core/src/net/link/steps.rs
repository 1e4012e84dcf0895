//! The steps of a connection that take time, each with its bound.

use std::{io, time::Duration};

use futures::{FutureExt, channel::mpsc, future::LocalBoxFuture};
use libp2p::{PeerId, Stream};
use libp2p_stream::Control;

use crate::net::{
    bootstrap::{Bootstrap, BootstrapError},
    links::Fetches,
    mailbox_client::MailboxClient,
    probe::{self, Nudge},
    swarm::{MAILBOX, PING},
    timer::within,
};

/// For the bootstrap document.
pub(super) const FETCH_TIMEOUT: Duration = Duration::from_secs(3);

/// For the bootstrap document while the one of before may still do: the browser asks over a connection
/// that it has kept, and after a sleep that leads nowhere.
///
/// Lower: who has a slow line learns late that the relay has moved. Higher: who wakes waits for longer.
pub(super) const AGAIN_TIMEOUT: Duration = Duration::from_millis(750);

/// For a stream on a connection that is there, and its first frame.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// Gets the bootstrap document.
pub(super) fn fetch(
    fetch: &Fetches,
    timeout: Duration,
) -> LocalBoxFuture<'static, Result<Bootstrap, BootstrapError>> {
    let fetch = (*fetch.borrow_mut())();
    async move { within(timeout, fetch).await.unwrap_or(Err(BootstrapError::NotFetched)) }
        .boxed_local()
}

/// Opens the mailbox stream, and waits for the relay's hello.
pub(super) fn open(
    mut control: Control,
    relay: PeerId,
) -> LocalBoxFuture<'static, io::Result<MailboxClient<Stream>>> {
    let open = async move {
        let stream = control.open_stream(relay, MAILBOX).await.map_err(io::Error::other)?;
        MailboxClient::open(stream).await
    };
    async { within(OPEN_TIMEOUT, open).await.ok_or(io::ErrorKind::TimedOut)? }.boxed_local()
}

/// Ends when the relay is not there any more.
pub(super) fn probe(
    mut control: Control,
    relay: PeerId,
    nudges: mpsc::Receiver<Nudge>,
) -> LocalBoxFuture<'static, ()> {
    async move {
        let open = control.open_stream(relay, PING);
        if let Some(Ok(stream)) = within(OPEN_TIMEOUT, open).await {
            probe::until_dead(stream, nudges).await;
        }
    }
    .boxed_local()
}
