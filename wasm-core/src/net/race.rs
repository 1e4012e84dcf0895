//! Several ways to the relay, begun a little apart: the first that is through wins, and the others are
//! dropped.
//!
//! ```text
//!  at once            one way         ───────►
//!  after STAGGER      another            ────────►      earlier when the one before has failed
//!  after two of them  the third              ────────►  earlier when both have failed
//!                     what is left                   ·  when all before have failed
//! ```
//!
//! libp2p dials all addresses of an attempt side by side; here each of them waits for its turn.
//! WebTransport goes first: nothing that is lost on one stream holds up another, and what is asleep
//! for a moment comes back at another address. WebRTC-direct goes last: it costs both sides the most,
//! and is there for browsers that have neither of the others. The way that won goes first from then
//! on, until the network changes; so one that swallows packets costs [`STAGGER`], once.
//!
//! Invariant: a way is not begun before its turn, and its time runs from then on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, poll_fn, select},
};
use futures_timer::Delay;
use libp2p::{
    Multiaddr,
    core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
    multiaddr::Protocol,
};

/// The lead of a way over the next: RFC 8305, §5.
///
/// WebTransport needs three round trips, so it is through by then on most lines. Lower: a relay is
/// connected twice by many. Higher: where UDP is blocked people wait for longer.
const STAGGER: Duration = Duration::from_millis(250);

/// How a relay is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    /// WebTransport.
    #[default]
    Session,
    /// A WebSocket.
    Socket,
    /// WebRTC-direct.
    Channels,
}

/// Who goes before whom, after the favourite.
const ORDER: [Way; 3] = [Way::Session, Way::Socket, Way::Channels];

impl Way {
    const fn next(self) -> Self {
        match self {
            Self::Session => Self::Socket,
            Self::Socket => Self::Channels,
            Self::Channels => Self::Session,
        }
    }
}

fn way(address: &Multiaddr) -> Way {
    let way = address.iter().find_map(|part| match part {
        Protocol::WebTransport => Some(Way::Session),
        Protocol::WebRTCDirect => Some(Way::Channels),
        _ => None,
    });
    way.unwrap_or(Way::Socket)
}

#[derive(Default)]
struct Shared {
    /// Goes first.
    favourite: Way,
    /// Those of the attempt that begins, in order. Each is taken once.
    waiting: Vec<Option<Multiaddr>>,
    /// How many of them are the first of their way.
    firsts: usize,
    attempt: Attempt,
}

/// The order of the next attempt. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Race(Arc<Mutex<Shared>>);

impl Race {
    /// Prepares an attempt at `addresses`, the first of which is the one the page came from.
    ///
    /// The first of each way begin; the policy of the page may forbid the others.
    pub(super) fn begin(&self, mut addresses: Vec<Multiaddr>) -> Vec<Multiaddr> {
        let mut shared = self.lock();
        let favourite = shared.favourite;
        let ways = ORDER.into_iter().filter(|way| *way != favourite);
        let mut order = Vec::new();
        for next in core::iter::once(favourite).chain(ways) {
            let place = addresses.iter().position(|address| way(address) == next);
            order.extend(place.map(|place| addresses.remove(place)));
        }
        shared.firsts = order.len();
        shared.attempt = Attempt::default();
        order.extend(addresses);
        shared.waiting = order.iter().cloned().map(Some).collect();
        order
    }

    /// Remembers the way that was the first.
    pub(super) fn won(&self, address: &Multiaddr) {
        self.lock().favourite = way(address);
    }

    /// The way that was the first led to nothing: another goes first.
    pub(super) fn lost(&self) {
        let mut shared = self.lock();
        shared.favourite = shared.favourite.next();
    }

    /// On another network everything may be different.
    pub(super) fn forget(&self) {
        self.lock().favourite = Way::default();
    }

    /// Has `inner` dial each address when it is its turn.
    pub(super) fn transport<T>(&self, inner: T) -> RaceTransport<T> {
        RaceTransport { race: self.clone(), inner: Arc::new(Mutex::new(inner)) }
    }

    /// The turn of an address, if it is of the attempt that begins.
    fn turn(&self, address: &Multiaddr) -> Option<Turn> {
        let mut named = address.clone();
        if let Some(Protocol::P2p(_)) = named.iter().last() {
            named.pop();
        }
        let mut shared = self.lock();
        let place = shared.waiting.iter().position(|waiting| waiting.as_ref() == Some(&named))?;
        if let Some(waiting) = shared.waiting.get_mut(place) {
            *waiting = None;
        }
        let staggers = u32::try_from(place).ok().filter(|_| place < shared.firsts);
        let lead = staggers.map(|staggers| STAGGER * staggers);
        Some(Turn { place, lead, attempt: shared.attempt.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many of an attempt have failed, and who waits for that.
#[derive(Clone, Default)]
struct Attempt(Arc<Mutex<(usize, Vec<Waker>)>>);

/// When an address may be dialled.
struct Turn {
    /// How many stand before it.
    place: usize,
    /// For how long it waits for them at most; `None`: until all have failed.
    lead: Option<Duration>,
    attempt: Attempt,
}

impl Turn {
    async fn comes(&self) {
        let failed = poll_fn(|cx| self.poll_failed(cx));
        match self.lead {
            Some(lead) => drop(select(failed, Delay::new(lead)).await),
            None => failed.await,
        }
    }

    fn poll_failed(&self, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.attempt.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (failed, wakers) = &mut *state;
        if *failed >= self.place {
            return Poll::Ready(());
        }
        wakers.push(cx.waker().clone());
        Poll::Pending
    }

    fn fail(&self) {
        let mut state = self.attempt.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += 1;
        state.1.drain(..).for_each(Waker::wake);
    }
}

/// See [`Race::transport`].
pub(super) struct RaceTransport<T> {
    race: Race,
    inner: Arc<Mutex<T>>,
}

impl<T> RaceTransport<T> {
    fn inner(&self) -> MutexGuard<'_, T> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Transport for RaceTransport<T>
where
    T: Transport<Error = io::Error> + Send + Unpin + 'static,
    T::Output: Send,
    T::Dial: Send + 'static,
{
    type Output = T::Output;
    type Error = io::Error;
    type ListenerUpgrade = T::ListenerUpgrade;
    type Dial = BoxFuture<'static, io::Result<T::Output>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.inner().listen_on(id, address)
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner().remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let Some(turn) = self.race.turn(&address) else {
            return Ok(self.inner().dial(address, opts)?.boxed());
        };
        let inner = Arc::clone(&self.inner);
        Ok(async move {
            turn.comes().await;
            let dial = inner.lock().unwrap_or_else(PoisonError::into_inner).dial(address, opts);
            let result = match dial {
                Ok(dial) => dial.await,
                Err(error) => Err(io::Error::other(error)),
            };
            result.inspect_err(|_| turn.fail())
        }
        .boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Pin::new(&mut *self.inner()).poll(cx)
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the turns are measured")]
mod tests;
