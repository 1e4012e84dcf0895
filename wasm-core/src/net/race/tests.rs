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
    let fates = [(SOCKET, Fate::Fails(10)), (SESSION, Fate::Unknown), (DIRECT, Fate::Through(0))];
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
    let fates = [(SOCKET, Fate::Fails(0)), (FAR, Fate::Through(0)), (SESSION, Fate::Fails(600))];
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
