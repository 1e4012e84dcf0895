//! Volly's node in a page, for the tests with other implementations: what they do, it does, and
//! beside that it echoes and counts what it is sent.

#![cfg(target_arch = "wasm32")]

mod streams;

use std::io;

use futures::StreamExt;
use libp2p::{Multiaddr, PeerId, StreamProtocol, multiaddr::Protocol};
use volly_core::{
    api::Path,
    net::{Config, bare::Bare},
    platform::{executor, page},
};
use wasm_bindgen::prelude::wasm_bindgen;

use self::streams::{count, echo, exchange, push, round_trips};

/// What a page sees of a peer.
#[wasm_bindgen(getter_with_clone)]
#[derive(Debug)]
pub struct Known {
    /// The addresses of its connections.
    pub connections: Vec<String>,
    /// What it says it is.
    pub agent: String,
    /// What it says it speaks.
    pub protocols: Vec<String>,
    /// How long each answered ping took, in milliseconds.
    pub pings: Vec<f64>,
    /// Why pings had no answer.
    pub unanswered: Vec<String>,
}

/// See the module.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Node(Bare);

fn told(error: io::Error) -> String {
    error.to_string()
}

fn path(direct: bool) -> Path {
    if direct { Path::Direct } else { Path::Relayed }
}

fn parsed<T: core::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("malformed: {text}"))
}

fn protocol(name: String) -> Result<StreamProtocol, String> {
    StreamProtocol::try_from_owned(name).map_err(|error| error.to_string())
}

#[wasm_bindgen]
impl Node {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// In a browser without WebRTC.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Result<Self, String> {
        Bare::start(Config::browser()).map(Self).ok_or_else(|| "no WebRTC".to_owned())
    }

    /// Who it is.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn peer(&self) -> String {
        self.0.peer().to_string()
    }

    /// What is known of a peer.
    ///
    /// # Errors
    ///
    /// For what is no PeerId; the same below.
    pub fn known(&self, peer: &str) -> Result<Known, String> {
        let known = self.0.known(&parsed(peer)?);
        Ok(Known {
            connections: known.connections.values().map(ToString::to_string).collect(),
            agent: known.agent,
            protocols: known.protocols,
            pings: known.pings.iter().map(|ping| ping.as_secs_f64() * 1_000.0).collect(),
            unanswered: known.unanswered,
        })
    }

    /// Dials.
    ///
    /// # Errors
    ///
    /// Why there is no connection.
    pub async fn dial(&self, address: String) -> Result<(), String> {
        self.0.dial(parsed(&address)?).await
    }

    /// Dials a relay, and takes a place there.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn reserve(&self, address: String) -> Result<(), String> {
        let address: Multiaddr = parsed(&address)?;
        let Some(Protocol::P2p(relay)) = address.iter().last() else {
            return Err("no PeerId".to_owned());
        };
        self.0.dial(address.clone()).await?;
        self.0.reserve(relay, address.with(Protocol::P2pCircuit)).await
    }

    /// Offers a connection of its own to a peer that is reached over a circuit.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub async fn offer(&self, peer: String) -> Result<(), String> {
        self.0.offer(parsed(&peer)?).await
    }

    /// Closes all connections to a peer.
    ///
    /// # Errors
    ///
    /// See [`Self::known`].
    pub fn close(&self, peer: &str) -> Result<(), String> {
        let peer: PeerId = parsed(peer)?;
        self.0.close(peer);
        Ok(())
    }

    /// Gives back what comes on streams of this protocol.
    ///
    /// # Errors
    ///
    /// For what is no name of a protocol.
    pub fn echo(&self, name: &str) -> Result<(), String> {
        self.serve(name, |stream| executor::spawn(async { drop(echo(stream).await) }))
    }

    /// Counts what comes on streams of this protocol, and says at the end how much it was.
    ///
    /// # Errors
    ///
    /// For what is no name of a protocol.
    pub fn count(&self, name: &str) -> Result<(), String> {
        self.serve(name, |stream| executor::spawn(async { drop(count(stream).await) }))
    }

    fn serve(&self, name: &str, take: fn(libp2p::Stream)) -> Result<(), String> {
        for path in [Path::Relayed, Path::Direct] {
            let taken = self.0.accept(path, protocol(name.to_owned())?);
            let mut streams = taken.ok_or("it is served already")?;
            executor::spawn(async move {
                while let Some((_, stream)) = streams.next().await {
                    take(stream);
                }
            });
        }
        Ok(())
    }

    /// Sends bytes and the end, and gives what comes back until the end of that.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn ask(
        &self,
        peer: String,
        direct: bool,
        name: String,
        bytes: Vec<u8>,
    ) -> Result<Vec<u8>, String> {
        let stream = self.0.open(parsed(&peer)?, path(direct), protocol(name)?).await?;
        exchange(stream, &bytes).await.map_err(told)
    }

    /// Sends so many messages to an echo, one after the other, and says how long each was away, in
    /// milliseconds.
    ///
    /// # Errors
    ///
    /// Those of the stream.
    pub async fn round_trips(
        &self,
        peer: String,
        name: String,
        count: u32,
        size: usize,
    ) -> Result<Vec<f64>, String> {
        let stream = self.0.open(parsed(&peer)?, Path::Direct, protocol(name)?).await?;
        round_trips(stream, count, size, now).await.map_err(told)
    }

    /// Sends so many bytes to a counter, and says how long it took until it had them, in milliseconds.
    ///
    /// # Errors
    ///
    /// Those of the stream, and another number of bytes.
    pub async fn push(&self, peer: String, name: String, bytes: usize) -> Result<f64, String> {
        let stream = self.0.open(parsed(&peer)?, Path::Direct, protocol(name)?).await?;
        let started = now();
        push(stream, bytes).await.map_err(told)?;
        Ok(now() - started)
    }
}

/// Milliseconds since the page began.
fn now() -> f64 {
    page::window().performance().map_or(f64::NAN, |clock| clock.now())
}
