//! An `RTCDataChannel` as a stream of the multiplexer. What it means is in [`StreamState`].
//!
//! It listens from the moment it exists, so that nothing is lost before somebody reads. One that is
//! dropped after a proper end stays until the other side has acknowledged that.

use std::{
    cell::{RefCell, RefMut},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    future::poll_fn,
    io::{AsyncRead, AsyncWrite},
};
use js_sys::{ArrayBuffer, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

use crate::{
    data_channel::stream_state::{Flag, Read, StreamState},
    net::timer::within,
    platform::{executor, page::Listener},
};

/// Bytes that the browser may hold for sending before a write waits.
///
/// Lower: a fast line idles. Higher: what is new waits behind it.
const MAX_BUFFERED_BYTES: u32 = 256 * 1_024;

/// Bytes that it still holds when a write may go on.
///
/// Lower: a fast line idles until the page has heard that there is room. Higher: the page hears it more
/// often.
const LOW_BUFFERED_BYTES: u32 = 192 * 1_024;

/// How long an end waits for its acknowledgement, as in other implementations.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// What the handlers and the stream share.
#[derive(Default)]
struct Shared {
    state: StreamState,
    /// One task polls both directions.
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
pub(super) struct DataChannel(SendWrapper<Option<Inner>>);

struct Inner {
    channel: RtcDataChannel,
    shared: Rc<RefCell<Shared>>,
    _listeners: [Listener; 5],
}

impl core::fmt::Debug for DataChannel {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("DataChannel").finish_non_exhaustive()
    }
}

impl DataChannel {
    pub(super) fn new(channel: RtcDataChannel) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        channel.set_buffered_amount_low_threshold(LOW_BUFFERED_BYTES);
        let shared = Rc::<RefCell<Shared>>::default();
        let on = |event, handle: fn(&RtcDataChannel, RefMut<'_, Shared>, JsValue)| {
            let (shared, this) = (Rc::clone(&shared), channel.clone());
            Listener::new(channel.clone().into(), event, move |event| {
                handle(&this, shared.borrow_mut(), event);
            })
        };
        let listeners = [
            on("message", receive),
            on("open", |_, mut shared, _| shared.wake()),
            on("bufferedamountlow", |_, mut shared, _| shared.wake()),
            on("error", closed),
            on("close", closed),
        ];
        Self(SendWrapper::new(Some(Inner { channel, shared, _listeners: listeners })))
    }

    /// Ready when it can be written to.
    pub(super) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = self.inner()?;
        match inner.channel.ready_state() {
            RtcDataChannelState::Open => Poll::Ready(Ok(())),
            RtcDataChannelState::Connecting => {
                inner.shared.borrow_mut().waker = Some(cx.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn inner(&self) -> io::Result<&Inner> {
        self.0.as_ref().ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

fn receive(channel: &RtcDataChannel, mut shared: RefMut<'_, Shared>, event: JsValue) {
    let event: MessageEvent = event.unchecked_into();
    let message = event.data().dyn_into::<ArrayBuffer>();
    let message = message.map(|data| Uint8Array::new(&data).to_vec()).unwrap_or_default();
    match shared.state.receive(&message) {
        Ok(None) => {}
        Ok(Some(flag)) => say(channel, flag),
        Err(_) => {
            say(channel, Flag::Reset);
            channel.close();
            shared.state.close();
        }
    }
    shared.wake();
}

fn closed(_: &RtcDataChannel, mut shared: RefMut<'_, Shared>, _: JsValue) {
    shared.state.close();
    shared.wake();
}

/// Says it if it still can be heard.
fn say(channel: &RtcDataChannel, flag: Flag) {
    if channel.ready_state() == RtcDataChannelState::Open {
        let _ = channel.send_with_u8_array(&flag.encode());
    }
}

impl AsyncRead for DataChannel {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut shared = self.inner()?.shared.borrow_mut();
        match shared.state.take(buffer) {
            Read::Bytes(count) => Poll::Ready(Ok(count)),
            Read::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Read::Nothing => {
                shared.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for DataChannel {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        futures::ready!(self.poll_open(cx))?;
        let Inner { channel, shared, .. } = self.inner()?;
        let mut shared = shared.borrow_mut();
        if channel.buffered_amount() >= MAX_BUFFERED_BYTES {
            shared.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let (message, count) = shared.state.write(bytes).ok_or(io::ErrorKind::BrokenPipe)?;
        channel.send_with_u8_array(&message).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Poll::Ready(Ok(count))
    }

    /// The browser sends by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Inner { channel, shared, .. } = self.inner()?;
        if shared.borrow_mut().state.end_writing() {
            say(channel, Flag::Fin);
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for DataChannel {
    fn drop(&mut self) {
        let Some(inner) = Option::take(&mut self.0) else { return };
        let farewell = inner.shared.borrow_mut().state.let_go();
        if let Some(flag) = farewell {
            say(&inner.channel, flag);
        }
        if !inner.shared.borrow().state.awaits_acknowledgement() {
            return;
        }
        // Ends after END_TIMEOUT at the latest, so there are no more of these than streams in that time.
        executor::spawn(async move {
            let acknowledged = poll_fn(|cx| {
                let mut shared = inner.shared.borrow_mut();
                shared.waker = Some(cx.waker().clone());
                match shared.state.awaits_acknowledgement() {
                    true => Poll::Pending,
                    false => Poll::Ready(()),
                }
            });
            within(END_TIMEOUT, acknowledged).await;
            drop(inner);
        });
    }
}

impl Drop for Inner {
    /// What the browser holds is sent before the channel closes.
    fn drop(&mut self) {
        self.channel.close();
    }
}
