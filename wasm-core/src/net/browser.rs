//! What the network needs of a browser: the bootstrap document of the page's origin, and what the
//! system tells of its network and of the page.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, channel::mpsc};
use js_sys::{Array, Reflect};
use libp2p::{Transport, core::transport::OptionalTransport};
use libp2p_webtransport_websys as webtransport;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, EventTarget, RequestCache, RequestInit, Response, VisibilityState};

use super::{
    Bootstrap, BootstrapError, Config, Connectivity, Relay, Sessions, Signal, Socket,
    sleep::Sleep,
    stun,
    swarm::either,
    web_socket::WebSockets,
    webrtc::{WebRtcDirect, negotiate},
};
use crate::{
    limits::MAX_OTHER_RELAYS,
    platform::{
        page::{self, Listener},
        time,
    },
};

/// The version of the document (protocol.md §13).
const VERSION: f64 = 1.0;

/// Signals that wait; a later one of the same kind says more than an earlier one.
const MAX_SIGNALS: usize = 16;

impl Config {
    /// For the page that calls it, with the relay that serves the page.
    #[must_use]
    pub fn browser() -> Self {
        // Of the latest document: a relay that comes back may have another.
        let stun = Rc::<RefCell<Vec<String>>>::default();
        let known = Rc::clone(&stun);
        Self {
            sockets: WebSockets::default().map(|stream, _| Box::new(stream) as Socket).boxed(),
            sessions: sessions(),
            fetch: Box::new(move || fetch(Rc::clone(&known)).boxed_local()),
            known: recall(),
            remember: Box::new(remember),
            negotiate: Some(Box::new(move |role, stream| {
                negotiate(role, stream, stun.borrow().clone()).boxed_local()
            })),
            signals: Signals::listen().boxed_local(),
        }
    }
}

/// Where the relays are kept that are known: one line each, its PeerId and its addresses with spaces
/// between (docs/storage.md).
const RELAYS: &str = "volly.relays";

fn recall() -> Vec<Relay> {
    let text = page::recall(RELAYS).unwrap_or_default();
    let relays = text.lines().take(MAX_OTHER_RELAYS + 1).filter_map(|line| {
        let (peer, addresses) = line.split_once(' ')?;
        Relay::new(peer, addresses.split(' ')).ok()
    });
    relays.collect()
}

fn remember(relays: &[Relay]) {
    let line = |relay: &Relay| {
        let addresses = relay.addresses.iter().map(|address| format!(" {address}"));
        format!("{}{}\n", relay.peer, addresses.collect::<String>())
    };
    page::remember(RELAYS, &relays.iter().map(line).collect::<String>());
}

/// WebTransport and WebRTC-direct, where the browser has them.
fn sessions() -> Option<Sessions> {
    let has = |name: &str| Reflect::has(&page::window(), &name.into()).unwrap_or_default();
    let (webtransport, webrtc) = (has("WebTransport"), has("RTCPeerConnection"));
    (webtransport || webrtc).then(|| -> Sessions {
        Box::new(move |key| {
            let quic = webtransport
                .then(|| webtransport::Transport::new(webtransport::Config::new(key)).boxed());
            let direct = webrtc.then(|| WebRtcDirect(key.clone()));
            either(optional(quic).or_transport(optional(direct)))
        })
    })
}

fn optional<T: Transport>(transport: Option<T>) -> OptionalTransport<T> {
    transport.map_or_else(OptionalTransport::none, OptionalTransport::some)
}

/// Ends a request that nobody waits for any more.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The document; its STUN responders are put into `stun`.
async fn fetch(stun: Rc<RefCell<Vec<String>>>) -> Result<Bootstrap, BootstrapError> {
    let document = fetch_document().await.map_err(|_| BootstrapError::NotFetched)?;
    let field = |name: &str| field(&document, name);
    if field("version").and_then(|version| version.as_f64()) != Some(VERSION) {
        return Err(BootstrapError::Malformed);
    }
    // A relay from before these fields has none.
    let urls = texts(&document, "stun").unwrap_or_default();
    let others = field("relays").and_then(|list| list.dyn_into::<Array>().ok()).unwrap_or_default();
    let others = others.iter().take(MAX_OTHER_RELAYS).filter_map(|other| relay(&other)?.ok());
    let host = page::window().location().hostname().unwrap_or_default();
    *stun.borrow_mut() = stun::usable(&host, urls.iter().map(String::as_str));
    let home = relay(&document).ok_or(BootstrapError::Malformed)??;
    Ok(Bootstrap { relay: home, others: Vec::new() }.naming(others))
}

fn field(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok()
}

fn texts(object: &JsValue, name: &str) -> Option<Vec<String>> {
    let list = field(object, name)?.dyn_into::<Array>().ok()?;
    Some(list.iter().filter_map(|text| text.as_string()).collect())
}

/// `None` when a field is missing.
fn relay(object: &JsValue) -> Option<Result<Relay, BootstrapError>> {
    let peer = field(object, "peer")?.as_string()?;
    Some(Relay::new(&peer, texts(object, "addresses")?.iter().map(String::as_str)))
}

async fn fetch_document() -> Result<JsValue, JsValue> {
    let abort = AbortOnDrop(AbortController::new()?);
    let init = RequestInit::new();
    init.set_cache(RequestCache::NoStore);
    init.set_signal(Some(&abort.0.signal()));
    let request = page::window().fetch_with_str_and_init("/bootstrap.json", &init);
    let response: Response = JsFuture::from(request).await?.dyn_into()?;
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    JsFuture::from(response.json()?).await
}

/// Listens to the page; stops when dropped.
struct Signals {
    received: mpsc::Receiver<Signal>,
    sleep: Sleep<fn() -> u64>,
    _listeners: Vec<Listener>,
}

impl Signals {
    fn listen() -> Self {
        let (mut sender, received) = mpsc::channel(MAX_SIGNALS);
        // A page that was opened without a network hears of no change.
        if !page::navigator().on_line() {
            let _ = sender.try_send(Signal::Connectivity(Connectivity::Offline));
        }
        let on = |target: EventTarget, event, signal: fn() -> Signal| {
            let mut sender = sender.clone();
            Listener::new(target, event, move |_| {
                let _ = sender.try_send(signal());
            })
        };
        let window = page::window();
        let mut listeners = vec![
            on(window.clone().into(), "online", || Signal::Connectivity(Connectivity::Online)),
            on(window.clone().into(), "offline", || Signal::Connectivity(Connectivity::Offline)),
            // A page that comes out of the back-forward cache has lost its sockets.
            on(window.clone().into(), "pageshow", || Signal::Visible),
        ];
        if let Some(document) = window.document() {
            listeners.push(on(document.into(), "visibilitychange", visibility));
        }
        Self { received, sleep: Sleep::new(time::now), _listeners: listeners }
    }
}

fn visibility() -> Signal {
    match page::window().document().map(|document| document.visibility_state()) {
        Some(VisibilityState::Hidden) => Signal::Hidden,
        _ => Signal::Visible,
    }
}

impl futures::Stream for Signals {
    type Item = Signal;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Signal>> {
        if let Poll::Ready(Some(slept)) = self.sleep.poll_next_unpin(cx) {
            return Poll::Ready(Some(Signal::Slept(slept)));
        }
        self.received.poll_next_unpin(cx)
    }
}
