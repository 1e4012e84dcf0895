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
mod tests {
    use std::{collections::HashMap, time::Instant};

    use futures::{
        FutureExt, StreamExt, executor::block_on, future::pending, stream::FuturesUnordered,
    };
    use libp2p::core::{Endpoint, transport::PortUse};

    use super::*;

    const FAR: &str = "/ip4/10.0.0.2/tcp/1/ws";
    const SOCKET: &str = "/dns4/localhost/tcp/1/ws";
    const SESSION: &str = "/ip4/127.0.0.1/udp/1/quic-v1/webtransport";
    const DIRECT: &str = "/ip4/127.0.0.1/udp/2/webrtc-direct";

    #[derive(Clone, Copy)]
    enum Fate {
        Through(u64),
        Fails(u64),
        Silent,
        Unknown,
    }

    /// Where each address leads, and when it was dialled.
    #[derive(Clone, Default)]
    struct Fake {
        fates: HashMap<&'static str, Fate>,
        dialled: Arc<Mutex<Vec<(String, Instant)>>>,
    }

    impl Transport for Fake {
        type Output = String;
        type Error = io::Error;
        type ListenerUpgrade = std::future::Pending<io::Result<String>>;
        type Dial = BoxFuture<'static, io::Result<String>>;

        fn listen_on(
            &mut self,
            _: ListenerId,
            address: Multiaddr,
        ) -> Result<(), TransportError<io::Error>> {
            Err(TransportError::MultiaddrNotSupported(address))
        }

        fn remove_listener(&mut self, _: ListenerId) -> bool {
            false
        }

        fn dial(
            &mut self,
            address: Multiaddr,
            _: DialOpts,
        ) -> Result<Self::Dial, TransportError<io::Error>> {
            let text = address.to_string();
            self.dialled.lock().unwrap().push((text.clone(), Instant::now()));
            match self.fates[text.as_str()] {
                Fate::Unknown => Err(TransportError::MultiaddrNotSupported(address)),
                Fate::Silent => Ok(pending().boxed()),
                Fate::Through(ms) => {
                    Ok(Delay::new(Duration::from_millis(ms)).map(|()| Ok(text)).boxed())
                }
                Fate::Fails(ms) => Ok(Delay::new(Duration::from_millis(ms))
                    .map(|()| Err(io::ErrorKind::ConnectionRefused.into()))
                    .boxed()),
            }
        }

        fn poll(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
            Poll::Pending
        }
    }

    /// Dials as libp2p does. Who won, and who was dialled how many staggers after the beginning.
    fn run(race: &Race, fates: &[(&'static str, Fate)]) -> (Option<String>, Vec<(String, u128)>) {
        let fake = Fake { fates: fates.iter().copied().collect(), ..Fake::default() };
        let mut transport = race.transport(fake.clone());
        let order = race.begin(fates.iter().map(|(address, _)| address.parse().unwrap()).collect());
        let started = Instant::now();
        let opts = DialOpts { role: Endpoint::Dialer, port_use: PortUse::New };
        let dials: Vec<_> =
            order.into_iter().map(|address| transport.dial(address, opts).unwrap()).collect();
        let mut dials: FuturesUnordered<_> = dials.into_iter().collect();
        let winner = block_on(async {
            loop {
                match dials.next().await {
                    Some(Ok(winner)) => break Some(winner),
                    Some(Err(_)) => {}
                    None => break None,
                }
            }
        });
        drop(dials);
        let dialled = fake.dialled.lock().unwrap().clone();
        let after = |at: Instant| at.duration_since(started).as_millis() / STAGGER.as_millis();
        (winner, dialled.into_iter().map(|(address, at)| (address, after(at))).collect())
    }

    fn dialled(addresses: &[(&str, u128)]) -> Vec<(String, u128)> {
        addresses.iter().map(|(address, at)| ((*address).to_owned(), *at)).collect()
    }

    #[test]
    fn webtransport_goes_first_and_alone_while_it_is_quick() {
        let fates = [(SOCKET, Fate::Through(0)), (FAR, Fate::Silent), (SESSION, Fate::Through(50))];
        let (winner, order) = run(&Race::default(), &fates);
        assert_eq!(winner.as_deref(), Some(SESSION));
        assert_eq!(order, dialled(&[(SESSION, 0)]));
    }

    #[test]
    fn where_packets_are_swallowed_the_socket_comes_a_stagger_later_and_then_first() {
        let race = Race::default();
        let fates = [(SOCKET, Fate::Through(10)), (FAR, Fate::Silent), (SESSION, Fate::Silent)];
        let (winner, order) = run(&race, &fates);
        assert_eq!(winner.as_deref(), Some(SOCKET));
        assert_eq!(order, dialled(&[(SESSION, 0), (SOCKET, 1)]));
        race.won(&SOCKET.parse().unwrap());
        assert_eq!(run(&race, &fates).1, dialled(&[(SOCKET, 0)]));
        race.forget();
        assert_eq!(run(&race, &fates).1, dialled(&[(SESSION, 0), (SOCKET, 1)]));
    }

    #[test]
    fn a_way_that_led_to_nothing_gives_the_first_place_to_another() {
        let race = Race::default();
        let fates =
            [(SOCKET, Fate::Through(0)), (SESSION, Fate::Through(0)), (DIRECT, Fate::Through(0))];
        for first in [SESSION, SOCKET, DIRECT, SESSION] {
            assert_eq!(run(&race, &fates).1, dialled(&[(first, 0)]));
            race.lost();
        }
    }

    #[test]
    fn where_packets_and_sockets_are_swallowed_webrtc_comes_two_staggers_later_and_then_first() {
        let race = Race::default();
        let fates = [(SOCKET, Fate::Silent), (SESSION, Fate::Silent), (DIRECT, Fate::Through(10))];
        let (winner, order) = run(&race, &fates);
        assert_eq!(winner.as_deref(), Some(DIRECT));
        assert_eq!(order, dialled(&[(SESSION, 0), (SOCKET, 1), (DIRECT, 2)]));
        race.won(&DIRECT.parse().unwrap());
        assert_eq!(run(&race, &fates).1, dialled(&[(DIRECT, 0)]));
    }

    #[test]
    fn webrtc_begins_at_once_when_both_others_have_failed() {
        let fates =
            [(SOCKET, Fate::Fails(10)), (SESSION, Fate::Unknown), (DIRECT, Fate::Through(0))];
        let (winner, order) = run(&Race::default(), &fates);
        assert_eq!(winner.as_deref(), Some(DIRECT));
        assert_eq!(order, dialled(&[(SESSION, 0), (SOCKET, 0), (DIRECT, 0)]));
    }

    #[test]
    fn a_failure_gives_the_turn_away_at_once() {
        for session in [Fate::Fails(20), Fate::Unknown] {
            let fates = [(SOCKET, Fate::Through(10)), (SESSION, session)];
            let (winner, order) = run(&Race::default(), &fates);
            assert_eq!(winner.as_deref(), Some(SOCKET));
            assert_eq!(order, dialled(&[(SESSION, 0), (SOCKET, 0)]));
        }
    }

    #[test]
    fn the_others_wait_until_all_before_them_have_failed() {
        let fates =
            [(SOCKET, Fate::Fails(0)), (FAR, Fate::Through(0)), (SESSION, Fate::Fails(600))];
        let (winner, order) = run(&Race::default(), &fates);
        assert_eq!(winner.as_deref(), Some(FAR));
        assert_eq!(order, dialled(&[(SESSION, 0), (SOCKET, 1), (FAR, 2)]));
        let none = [(SOCKET, Fate::Fails(0)), (SESSION, Fate::Fails(0))];
        assert_eq!(run(&Race::default(), &none).0, None);
    }

    #[test]
    fn without_webtransport_the_socket_begins_at_once() {
        let fates = [(SOCKET, Fate::Through(600)), (FAR, Fate::Silent)];
        let (winner, order) = run(&Race::default(), &fates);
        assert_eq!(winner.as_deref(), Some(SOCKET));
        assert_eq!(order, dialled(&[(SOCKET, 0)]));
    }
}
