//! Whole clients without a page (engine, driver, network, and a store in memory) and the real program:
//! what is written to somebody who is away, while the relay is killed and its disk is full.

use std::{
    cell::RefCell, collections::BTreeMap, net::Ipv4Addr, path::Path, rc::Rc, time::Duration,
};

use futures::{FutureExt, StreamExt, channel::mpsc};
use libp2p::Transport;
use tokio::{
    task::{JoinHandle, LocalSet, spawn_local},
    time::{sleep, timeout},
};
use volly_core::{
    api::{
        AcceptInvite, Call, ContactId, CreateInvite, Event, GetSnapshot, MessageId, MessageState,
        Notice, SendText, Start,
    },
    driver::{
        Network, SystemClock,
        lead::{Leader, Witness},
    },
    engine::Engine,
    net::{self, Bootstrap, Config},
    rpc::{
        PortId, ToServer,
        client::{Client, Output},
    },
    store::memory::Memory,
};

use crate::{
    process::{Process, Shell},
    support::{get, web_socket::Dialer},
};

const SENDERS: usize = 10;
const MESSAGES: usize = 100;
/// How often the relay is killed meanwhile.
const KILLS: usize = 5;

/// The round in which its disk is full, and for how long.
const FULL_IN: usize = 2;
const FULL_FOR: Duration = Duration::from_secs(4);

/// What takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// Somebody whose database is always there.
struct Known;

impl Witness for Known {
    fn knows_identity(&self) -> bool {
        false
    }

    fn identity_exists(&self) {}

    fn epoch(&self) -> u64 {
        0
    }

    fn started(&self, _: u64) {}

    fn takes_older(&self) -> bool {
        false
    }
}

/// What somebody was told.
#[derive(Default)]
struct Seen {
    /// Texts of others, by who wrote them.
    texts: BTreeMap<ContactId, Vec<(MessageId, String)>>,
    /// How far our own have come, by sequence.
    states: BTreeMap<(ContactId, u64), MessageState>,
}

/// Somebody whose app is open.
struct Person {
    client: Rc<RefCell<Client>>,
    calls: mpsc::Sender<ToServer>,
    seen: Rc<RefCell<Seen>>,
    task: JoinHandle<()>,
}

impl Drop for Person {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Person {
    /// Opens the app on what the store holds.
    fn open(store: &'static Memory, port: u64, relay: &Bootstrap) -> Self {
        let client = Rc::new(RefCell::new(Client::connect(PortId(port))));
        let (calls, receiver) = mpsc::channel(1_024);
        let seen: Rc<RefCell<Seen>> = Rc::default();
        let publish = {
            let (client, calls, seen) = (Rc::clone(&client), calls.clone(), Rc::clone(&seen));
            Rc::new(move |message| {
                client.borrow_mut().receive(message);
                pump(&client, &calls, &seen);
            })
        };
        let relay = relay.clone();
        let start_network = move || {
            let relay = relay.clone();
            let config = Config {
                sockets: Dialer(Ipv4Addr::UNSPECIFIED)
                    .map(|socket, _| Box::new(socket) as net::Socket)
                    .boxed(),
                sessions: None,
                fetch: Box::new(move || futures::future::ready(Ok(relay.clone())).boxed_local()),
                known: Vec::new(),
                remember: Box::new(|_| {}),
                negotiate: None,
                signals: futures::stream::pending().boxed_local(),
            };
            let handle = net::start(config, |task| drop(spawn_local(task)));
            Network { actions: handle.actions, events: handle.events }
        };
        let task = spawn_local(async move {
            let mut calls = receiver;
            let (clock, witness) = (SystemClock, Rc::new(Known));
            let leader = Leader { store, clock: &clock, witness, calls: &mut calls };
            leader.lead::<Engine>(&(publish as Rc<_>), start_network).await;
        });
        Self { client, calls, seen, task }
    }

    async fn call<C: Call>(&self, call: C) -> C::Reply {
        let answer = self.client.borrow_mut().call(call.into()).unwrap();
        pump(&self.client, &self.calls, &self.seen);
        let reply = timeout(PATIENCE, answer).await.unwrap().unwrap().unwrap();
        let reply: Result<C::Reply, volly_core::api::ApiError> =
            postcard::from_bytes(&reply).unwrap();
        reply.unwrap()
    }

    /// All texts that came, by who wrote them.
    fn texts(&self) -> usize {
        self.seen.borrow().texts.values().map(Vec::len).sum()
    }

    /// Texts of ours that a relay keeps.
    fn deposited(&self) -> usize {
        let seen = self.seen.borrow();
        seen.states.values().filter(|state| **state >= MessageState::Deposited).count()
    }
}

/// Does what the view's end wants done.
fn pump(client: &RefCell<Client>, calls: &mpsc::Sender<ToServer>, seen: &RefCell<Seen>) {
    loop {
        let output = client.borrow_mut().poll_output();
        match output {
            Some(Output::Send(message)) => calls.clone().try_send(message).unwrap(),
            Some(Output::Notice(Notice::Event(event))) => seen.borrow_mut().take(event),
            Some(Output::Notice(_)) => {}
            None => return,
        }
    }
}

impl Seen {
    fn take(&mut self, event: Event) {
        match event {
            Event::Message(contact, message) => match message.state {
                None => {
                    let texts = self.texts.entry(contact).or_default();
                    texts.push((message.id, message.text));
                }
                Some(state) => self.reach(contact, message.id.sequence, state),
            },
            Event::Progress(contact, steps) => {
                for step in steps {
                    for sequence in step.first..=step.last {
                        self.reach(contact, sequence, step.state);
                    }
                }
            }
            _ => {}
        }
    }

    fn reach(&mut self, contact: ContactId, sequence: u64, state: MessageState) {
        let known = self.states.entry((contact, sequence)).or_insert(state);
        *known = (*known).max(state);
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds().await {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

async fn bootstrap(process: &Process) -> Bootstrap {
    let address = ([127, 0, 0, 1], process.port).into();
    let document = get(address, "GET", "/bootstrap.json").await;
    let (_, peer) = document.split_once("\"peer\":\"").unwrap();
    let (peer, _) = peer.split_once('"').unwrap();
    let address = format!("/ip4/127.0.0.1/tcp/{}/ws", process.port);
    Bootstrap::new(peer, [address.as_str()]).unwrap()
}

fn disk() -> &'static Memory {
    Box::leak(Box::default())
}

/// A thousand texts from ten people to one who is away, over everything that a relay goes through.
#[tokio::test]
async fn what_ten_people_write_to_one_who_is_away_comes_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    LocalSet::new().run_until(write_to_one_who_is_away(folder.path())).await;
}

async fn write_to_one_who_is_away(folder: &Path) {
    let mut process = Process::start_with(folder, "error");
    let (port, relay) = (process.port, bootstrap(&process).await);
    let receivers = disk();
    let receiver = Person::open(receivers, 0, &relay);
    receiver.call(Start { name: "Zoe".into() }).await;
    let mut senders = Vec::new();
    for number in 1..=SENDERS {
        let invite = receiver.call(CreateInvite {}).await;
        let sender = Person::open(disk(), number as u64, &relay);
        sender.call(Start { name: format!("Sender {number}") }).await;
        let link = format!("https://volly.example/#{}", invite.fragment);
        until("the invite is published", async || {
            let open = receiver.call(GetSnapshot {}).await.invites;
            open.iter()
                .any(|it| it.id == invite.id && it.state == volly_core::api::InviteState::Open)
        })
        .await;
        let (_, contact) = sender.call(AcceptInvite { link, confirm: true }).await;
        senders.push((sender, contact.unwrap()));
    }
    for (sender, contact) in &senders {
        until("they have met", async || {
            let snapshot = sender.call(GetSnapshot {}).await;
            let known = snapshot.contacts.iter().find(|it| it.id == *contact);
            known.is_some_and(|it| it.state == volly_core::api::ContactState::Established)
        })
        .await;
    }
    drop(receiver);

    // Everybody writes at once; the relay is killed again and again, and once its disk takes no more.
    let deposited = || senders.iter().map(|(sender, _)| sender.deposited()).sum::<usize>();
    for round in 0..KILLS {
        let is_full = round == FULL_IN;
        if is_full {
            drop(process);
            let shell = Shell::full_after(&folder.join("mailbox.redb"));
            process = Process::start_at(folder, port, &shell);
        }
        for number in round * MESSAGES / KILLS..(round + 1) * MESSAGES / KILLS {
            for (at, (sender, contact)) in senders.iter().enumerate() {
                let text = format!("{at} {number} {}", "and so on ".repeat(900));
                sender.call(SendText { contact: *contact, text, answers: None, token: 0 }).await;
            }
        }
        if is_full {
            sleep(FULL_FOR).await;
            let all = SENDERS * (round + 1) * MESSAGES / KILLS;
            let done = deposited();
            assert!(done < all, "a full disk took {done} of {all}");
        }
        drop(process);
        process = Process::start_at(folder, port, &Shell::default());
    }
    until("relays keep all of it", async || deposited() == SENDERS * MESSAGES).await;

    let receiver = Person::open(receivers, 99, &relay);
    until("all of it is there", async || receiver.texts() >= SENDERS * MESSAGES).await;
    // What comes twice would come now.
    sleep(Duration::from_millis(500)).await;
    let seen = receiver.seen.borrow();
    assert_eq!(seen.texts.len(), SENDERS);
    for texts in seen.texts.values() {
        // The screen has them in the order of their ids, whatever came first.
        let mut texts = texts.clone();
        texts.sort();
        let (_, first) = &texts[0];
        let sender = first.split(' ').next().unwrap();
        let begins = |(number, (_, text)): (usize, &(MessageId, String))| {
            text.starts_with(&format!("{sender} {number} "))
        };
        assert_eq!(texts.len(), MESSAGES);
        assert!(texts.iter().enumerate().all(begins), "in order");
    }
}
