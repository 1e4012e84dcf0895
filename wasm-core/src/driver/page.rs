//! The engine as a page sees it: it does not know which tab runs it.
//!
//! Every tab waits for the lock `volly-engine`. Its holder leads: it opens the store, drives the
//! engine and answers all tabs, its own through a queue, the others over the BroadcastChannel
//! `volly`. When it goes, even by a crash, the browser gives the lock to the next tab in the
//! queue. Invariant: only the holder of the lock touches the database.

use core::{
    cell::{Cell, RefCell},
    future::Future,
};
use std::rc::Rc;

use futures::{
    channel::{mpsc, oneshot},
    future::{AbortHandle, Either, abortable, select},
};
use js_sys::Uint8Array;
use rand_core::Rng;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use locking::{HEARD_WITHIN, ToServerCall};
use witness::LocalStorage;

use super::{
    Machine, Network, SystemClock,
    lead::{Leader, failure},
};
use crate::{
    api::{ApiError, Call, KeyError, Notice, Request, StartFailure},
    crypto::secret::Secret,
    key_wrap::job::{JobError, answer},
    limits::{MAX_CALLS, MAX_PORT_BYTES},
    platform::{
        entropy::system_rng,
        executor::spawn,
        lock,
        page::{self, Listener},
        time, worker,
    },
    rpc::{
        DatabaseKey, PortId, RunId, ToClients, ToServer,
        client::{Client, Output},
        frame::{Frame, FrameError},
        server::{Publish, refusal},
    },
    store::{StoreError, indexed_db::IndexedDb},
};

mod backups;
mod locking;
mod witness;

/// Whether this program was started to do the slow work with one passphrase, in a worker. It does, and
/// there is no page.
#[must_use]
pub fn serve_as_worker() -> bool {
    worker::serve(|job| answer(job, &mut system_rng()))
}

impl From<JobError> for KeyError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Rejected => Self::Rejected,
            JobError::OutOfMemory => Self::OutOfMemory,
            JobError::Empty => Self::Empty,
            JobError::TooLong => Self::TooLong,
            JobError::Unassigned => Self::Unassigned,
            JobError::NoAnswer => Self::NotTried,
        }
    }
}

/// The way to the engine. Clones are cheap and mean the same engine; when the last one is dropped
/// the tab stops leading.
#[derive(Clone, Debug)]
pub struct Core {
    tab: Rc<Tab>,
    _life: Rc<Life>,
}

impl Core {
    /// Connects to the engine of this browser, and runs a `M` here when no other tab does.
    ///
    /// Returns at once; `on_notice` is called from then on, never from within this call.
    /// `name` is what the lock, the channel, the database and the witness are called; all tabs use
    /// the same. `start_network` is asked for a network layer for each engine that starts here.
    #[must_use]
    pub fn open_with<M: Machine + 'static>(
        name: &str,
        start_network: impl FnMut() -> Network + 'static,
        on_notice: impl Fn(Notice) + 'static,
    ) -> Self {
        let tab = Tab::new(name, Box::new(on_notice));
        let listeners = listen(&tab);
        let (task, abort) = abortable(run::<M>(Rc::clone(&tab), start_network));
        spawn(async move {
            // Aborted or not: the tab does not lead any more.
            let _ = task.await;
        });
        let channel = tab.channel.clone();
        Self { tab, _life: Rc::new(Life { abort, channel, _listeners: listeners }) }
    }

    /// Asks the engine, at once; the future is the answer. Calls made before [`Notice::Ready`] wait
    /// for it.
    ///
    /// # Errors
    ///
    /// What the engine answered; [`ApiError::EngineMoved`] when the tab that ran it closed before
    /// it answered and asking again could do something twice; [`ApiError::Limit`] when too many
    /// calls wait.
    pub fn call<C: Call>(
        &self,
        call: C,
    ) -> impl Future<Output = Result<C::Reply, ApiError>> + use<C> {
        let answer = self.tab.client.borrow_mut().call(call.into());
        self.tab.pump();
        async move {
            let reply = answer?.await.map_err(|_| ApiError::EngineMoved)??;
            postcard::from_bytes::<Result<C::Reply, ApiError>>(&reply)
                .map_err(|_| ApiError::Unreadable)?
        }
    }

    /// After [`StartFailure::DatabaseVanished`]: gives the old identity up in this browser, and
    /// starts with an empty database. A recovery phrase brings the identity back from there.
    pub fn forget_and_start_anew(&self) {
        self.tab.witness.forget();
        self.tab.try_again();
    }

    /// After [`StartFailure::DatabaseOlder`]: goes on with what is there, with new sessions.
    pub fn go_on_with_older(&self) {
        page::remember(&self.tab.witness.flag("older"), "1");
        self.tab.try_again();
    }
}

/// Ends with the last handle.
#[derive(Debug)]
struct Life {
    abort: AbortHandle,
    channel: BroadcastChannel,
    _listeners: Vec<Listener>,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.abort.abort();
        self.channel.close();
    }
}

/// This tab's end of the calls, and the engine's end while it leads.
struct Tab {
    name: String,
    witness: Rc<LocalStorage>,
    client: RefCell<Client>,
    channel: BroadcastChannel,
    /// The database, while this tab leads.
    store: RefCell<Option<Rc<IndexedDb>>>,
    /// Its key, while it is under a passphrase that was typed.
    key: RefCell<Option<Secret<32>>>,
    /// Ends the engine of this tab.
    stop: RefCell<Option<oneshot::Sender<()>>>,
    /// The engine's queue, while this tab leads.
    server: RefCell<Option<mpsc::Sender<ToServer>>>,
    /// Another tab has asked this one something: it wants to hear what happens.
    has_audience: Cell<bool>,
    /// The run that this tab has announced.
    run: Cell<Option<RunId>>,
    /// Wakes a tab that has failed to lead.
    again: RefCell<Option<oneshot::Sender<()>>>,
    /// It is to lead again, whether it waits to be woken or is still failing.
    wanted: Cell<bool>,
    pumping: Cell<bool>,
    on_notice: Box<dyn Fn(Notice)>,
}

impl core::fmt::Debug for Tab {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tab").field("leads", &self.leads()).finish_non_exhaustive()
    }
}

impl Tab {
    fn new(name: &str, on_notice: Box<dyn Fn(Notice)>) -> Rc<Self> {
        Rc::new(Self {
            name: name.to_owned(),
            witness: Rc::new(LocalStorage(format!("{name}.identity"))),
            client: RefCell::new(Client::connect(PortId(system_rng().next_u64()))),
            channel: BroadcastChannel::new(name).expect("the constructor takes any name"),
            store: RefCell::new(None),
            key: RefCell::new(None),
            stop: RefCell::new(None),
            server: RefCell::new(None),
            has_audience: Cell::new(false),
            run: Cell::new(None),
            again: RefCell::new(None),
            wanted: Cell::new(false),
            pumping: Cell::new(false),
            on_notice,
        })
    }

    fn leads(&self) -> bool {
        self.server.borrow().is_some()
    }

    /// Does what the client wants done. A notice may make calls; they are taken by the outer loop.
    fn pump(self: &Rc<Self>) {
        if self.pumping.replace(true) {
            return;
        }
        loop {
            let output = self.client.borrow_mut().poll_output();
            match output {
                Some(Output::Notice(notice)) => (self.on_notice)(notice),
                Some(Output::Send(message)) if self.leads() => Self::serve(self, message),
                Some(Output::Send(message)) => self.post(&Frame::ToServer(message)),
                None => break,
            }
        }
        self.pumping.set(false);
    }

    fn tell_client(self: &Rc<Self>, message: ToClients) {
        self.client.borrow_mut().receive(message);
        self.pump();
    }

    fn post(&self, frame: &Frame) {
        // Fails for a closed channel alone: the page has given the engine up.
        let _ = self.channel.post_message(&Uint8Array::from(frame.encode().as_slice()));
    }

    /// Puts a message into the engine's queue; refuses a call when that is full.
    fn serve(self: &Rc<Self>, message: ToServer) {
        let message = match message {
            ToServer::Lock => return self.stop(),
            ToServer::Call { run, port, call, request: Request::SetLock(change) } => {
                return self.set_lock(ToServerCall { run, port, call }, change);
            }
            message => message,
        };
        // The queue is let go before anybody is told: a view may answer at once with a call.
        let sent = self.server.borrow_mut().as_mut().map(|queue| queue.try_send(message));
        let Some(Err(full)) = sent else { return };
        if let (ToServer::Call { port, call, .. }, Some(run)) = (full.into_inner(), self.run.get())
        {
            let max = u32::try_from(MAX_CALLS).unwrap_or(u32::MAX);
            let reply = refusal(ApiError::Limit { max });
            self.publish(ToClients::Reply { run, port, call, reply });
        }
    }

    /// Tells every view, this page's own among them.
    fn publish(self: &Rc<Self>, message: ToClients) {
        if let ToClients::Up { run, .. } = message {
            self.run.set(Some(run));
        }
        // A view that was not told of an event finds the gap, so one that has never asked may be
        // left out.
        let is_news = matches!(message, ToClients::Event { .. } | ToClients::Reply { .. });
        let frame = Frame::ToClients(message);
        if self.has_audience.get() || !is_news {
            self.post(&frame);
        }
        if let Frame::ToClients(message) = frame {
            self.tell_client(message);
        }
    }

    fn on_message(self: &Rc<Self>, event: &JsValue) {
        let Some(data) = event.dyn_ref::<MessageEvent>().map(MessageEvent::data) else { return };
        let Ok(data) = data.dyn_into::<Uint8Array>() else { return };
        if data.length() as usize > MAX_PORT_BYTES {
            return;
        }
        match (Frame::decode(&data.to_vec()), self.leads()) {
            (Ok(Frame::ToServer(message)), true) => {
                self.has_audience.set(true);
                self.share_key();
                self.serve(message);
            }
            // An answer in our layout tells the view of another build that it cannot read it.
            (Err(FrameError::OtherView), true) => self.serve(ToServer::Hello),
            (Ok(Frame::ToClients(ToClients::Key(key))), false) => self.take_key(&key),
            (Ok(Frame::ToClients(message)), false) => {
                if matches!(message, ToClients::Failed(StartFailure::Locked)) {
                    self.key.take();
                }
                let is_up = matches!(message, ToClients::Up { .. });
                self.tell_client(message);
                if is_up {
                    self.try_again();
                }
            }
            (Err(FrameError::OtherEngine), false) => self.fail(StartFailure::OtherVersion),
            _ => {}
        }
    }

    fn fail(self: &Rc<Self>, failure: StartFailure) {
        self.client.borrow_mut().fail(failure);
        self.pump();
    }

    /// Lets a tab that has failed wait for the lock again.
    fn try_again(&self) {
        self.wanted.set(true);
        if let Some(again) = self.again.take() {
            // The task that waits ends with the page only.
            let _ = again.send(());
        }
    }

    /// Leads until no engine can be started.
    async fn lead<M: Machine>(
        self: &Rc<Self>,
        start_network: &mut impl FnMut() -> Network,
    ) -> StartFailure {
        let (queue, mut calls) = mpsc::channel(MAX_CALLS);
        self.server.replace(Some(queue));
        self.publish(ToClients::Starting);
        let failure = match self.open_store().await {
            Err(error) => failure(error),
            Ok(store) => {
                let (clock, witness) = (&SystemClock, Rc::clone(&self.witness));
                let tab = Rc::clone(self);
                let publish: Publish = Rc::new(move |message| tab.publish(message));
                let (stop, stopped) = oneshot::channel::<()>();
                self.stop.replace(Some(stop));
                let leader = Leader { store: &*store, clock, witness, calls: &mut calls };
                let leading = Box::pin(leader.lead::<M>(&publish, start_network));
                match select(leading, stopped).await {
                    Either::Left((failure, _)) => failure,
                    Either::Right(_) => StartFailure::Locked,
                }
            }
        };
        self.store.take();
        self.stop.take();
        if failure == StartFailure::Locked && !self.wanted.get() {
            self.key.take();
        }
        self.publish(ToClients::Failed(failure));
        self.server.take();
        failure
    }
}

/// Waits for the lock and leads, again after each failure that somebody has done something about.
async fn run<M: Machine>(tab: Rc<Tab>, mut start_network: impl FnMut() -> Network) {
    tab.pump();
    loop {
        let (again, wait) = oneshot::channel();
        match lock::acquire(&format!("{}-engine", tab.name)).await {
            Ok(guard) => {
                tab.wanted.set(false);
                if tab.lead::<M>(&mut start_network).await == StartFailure::Locked {
                    // Every tab has heard of it before the next one leads.
                    time::sleep(HEARD_WITHIN).await;
                }
                drop(guard);
            }
            Err(lock::Missing) => tab.fail(StartFailure::WebLocksMissing),
        }
        if tab.wanted.take() {
            // Somebody has done something about it while it failed.
            continue;
        }
        tab.again.replace(Some(again));
        // The sender lives in the tab, and this task holds the tab.
        let _ = wait.await;
    }
}

/// Listens to the channel and to the page's waking.
fn listen(tab: &Rc<Tab>) -> Vec<Listener> {
    let weak = Rc::downgrade(tab);
    let mut listeners = page::on_wake(move || {
        if let Some(tab) = weak.upgrade() {
            tab.client.borrow_mut().wake();
            tab.pump();
        }
    });
    let weak = Rc::downgrade(tab);
    listeners.push(Listener::new(tab.channel.clone().into(), "message", move |event| {
        if let Some(tab) = weak.upgrade() {
            tab.on_message(&event);
        }
    }));
    listeners
}

#[cfg(feature = "net")]
mod volly {
    use super::{Core, Network, Notice, spawn};
    use crate::{engine::Engine, net};

    impl Core {
        /// Connects to Volly's engine of this browser, and runs it here when no other tab does.
        ///
        /// Returns at once; `on_notice` is called from then on, never from within this call.
        #[must_use]
        pub fn open(on_notice: impl Fn(Notice) + 'static) -> Self {
            Self::open_with::<Engine>("volly", start_network, on_notice)
        }
    }

    fn start_network() -> Network {
        let net::Handle { actions, events } = net::start(net::Config::browser(), spawn);
        Network { actions, events }
    }
}
