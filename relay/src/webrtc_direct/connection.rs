//! One connection: encryption (DTLS 1.2, RFC 6347), packets, channels. Without a socket or a clock.
//!
//! ```text
//!  datagram ──► dtls ──► sctp ──► channels ──► bytes of a stream
//!           ◄──      ◄──      ◄──          ◄──
//! ```
//!
//! Whoever has called [`Connection::advance`] sends what [`Connection::datagram`] gives, and calls it
//! again at [`Connection::timeout`]. The certificate of the browser is any; noise on channel 0
//! proves who it is, and binds that to the certificate.
//!
//! Invariant: a channel is closed when nobody holds its stream, at the latest
//! [`defaults::WEBRTC_END_TIMEOUT`] later; there are never more than [`defaults::STREAMS`].

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Instant,
};

use bytes::Bytes;
use dimpl::{Dtls, DtlsCertificate, Output};
use sha2::{Digest, Sha256};
use volly_core::data_channel::stream_state::{Flag, Read, StreamState};

use super::{
    dcep::Control,
    sctp::{Happened, Id, Received, Sctp},
};
use crate::defaults;

/// The channel on which noise speaks; both sides know it (webrtc-direct.md "Connection Security").
const NOISE: Id = 0;

/// Numbers of channels that browsers can have: an SCTP of theirs has so many streams.
const IDS: Id = 1_024;

/// Longest DTLS record that may come out, and some.
const BUFFER_BYTES: usize = 2 * 1_024;

/// Names a channel for as long as there is one; numbers are used again.
pub(crate) type Key = u64;

/// A channel that is a stream.
#[derive(Debug, Default)]
struct Channel {
    /// None once it is closed.
    id: Option<Id>,
    state: StreamState,
    /// One task polls both directions.
    waker: Option<Waker>,
    /// When it is closed although the other side has not acknowledged its end; nobody holds it then.
    until: Option<Instant>,
}

impl Channel {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// See the module.
pub(crate) struct Connection {
    dtls: Dtls,
    dtls_timeout: Option<Instant>,
    /// Of the browser.
    certificate: Option<[u8; 32]>,
    sctp: Sctp,
    channels: BTreeMap<Key, Channel>,
    keys: BTreeMap<Id, Key>,
    next_key: Key,
    /// Opened by the other side, and not yet taken.
    arrived: VecDeque<Key>,
    noise: Option<Key>,
    /// Channels of which messages were left in SCTP, for there was no room.
    held_back: BTreeSet<Id>,
    out: VecDeque<Vec<u8>>,
    over: bool,
    buffer: Box<[u8]>,
    /// Of whoever accepts and opens.
    waker: Option<Waker>,
}

impl Connection {
    pub(crate) fn new(
        config: Arc<dimpl::Config>,
        certificate: DtlsCertificate,
        now: Instant,
    ) -> Self {
        let mut dtls = Dtls::new_12(config, certificate, now);
        // Without this it knows no time. Nothing can be late already.
        let _ = dtls.handle_timeout(now);
        Self {
            dtls,
            dtls_timeout: None,
            certificate: None,
            sctp: Sctp::new(),
            channels: BTreeMap::new(),
            keys: BTreeMap::new(),
            next_key: 0,
            arrived: VecDeque::new(),
            noise: None,
            held_back: BTreeSet::new(),
            out: VecDeque::new(),
            over: false,
            buffer: vec![0; BUFFER_BYTES].into(),
            waker: None,
        }
    }

    /// Takes a datagram.
    pub(crate) fn receive(&mut self, datagram: &[u8], now: Instant) {
        if self.dtls.handle_packet(datagram).is_err() {
            self.end();
        }
        self.advance(now);
    }

    /// Does what can be done at `now`.
    pub(crate) fn advance(&mut self, now: Instant) {
        if self.dtls_timeout.is_some_and(|at| at <= now) && self.dtls.handle_timeout(now).is_err() {
            self.end();
        }
        self.sctp.handle_timeout(now);
        self.expire(now);
        loop {
            self.take_records(now);
            while let Some(happened) = self.sctp.next() {
                self.on(happened);
            }
            let packets = self.sctp.packets(now);
            if packets.is_empty() || self.over {
                return;
            }
            for packet in packets {
                if self.dtls.send_application_data(&packet).is_err() {
                    self.end();
                }
                self.take_records(now);
            }
        }
    }

    /// The next datagram to send.
    pub(crate) fn datagram(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// When to call [`Self::advance`] at the latest.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        let ends = self.channels.values().filter_map(|channel| channel.until);
        ends.chain(self.dtls_timeout).chain(self.sctp.timeout()).min()
    }

    /// Whether nothing more will happen.
    pub(crate) const fn is_over(&self) -> bool {
        self.over
    }

    /// Says goodbye, and ends.
    pub(crate) fn close(&mut self, now: Instant) {
        if !self.over && self.dtls.close().is_ok() {
            self.take_records(now);
        }
        self.end();
    }

    fn take_records(&mut self, now: Instant) {
        loop {
            match self.dtls.poll_output(&mut self.buffer) {
                Output::Packet(record) => self.out.push_back(record.to_vec()),
                Output::ApplicationData(packet) => {
                    self.sctp.receive(Bytes::copy_from_slice(packet), now);
                }
                Output::PeerCert(der) => self.certificate = Some(Sha256::digest(der).into()),
                Output::BufferTooSmall { needed } => self.buffer = vec![0; needed].into(),
                Output::CloseNotify => self.end(),
                Output::Timeout(at) => {
                    self.dtls_timeout = Some(at);
                    return;
                }
                _ => {}
            }
        }
    }

    fn on(&mut self, happened: Happened) {
        match happened {
            Happened::Connected => {
                if self.sctp.open(NOISE) {
                    self.noise = Some(self.insert(NOISE));
                    self.wake();
                }
            }
            Happened::Readable(id) => self.read(id),
            Happened::Writable(id) => {
                if let Some(channel) = self.channel_of(id) {
                    channel.wake();
                }
            }
            Happened::Closed(id) => {
                if let Some(key) = self.keys.remove(&id) {
                    self.on_closed(key);
                }
            }
            Happened::Lost => self.end(),
        }
    }

    fn on_closed(&mut self, key: Key) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        channel.id = None;
        channel.state.close();
        channel.wake();
        if channel.until.is_some() {
            self.channels.remove(&key);
            self.wake();
        }
    }

    /// Takes messages of a stream while there is room for them.
    fn read(&mut self, id: Id) {
        loop {
            let has_room = self.channel_of(id).is_none_or(|channel| {
                channel.state.waiting() < defaults::WEBRTC_STREAM_WAITING_BYTES
            });
            if !has_room || self.waiting() >= defaults::WEBRTC_WAITING_BYTES {
                self.held_back.insert(id);
                return;
            }
            match self.sctp.read(id) {
                Some(Received::Data(message)) => self.on_message(id, &message),
                Some(Received::Control(message)) => self.on_control(id, &message),
                None => return,
            }
        }
    }

    /// Bytes that nobody has read.
    fn waiting(&self) -> usize {
        self.channels.values().map(|channel| channel.state.waiting()).sum()
    }

    fn on_message(&mut self, id: Id, message: &[u8]) {
        let Some(channel) = self.channel_of(id) else { return self.sctp.close(id) };
        channel.wake();
        match channel.state.receive(message) {
            Ok(None) => self.drop_if_acknowledged(id),
            Ok(Some(flag)) => drop(self.sctp.write(id, &flag.encode())),
            Err(_) => {
                channel.state.close();
                let _ = self.sctp.write(id, &Flag::Reset.encode());
                self.sctp.close(id);
            }
        }
    }

    /// Closes a channel that was there for its acknowledgement alone.
    fn drop_if_acknowledged(&mut self, id: Id) {
        let Some(&key) = self.keys.get(&id) else { return };
        let waits = self.channels.get(&key).is_some_and(|channel| {
            channel.until.is_some() && !channel.state.awaits_acknowledgement()
        });
        if waits {
            self.remove(key);
        }
    }

    fn on_control(&mut self, id: Id, message: &[u8]) {
        match Control::decode(message) {
            Some(Control::Open)
                if !self.keys.contains_key(&id)
                    && self.channels.len() < defaults::STREAMS
                    && self.arrived.len() < defaults::WEBRTC_ARRIVED_CHANNELS =>
            {
                self.sctp.accept(id);
                let _ = self.sctp.write_control(id, Control::Ack.encode());
                let key = self.insert(id);
                self.arrived.push_back(key);
                self.wake();
            }
            Some(Control::Ack) if self.keys.contains_key(&id) => {}
            _ => self.sctp.close(id),
        }
    }

    fn insert(&mut self, id: Id) -> Key {
        let key = self.next_key;
        self.next_key += 1;
        self.keys.insert(id, key);
        self.channels.insert(key, Channel { id: Some(id), ..Channel::default() });
        key
    }

    fn channel_of(&mut self, id: Id) -> Option<&mut Channel> {
        self.channels.get_mut(self.keys.get(&id)?)
    }

    fn expire(&mut self, now: Instant) {
        let late = |(key, channel): (&Key, &Channel)| {
            channel.until.is_some_and(|until| until <= now).then_some(*key)
        };
        let expired: Vec<_> = self.channels.iter().filter_map(late).collect();
        for key in expired {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: Key) {
        if let Some(id) = self.channels.remove(&key).and_then(|channel| channel.id) {
            self.keys.remove(&id);
            self.sctp.close(id);
        }
        self.wake();
    }

    fn end(&mut self) {
        self.over = true;
        for channel in self.channels.values_mut() {
            channel.state.close();
            channel.wake();
        }
        self.wake();
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn alive(&self) -> io::Result<()> {
        if self.over { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }
}

/// What the multiplexer and its streams ask for.
impl Connection {
    /// The certificate of the browser and the channel for noise, once they are there.
    pub(crate) fn poll_noise(&mut self, cx: &Context<'_>) -> Poll<io::Result<([u8; 32], Key)>> {
        self.alive()?;
        match self.certificate.zip(self.noise) {
            Some(ready) => Poll::Ready(Ok(ready)),
            None => self.wait(cx),
        }
    }

    /// The next channel that the other side has opened.
    pub(crate) fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<io::Result<Key>> {
        self.alive()?;
        match self.arrived.pop_front() {
            Some(key) => Poll::Ready(Ok(key)),
            None => self.wait(cx),
        }
    }

    /// A new channel, when there is room for one.
    pub(crate) fn poll_open(&mut self, cx: &Context<'_>) -> Poll<io::Result<Key>> {
        self.alive()?;
        if self.channels.len() >= defaults::STREAMS {
            return self.wait(cx);
        }
        // The server of DTLS has the odd ones (RFC 8832 §6).
        let free =
            (1..IDS).step_by(2).find(|id| !self.keys.contains_key(id) && self.sctp.open(*id));
        let Some(id) = free else { return self.wait(cx) };
        let _ = self.sctp.write_control(id, Control::Open.encode());
        Poll::Ready(Ok(self.insert(id)))
    }

    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        self.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Whether the other side is held up, for nobody reads.
    pub(crate) fn is_full(&self) -> bool {
        !self.held_back.is_empty()
    }

    /// Moves what has come into `buffer`.
    pub(crate) fn poll_read(
        &mut self,
        key: Key,
        buffer: &mut [u8],
        cx: &Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let channel = self.channels.get_mut(&key).ok_or(io::ErrorKind::BrokenPipe)?;
        let read = match channel.state.take(buffer) {
            Read::Bytes(count) => Ok(count),
            Read::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            Read::Nothing => {
                channel.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
        };
        // There is room now.
        for id in core::mem::take(&mut self.held_back) {
            self.read(id);
        }
        Poll::Ready(read)
    }

    /// Has bytes sent; how many.
    pub(crate) fn poll_write(
        &mut self,
        key: Key,
        bytes: &[u8],
        cx: &Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.alive()?;
        let channel = self.channels.get_mut(&key).ok_or(io::ErrorKind::BrokenPipe)?;
        let (message, count) = channel.state.write(bytes).ok_or(io::ErrorKind::BrokenPipe)?;
        let id = channel.id.ok_or(io::ErrorKind::BrokenPipe)?;
        if self.sctp.sending(id) >= defaults::WEBRTC_STREAM_SEND_BYTES {
            channel.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if !self.sctp.write(id, &message) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Poll::Ready(Ok(count))
    }

    /// Ends our half of a stream.
    pub(crate) fn finish(&mut self, key: Key) {
        if let Some(channel) = self.channels.get_mut(&key)
            && channel.state.end_writing()
            && let Some(id) = channel.id
        {
            let _ = self.sctp.write(id, &Flag::Fin.encode());
        }
    }

    /// Nobody holds the stream any more.
    pub(crate) fn release(&mut self, key: Key, now: Instant) {
        let Some(channel) = self.channels.get_mut(&key) else { return };
        let Some(id) = channel.id else { return self.remove(key) };
        if let Some(flag) = channel.state.let_go() {
            let _ = self.sctp.write(id, &flag.encode());
        }
        match channel.state.awaits_acknowledgement() {
            true => channel.until = Some(now + defaults::WEBRTC_END_TIMEOUT),
            false => self.remove(key),
        }
    }
}
