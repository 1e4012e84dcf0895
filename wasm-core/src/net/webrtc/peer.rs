//! An `RTCPeerConnection`: what it finds and gets waits here until somebody asks.

use std::{
    cell::RefCell,
    collections::VecDeque,
    io,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::FutureExt;
use futures_timer::Delay;
use js_sys::{Array, Function, JSON, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    RtcConfiguration, RtcDataChannel, RtcDataChannelEvent, RtcDataChannelInit, RtcIceCandidateInit,
    RtcIceServer, RtcPeerConnection, RtcPeerConnectionIceEvent, RtcPeerConnectionState, RtcSdpType,
    RtcSessionDescriptionInit,
};

use super::data_channel::DataChannel;
use crate::platform::page::{self, Listener};

/// Candidates of ours, and of theirs. A machine with many networks has a dozen.
pub(super) const MAX_CANDIDATES: usize = 64;

/// Channels that the other side has opened and nobody has taken; the next is closed.
const MAX_CHANNELS: usize = 32;

/// The channel that is there so that the SDP is about something; it never carries a stream.
const INIT: &str = "init";

/// How long a connection may be without a path before it counts as lost. Lower: a short gap costs a
/// new negotiation. Higher: what is sent meanwhile waits for the mailbox.
const GRACE: Duration = Duration::from_secs(5);

#[derive(Default)]
struct Shared {
    candidates: VecDeque<String>,
    found: usize,
    channels: VecDeque<DataChannel>,
    waker: Option<Waker>,
}

impl Shared {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// See the module.
pub(super) struct Peer {
    connection: RtcPeerConnection,
    shared: Rc<RefCell<Shared>>,
    /// Runs while there is no path.
    grace: Option<Delay>,
    _listeners: [Listener; 4],
}

impl Peer {
    /// One that asks these STUN responders (RFC 7064) under which address it is seen.
    ///
    /// # Errors
    ///
    /// When the browser makes none.
    pub(super) fn new(stun: &[String]) -> io::Result<Self> {
        let connection = RtcPeerConnection::new_with_configuration(&configuration(stun));
        let connection = connection.map_err(refused)?;
        let shared = Rc::<RefCell<Shared>>::default();
        let on = |event, handle: fn(&mut Shared, JsValue)| {
            let shared = Rc::clone(&shared);
            Listener::new(connection.clone().into(), event, move |event| {
                let mut shared = shared.borrow_mut();
                handle(&mut shared, event);
                shared.wake();
            })
        };
        let leaving = {
            let (connection, shared) = (connection.clone(), Rc::clone(&shared));
            // Or the other side takes us for present until it has not heard of us for a while.
            Listener::new(page::window().into(), "pagehide", move |_| {
                connection.close();
                shared.borrow_mut().wake();
            })
        };
        let listeners = [
            leaving,
            on("icecandidate", found),
            on("datachannel", opened),
            on("connectionstatechange", |_, _| {}),
        ];
        Ok(Self { connection, shared, grace: None, _listeners: listeners })
    }

    /// Wakes the task when anything has come.
    pub(super) fn register(&self, cx: &Context<'_>) {
        self.shared.borrow_mut().waker = Some(cx.waker().clone());
    }

    /// The next candidate of ours, as JSON.
    pub(super) fn take_candidate(&self) -> Option<String> {
        self.shared.borrow_mut().candidates.pop_front()
    }

    /// The next channel that the other side has opened.
    pub(super) fn take_channel(&self) -> Option<DataChannel> {
        self.shared.borrow_mut().channels.pop_front()
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Connected
    }

    /// Ready when the connection is lost.
    pub(super) fn poll_lost(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        match self.connection.connection_state() {
            RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed => {}
            RtcPeerConnectionState::Disconnected => {
                let grace = self.grace.get_or_insert_with(|| Delay::new(GRACE));
                futures::ready!(grace.poll_unpin(cx));
            }
            _ => {
                self.grace = None;
                return Poll::Pending;
            }
        }
        Poll::Ready(io::ErrorKind::ConnectionAborted.into())
    }

    /// Opens the channel that is to be there before the offer.
    ///
    /// # Errors
    ///
    /// Those of the browser.
    pub(super) fn open_init(&self) -> io::Result<DataChannel> {
        self.create(INIT)
    }

    /// Opens a channel for a stream.
    ///
    /// # Errors
    ///
    /// Those of the browser: it has closed the connection, or no number is left.
    pub(super) fn open_channel(&self) -> io::Result<DataChannel> {
        self.create("")
    }

    /// Opens channel 0, which both sides know without saying so.
    ///
    /// # Errors
    ///
    /// Those of the browser.
    pub(super) fn open_noise(&self) -> io::Result<DataChannel> {
        let how = RtcDataChannelInit::new();
        how.set_negotiated(true);
        how.set_id(0);
        self.create_as("", &how)
    }

    fn create(&self, label: &str) -> io::Result<DataChannel> {
        self.create_as(label, &RtcDataChannelInit::new())
    }

    /// By name, for the browser may throw.
    fn create_as(&self, label: &str, how: &RtcDataChannelInit) -> io::Result<DataChannel> {
        let create: Function = Reflect::get(&self.connection, &"createDataChannel".into())
            .map_err(refused)?
            .unchecked_into();
        let channel = create.call2(&self.connection, &label.into(), how).map_err(refused)?;
        Ok(DataChannel::new(channel.unchecked_into::<RtcDataChannel>()))
    }

    /// Makes an offer and takes it into force; the SDP.
    ///
    /// # Errors
    ///
    /// Those of the browser.
    pub(super) async fn offer(&self) -> io::Result<String> {
        let offer = JsFuture::from(self.connection.create_offer()).await.map_err(refused)?;
        self.set_local(offer).await
    }

    /// Our description as it is in force.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn local_sdp(&self) -> io::Result<String> {
        let description = self.connection.local_description();
        description.map(|description| description.sdp()).ok_or_else(|| refused(JsValue::NULL))
    }

    /// Makes an answer and takes it into force; the SDP.
    ///
    /// # Errors
    ///
    /// Those of the browser.
    pub(super) async fn answer(&self) -> io::Result<String> {
        let answer = JsFuture::from(self.connection.create_answer()).await.map_err(refused)?;
        self.set_local(answer).await
    }

    async fn set_local(&self, description: JsValue) -> io::Result<String> {
        let description: RtcSessionDescriptionInit = description.unchecked_into();
        let promise = self.connection.set_local_description(&description);
        JsFuture::from(promise).await.map_err(refused)?;
        description.get_sdp().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// Takes the other side's SDP.
    ///
    /// # Errors
    ///
    /// Those of the browser: it is none.
    pub(super) async fn set_remote(&self, kind: RtcSdpType, sdp: &str) -> io::Result<()> {
        let description = RtcSessionDescriptionInit::new(kind);
        description.set_sdp(sdp);
        let promise = self.connection.set_remote_description(&description);
        JsFuture::from(promise).await.map_err(refused)?;
        Ok(())
    }

    /// Takes a candidate of the other side. One that the browser cannot use is no harm: there are others.
    pub(super) async fn add_candidate(&self, json: &str) {
        let Ok(candidate) = JSON::parse(json) else { return };
        if !candidate.is_object() {
            return;
        }
        let candidate: RtcIceCandidateInit = candidate.unchecked_into();
        let connection = &self.connection;
        let promise =
            connection.add_ice_candidate_with_opt_rtc_ice_candidate_init(Some(&candidate));
        let _ = JsFuture::from(promise).await;
    }
}

fn configuration(stun: &[String]) -> RtcConfiguration {
    let configuration = RtcConfiguration::new();
    if !stun.is_empty() {
        let urls: Array = stun.iter().map(|url| JsValue::from_str(url)).collect();
        let server = RtcIceServer::new();
        server.set_urls(&urls);
        configuration.set_ice_servers(&Array::of1(&server));
    }
    configuration
}

fn refused(_: JsValue) -> io::Error {
    io::ErrorKind::Unsupported.into()
}

fn found(shared: &mut Shared, event: JsValue) {
    let event: RtcPeerConnectionIceEvent = event.unchecked_into();
    // No candidate: there are no more, which nobody needs to know.
    let Some(candidate) = event.candidate() else { return };
    if candidate.candidate().is_empty() || shared.found >= MAX_CANDIDATES {
        return;
    }
    if let Some(json) = JSON::stringify(&candidate.to_json()).ok().and_then(|json| json.as_string())
    {
        shared.found += 1;
        shared.candidates.push_back(json);
    }
}

fn opened(shared: &mut Shared, event: JsValue) {
    let event: RtcDataChannelEvent = event.unchecked_into();
    let channel = event.channel();
    if channel.label() == INIT {
        return;
    }
    if shared.channels.len() >= MAX_CHANNELS {
        return channel.close();
    }
    shared.channels.push_back(DataChannel::new(channel));
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.connection.close();
    }
}
