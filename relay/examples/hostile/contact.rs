//! Becomes somebody's contact, with the real engine: only the way to the relay is made by hand.

use std::{collections::HashMap, time::Duration};

use futures::{AsyncReadExt, AsyncWriteExt, io::WriteHalf};
use getrandom::{SysRng, rand_core::UnwrapErr};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use tokio::{sync::mpsc, time::sleep};
use volly_core::{
    address::AddressKeys,
    api::{AcceptInvite, CallId, Start},
    crypto::secret::Secret,
    engine::{
        Engine,
        effect::{Effect, EnvelopeId, NetAction, Ticket},
        input::{Input, NetEvent, RelayError, RelayStatus, Timestamp},
    },
    wire::{
        frame,
        mailbox::{Frame, Nonce, Op, PROTOCOL, Record, Request, Status},
    },
};

/// Looks for something to do at least this often.
const TICK: Duration = Duration::from_millis(100);

/// What an answer of the relay is about.
enum Asked {
    Put(Ticket),
    Get(Ticket),
    Deposit(Ticket),
    Nothing,
}

pub(crate) struct Contact {
    engine: Engine,
    rng: UnwrapErr<SysRng>,
    frames: mpsc::Receiver<Frame>,
    stream: WriteHalf<Stream>,
    nonce: Nonce,
    asked: HashMap<u32, Asked>,
    subscriptions: HashMap<[u8; 32], AddressKeys>,
    next: u32,
    /// Where the victim is, and the key of the pair.
    reach: Option<(PeerId, Secret<32>)>,
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(u64::try_from(since.as_millis()).unwrap())
}

impl Contact {
    /// Opens the mailbox stream. `local` is the PeerId at which we can be dialled.
    pub(crate) async fn connect(mut control: Control, relay: PeerId, local: PeerId) -> Self {
        let stream = control.open_stream(relay, StreamProtocol::new(PROTOCOL)).await.unwrap();
        let (mut from, stream) = stream.split();
        let (give, mut frames) = mpsc::channel(64);
        tokio::spawn(async move {
            loop {
                let mut header = [0; frame::HEADER_BYTES];
                from.read_exact(&mut header).await.unwrap();
                let mut body = vec![0; frame::body_len(header).unwrap()];
                from.read_exact(&mut body).await.unwrap();
                if give.send(Frame::decode(&body).unwrap()).await.is_err() {
                    return;
                }
            }
        });
        let Some(Frame::Hello { nonce }) = frames.recv().await else { panic!("no greeting") };
        let mut engine = Engine::load(Vec::new(), now()).unwrap();
        let mut rng = UnwrapErr(SysRng);
        let (reserved, hosts) = (vec![relay.to_bytes()], Vec::new());
        let online = RelayStatus::Online { peer: local.to_bytes(), reserved, hosts };
        engine.handle(Input::Net(NetEvent::Relay(online)), now(), &mut rng);
        let (asked, subscriptions) = (HashMap::new(), HashMap::new());
        Self { engine, rng, frames, stream, nonce, asked, subscriptions, next: 0, reach: None }
    }

    /// Accepts the invite; where its maker is, and the key of the pair.
    pub(crate) async fn meet(&mut self, link: &str) -> (PeerId, Secret<32>) {
        let name = "Mallory".to_owned();
        self.handle(Input::Call(CallId(1), Start { name }.into()));
        self.settle().await;
        let accept = AcceptInvite { link: link.to_owned(), confirm: true };
        self.handle(Input::Call(CallId(2), accept.into()));
        loop {
            self.step().await;
            if let Some((peer, key)) = &self.reach {
                return (*peer, key.clone());
            }
        }
    }

    /// Goes on for ever.
    pub(crate) async fn stay(&mut self) {
        loop {
            self.step().await;
        }
    }

    fn handle(&mut self, input: Input) {
        self.engine.handle(input, now(), &mut self.rng);
    }

    async fn step(&mut self) {
        self.settle().await;
        tokio::select! {
            frame = self.frames.recv() => self.on_frame(frame.expect("the relay is there")),
            () = sleep(TICK) => self.handle(Input::Tick),
        }
    }

    /// Does what the engine wants done.
    async fn settle(&mut self) {
        let mut effects = Vec::new();
        loop {
            effects.extend(self.engine.poll_effect());
            let Some(effect) = effects.pop() else { return };
            match effect {
                Effect::Commit { id, then, .. } => {
                    for effect in then {
                        self.perform(effect).await;
                    }
                    self.handle(Input::Committed(id));
                }
                effect => self.perform(effect).await,
            }
        }
    }

    async fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Net(action) => self.act(action).await,
            Effect::Scan(_) => self.handle(Input::Scanned(Some(Vec::new()))),
            _ => {}
        }
    }

    async fn act(&mut self, action: NetAction) {
        let nonce = self.nonce;
        let (asked, op) = match action {
            NetAction::PutRecord { ticket, keys, sequence, lifetime, value } => {
                (Asked::Put(ticket), Op::put_record(&keys, sequence, lifetime, value))
            }
            NetAction::GetRecord { ticket, keys } => {
                (Asked::Get(ticket), Op::get_record(&keys, &nonce))
            }
            NetAction::Deposit { ticket, keys, id: EnvelopeId(id), lifetime, envelope } => {
                (Asked::Deposit(ticket), Op::deposit(&keys, id, lifetime, envelope))
            }
            NetAction::Subscribe(keys) => {
                let op = Op::subscribe(&keys, &nonce);
                self.subscriptions.insert(keys.address(), keys);
                (Asked::Nothing, op)
            }
            NetAction::Acknowledge { address, id: EnvelopeId(id) } => {
                let Some(keys) = self.subscriptions.get(&address) else { return };
                (Asked::Nothing, Op::acknowledge(keys, id))
            }
            NetAction::ReachDirect { peer, key, .. } => {
                if let Ok(peer) = PeerId::from_bytes(&peer) {
                    self.reach = Some((peer, key));
                }
                return;
            }
            _ => return,
        };
        self.next += 1;
        self.asked.insert(self.next, asked);
        let body = Request { id: self.next, op }.encode();
        self.stream.write_all(&frame::framed(&body)).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    fn on_frame(&mut self, frame: Frame) {
        let event = match frame {
            Frame::Push { address, id, envelope } => {
                NetEvent::Arrived { address, id: EnvelopeId(id), envelope }
            }
            Frame::Reply { id, status, payload } => {
                let done = if status == Status::Done { Ok(()) } else { Err(RelayError::Refused) };
                match self.asked.remove(&id).unwrap() {
                    Asked::Put(ticket) => NetEvent::RecordPut(ticket, done),
                    Asked::Deposit(ticket) => NetEvent::Deposited(ticket, done),
                    Asked::Get(ticket) => {
                        let record = Record::decode(&payload).ok();
                        NetEvent::RecordGot(ticket, Ok(record.filter(|_| done.is_ok())))
                    }
                    Asked::Nothing => return,
                }
            }
            Frame::Hello { .. } => return,
        };
        self.handle(Input::Net(event));
    }
}
