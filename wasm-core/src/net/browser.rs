//! What the network needs of a browser: the bootstrap document of the page's origin, and what the
//! system tells of its network and of the page.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt, StreamExt, channel::mpsc};
use js_sys::{Array, Reflect};
use libp2p::Transport as _;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, EventTarget, RequestCache, RequestInit, Response, VisibilityState};

use super::{
    Bootstrap, BootstrapError, Config, Connectivity, Signal, Socket, web_socket::WebSockets,
    webrtc::negotiate,
};
use crate::platform::page::{self, Listener};

/// The version of the document (protocol.md §13).
const VERSION: f64 = 1.0;

/// Signals that wait; a later one of the same kind says more than an earlier one.
const MAX_SIGNALS: usize = 16;

impl Config {
    /// For the page that calls it, with the relay that serves the page.
    #[must_use]
    pub fn browser() -> Self {
        Self {
            sockets: WebSockets::default().map(|stream, _| Box::new(stream) as Socket).boxed(),
            fetch: Box::new(|| fetch().boxed_local()),
            negotiate: Some(Box::new(|role, stream| negotiate(role, stream).boxed_local())),
            signals: Signals::listen().boxed_local(),
        }
    }
}

/// Ends a request that nobody waits for any more.
struct AbortOnDrop(AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn fetch() -> Result<Bootstrap, BootstrapError> {
    let document = fetch_document().await.map_err(|_| BootstrapError::NotFetched)?;
    let field = |name: &str| Reflect::get(&document, &name.into()).ok();
    if field("version").and_then(|version| version.as_f64()) != Some(VERSION) {
        return Err(BootstrapError::Malformed);
    }
    let peer = field("peer").and_then(|peer| peer.as_string());
    let addresses = field("addresses").and_then(|addresses| addresses.dyn_into::<Array>().ok());
    let (Some(peer), Some(addresses)) = (peer, addresses) else {
        return Err(BootstrapError::Malformed);
    };
    let addresses: Vec<_> = addresses.iter().filter_map(|address| address.as_string()).collect();
    Bootstrap::new(&peer, addresses.iter().map(String::as_str))
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
        Self { received, _listeners: listeners }
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
        self.received.poll_next_unpin(cx)
    }
}
