//! The client's side of a WebSocket, as libp2p has it.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures::{AsyncRead, AsyncWrite, FutureExt, SinkExt, StreamExt, future::BoxFuture};
use libp2p::{
    Multiaddr, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    multiaddr::Protocol,
};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite::Message};

/// Dials `/ip4/…/tcp/…/ws` from an address of this machine, or from whichever the system takes.
pub(crate) struct Dialer(pub(crate) Ipv4Addr);

impl Transport for Dialer {
    type Output = ByteStream;
    type Error = io::Error;
    type ListenerUpgrade = std::future::Pending<Result<Self::Output, io::Error>>;
    type Dial = BoxFuture<'static, Result<Self::Output, io::Error>>;

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
        let parts: Vec<_> = address.iter().collect();
        let [Protocol::Ip4(ip), Protocol::Tcp(port), Protocol::Ws(_), ..] = parts[..] else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        Ok(open_from(self.0, (ip, port).into()).boxed())
    }

    fn poll(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Poll::Pending
    }
}

/// The bytes that libp2p has over a WebSocket.
pub(crate) async fn open(address: SocketAddr) -> io::Result<ByteStream> {
    open_from(Ipv4Addr::UNSPECIFIED, address).await
}

async fn open_from(from: Ipv4Addr, address: SocketAddr) -> io::Result<ByteStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let tcp = socket.connect(address).await?;
    tcp.set_nodelay(true)?;
    let url = format!("ws://{address}/");
    let (socket, _) = client_async(url, tcp).await.map_err(io::Error::other)?;
    Ok(ByteStream { socket, unread: Bytes::new() })
}

/// Bytes over binary messages.
pub(crate) struct ByteStream {
    socket: WebSocketStream<TcpStream>,
    unread: Bytes,
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        while self.unread.is_empty() {
            match ready!(self.socket.poll_next_unpin(cx)) {
                Some(Ok(message)) => self.unread = message.into_data(),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(0)),
            }
        }
        let len = into.len().min(self.unread.len());
        self.unread.copy_to_slice(&mut into[..len]);
        Poll::Ready(Ok(len))
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.socket.poll_ready_unpin(cx)).map_err(io::Error::other)?;
        let message = Message::Binary(Bytes::copy_from_slice(from));
        self.socket.start_send_unpin(message).map_err(io::Error::other)?;
        Poll::Ready(Ok(from.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_flush_unpin(cx).map_err(io::Error::other)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_close_unpin(cx).map_err(io::Error::other)
    }
}
