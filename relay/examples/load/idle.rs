//! Clients that are there and do nothing: connected, reserved, their mailbox stream subscribed.

use std::time::Duration;

use futures::{StreamExt, stream};
use libp2p::multiaddr::Protocol;
use volly_core::{
    address::{AddressKeys, Direction, Purpose},
    crypto::secret::Secret,
    wire::mailbox::{Op, Status},
};

use crate::{
    Figures,
    client::Client,
    process::Process,
    support::{Mailbox, multiaddr},
};

/// Clients that come at the same time.
const AT_ONCE: usize = 16;

/// Mailboxes of each: yesterday's, today's and tomorrow's of one contact.
const MAILBOXES: u32 = 3;

/// Time for what the last arrival leaves to do.
const SETTLE: Duration = Duration::from_secs(3);

pub(crate) async fn measure(relay: Process, port: u16, clients: u32, rest: Duration) -> Figures {
    let (resident, busy) = (relay.resident(), relay.busy());
    let mailboxes =
        stream::iter(0..clients).map(|client| tokio::spawn(come(port, client))).buffered(AT_ONCE);
    let mailboxes: Vec<_> = mailboxes.map(Result::unwrap).collect().await;
    tokio::time::sleep(SETTLE).await;
    let there = relay.busy();
    let at_first = relay.resident();
    tokio::time::sleep(rest).await;
    let (stayed, after) = (relay.busy(), relay.resident());
    drop(mailboxes);
    let clients = u64::from(clients);
    let each = |time: Duration| u64::try_from(time.as_micros()).unwrap() / clients;
    vec![
        ("before", resident),
        ("arrived", at_first),
        ("after", after),
        ("bytesEach", after.saturating_sub(resident) / clients),
        ("arrivalMicrosecondsEach", each(there - busy)),
        ("restMicrosecondsEach", each(stayed - there)),
    ]
}

async fn come(port: u16, number: u32) -> Mailbox {
    let mut client = Client::new(number);
    let relay = client.dial(multiaddr(port)).await;
    client.reserve(multiaddr(port).with(Protocol::P2p(relay))).await;
    let control = client.control();
    let mut mailbox = Mailbox::over(control, relay, client.run()).await.unwrap();
    for day in 0..MAILBOXES {
        let mut seed = [1; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        let secret = Secret::new(seed);
        let keys = AddressKeys::derive(&secret, Purpose::Mailbox, Direction::Forth, day);
        let subscribe = Op::subscribe(&keys, &mailbox.nonce);
        assert_eq!(mailbox.ask(subscribe).await.0, Status::Done);
    }
    mailbox
}
