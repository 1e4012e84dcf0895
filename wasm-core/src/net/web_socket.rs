//! The WebSocket of a browser as a libp2p transport. It dials; a browser cannot listen.
//!
//! A socket that closes wakes whoever reads or writes at once, a write is on its way when it
//! returns, and nothing of a socket is left in the page when it is dropped.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Pending, poll_fn},
    io::{AsyncRead, AsyncWrite},
};
use futures_timer::Delay;
use js_sys::{ArrayBuffer, Uint8Array};
use libp2p::{
    Multiaddr,
    core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent},
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::url::web_socket_url;
use crate::data_channel::received::Received;

/// Bytes that the browser may hold for sending before a write waits.
///
/// Lower: a fast line idles between two looks. Higher: what is queued on a dead path is copied
/// twice, and a new message waits behind it.
const MAX_BUFFERED_BYTES: u32 = 256 * 1_024;

/// Bytes received that nobody has read. The multiplexer reads at once, so this much means that the
/// other side ignores its windows.
const MAX_RECEIVED_BYTES: usize = 8 * 1_024 * 1_024;

/// Longest message: a few noise frames.
const MAX_MESSAGE_BYTES: usize = 64 * 1_024;

/// Between two looks at what the browser has sent; it has no event for that.
const DRAIN_INTERVAL: Duration = Duration::from_millis(10);

/// Dials WebSockets.
#[derive(Debug, Default)]
pub(super) struct WebSockets {}

impl Transport for WebSockets {
    type Output = Stream;
    type Error = io::Error;
    type ListenerUpgrade = Pending<io::Result<Stream>>;
    type Dial = BoxFuture<'static, io::Result<Stream>>;

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
        opts: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        if opts.role.is_listener() {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        let Some(url) = web_socket_url(&address) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        Ok(SendWrapper::new(async move {
            let mut stream = Stream::connect(&url)?;
            poll_fn(|cx| stream.poll_open(cx)).await?;
            Ok(stream)
        })
        .boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}

/// What the handlers and the stream share.
#[derive(Default)]
struct State {
    received: Received,
    closed: bool,
    /// One task polls both directions.
    waker: Option<Waker>,
}

impl State {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn receive(&mut self, message: Vec<u8>) {
        self.closed = self.closed || !self.received.push(message, MAX_RECEIVED_BYTES);
        self.wake();
    }
}

/// One WebSocket as a stream of bytes. The boundaries of messages mean nothing.
pub(super) struct Stream(SendWrapper<Inner>);

impl core::fmt::Debug for Stream {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}

struct Inner {
    socket: WebSocket,
    state: Rc<RefCell<State>>,
    /// Runs while a write waits for the browser to send.
    drain: Option<Delay>,
    on_message: Closure<dyn FnMut(MessageEvent)>,
    on_change: Closure<dyn FnMut()>,
    on_close: Closure<dyn FnMut()>,
}

impl Stream {
    fn connect(url: &str) -> io::Result<Self> {
        // Refused here: an insecure socket on a secure page.
        let socket = WebSocket::new(url).map_err(|_| io::ErrorKind::Unsupported)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let state = Rc::new(RefCell::new(State::default()));
        let inner = Inner {
            on_message: Closure::new({
                let state = Rc::clone(&state);
                move |event: MessageEvent| match event.data().dyn_into::<ArrayBuffer>() {
                    Ok(data) => state.borrow_mut().receive(Uint8Array::new(&data).to_vec()),
                    Err(_) => close(&state),
                }
            }),
            on_change: Closure::new({
                let state = Rc::clone(&state);
                move || state.borrow_mut().wake()
            }),
            on_close: Closure::new({
                let state = Rc::clone(&state);
                move || close(&state)
            }),
            socket,
            state,
            drain: None,
        };
        inner.socket.set_onmessage(Some(inner.on_message.as_ref().unchecked_ref()));
        inner.socket.set_onopen(Some(inner.on_change.as_ref().unchecked_ref()));
        inner.socket.set_onclose(Some(inner.on_close.as_ref().unchecked_ref()));
        inner.socket.set_onerror(Some(inner.on_close.as_ref().unchecked_ref()));
        Ok(Self(SendWrapper::new(inner)))
    }

    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.state.borrow_mut();
        state.waker = Some(cx.waker().clone());
        match self.0.socket.ready_state() {
            _ if state.closed => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
            WebSocket::OPEN => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    }
}

fn close(state: &RefCell<State>) {
    let mut state = state.borrow_mut();
    state.closed = true;
    state.wake();
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.0.state.borrow_mut();
        let count = state.received.take(buffer);
        if count > 0 || state.closed || buffer.is_empty() {
            return Poll::Ready(Ok(count));
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.0.state.borrow().closed || self.0.socket.ready_state() != WebSocket::OPEN {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if self.0.socket.buffered_amount() < MAX_BUFFERED_BYTES {
                self.0.drain = None;
                break;
            }
            self.0.state.borrow_mut().waker = Some(cx.waker().clone());
            let drain = self.0.drain.get_or_insert_with(|| Delay::new(DRAIN_INTERVAL));
            futures::ready!(drain.poll_unpin(cx));
            self.0.drain = None;
        }
        let message = bytes.get(..MAX_MESSAGE_BYTES).unwrap_or(bytes);
        self.0.socket.send_with_u8_array(message).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Poll::Ready(Ok(message.len()))
    }

    /// The browser sends by itself.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.0.state.borrow().closed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Poll::Ready(Ok(()))
    }

    /// The browser sends what it holds, and says goodbye, without us.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = self.0.socket.close();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onopen(None);
        self.socket.set_onclose(None);
        self.socket.set_onerror(None);
        let _ = self.socket.close();
    }
}
