//! The libp2p transport whose listener is the HTTP server: sockets that it has upgraded come in
//! through a bounded channel.
//!
//! Does not dial: the relay never connects to an address that someone has told it.

use std::{
    collections::VecDeque,
    future::{Ready, ready},
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

use libp2p::{
    Multiaddr, Transport,
    core::transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    multiaddr::Protocol,
};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, mpsc},
};

use crate::{host::Host, web_socket::WebSocket};

/// An upgraded socket, which gives back its place among the connections when it closes.
pub type Socket = WebSocket<TcpStream, OwnedSemaphorePermit>;

/// A socket and where it comes from.
#[derive(Debug)]
pub struct Accepted {
    /// The bytes.
    pub socket: Socket,
    /// The client, or the proxy before the relay.
    pub remote: SocketAddr,
}

/// See the module.
#[derive(Debug)]
pub struct WebSocketTransport {
    accepted: mpsc::Receiver<Accepted>,
    listener: Option<(ListenerId, Multiaddr)>,
    events: VecDeque<TransportEvent<<Self as Transport>::ListenerUpgrade, io::Error>>,
}

impl WebSocketTransport {
    /// Listens at `accepted` once [`Transport::listen_on`] says at which address that is.
    #[must_use]
    pub const fn new(accepted: mpsc::Receiver<Accepted>) -> Self {
        Self { accepted, listener: None, events: VecDeque::new() }
    }
}

/// `/ip4/…/tcp/…/ws`.
#[must_use]
pub fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port())).with(Protocol::Ws("/".into()))
}

impl Transport for WebSocketTransport {
    type Output = Socket;
    type Error = io::Error;
    type ListenerUpgrade = Ready<Result<Socket, io::Error>>;
    type Dial = Ready<Result<Socket, io::Error>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        if self.listener.is_some() {
            return Err(TransportError::MultiaddrNotSupported(address));
        }
        self.listener = Some((id, address.clone()));
        self.events.push_back(TransportEvent::NewAddress { listener_id: id, listen_addr: address });
        Ok(())
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.listener.take_if(|(listener, _)| *listener == id).is_some()
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(address))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        if let Some(event) = self.events.pop_front() {
            return Poll::Ready(event);
        }
        let Some((listener_id, local_addr)) = self.listener.clone() else { return Poll::Pending };
        self.accepted.poll_recv(cx).map(|accepted| match accepted {
            Some(Accepted { socket, remote }) => TransportEvent::Incoming {
                listener_id,
                upgrade: ready(Ok(socket)),
                local_addr,
                send_back_addr: multiaddr(remote),
            },
            None => {
                self.listener = None;
                TransportEvent::ListenerClosed { listener_id, reason: Ok(()) }
            }
        })
    }
}

/// The source that lets a page connect to a WebSocket (Content Security Policy Level 3, §2.3.1).
/// `None` for an IPv6 address, which that grammar cannot express, and for what is no WebSocket.
#[must_use]
pub fn policy_source(address: &Multiaddr) -> Option<String> {
    let parts: Vec<_> = address.iter().collect();
    let (host, port, scheme) = match parts.as_slice() {
        [host, Protocol::Tcp(port), Protocol::Ws(path)] if path == "/" => (host, port, "ws"),
        [host, Protocol::Tcp(port), Protocol::Tls, Protocol::Ws(path)] if path == "/" => {
            (host, port, "wss")
        }
        [host, Protocol::Tcp(port), Protocol::Wss(path)] if path == "/" => (host, port, "wss"),
        _ => return None,
    };
    let host = match host {
        Protocol::Ip4(ip) => ip.to_string(),
        Protocol::Dns(name) | Protocol::Dns4(name) | Protocol::Dns6(name) => {
            Host::parse(name).map(|_| name.to_ascii_lowercase())?
        }
        _ => return None,
    };
    Some(format!("{scheme}://{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_names_the_socket_and_nothing_that_could_change_it() {
        let cases = [
            ("/ip4/10.0.0.1/tcp/8080/ws", Some("ws://10.0.0.1:8080")),
            ("/dns4/Relay.example/tcp/443/tls/ws", Some("wss://relay.example:443")),
            ("/ip6/::1/tcp/8080/ws", None),
            ("/dns4/a;script-src */tcp/1/ws", None),
            ("/ip4/10.0.0.1/udp/8080/quic-v1/webtransport", None),
            ("/ip4/10.0.0.1/tcp/8080", None),
        ];
        for (address, source) in cases {
            assert_eq!(policy_source(&address.parse().unwrap()).as_deref(), source, "{address}");
        }
    }
}
