//! SCTP (RFC 9260) as data channels use it (RFC 8831): one association, which the browser begins.
//! Knows streams by their numbers, and messages; not what either is for.
//!
//! Invariant: what has come and nobody takes stays within [`defaults::WEBRTC_WINDOW`], and holds the
//! sender up.

use core::net::{Ipv4Addr, SocketAddr};
use std::{collections::VecDeque, sync::Arc, time::Instant};

use bytes::Bytes;
use sctp_proto::{
    Association, AssociationHandle, DatagramEvent, Endpoint, EndpointConfig, Event, Payload,
    PayloadProtocolIdentifier, ServerConfig, StreamEvent, TransportConfig,
};
use volly_core::data_channel::stream_state::MAX_MESSAGE_BYTES;

use crate::defaults;

/// The number of a stream.
pub(crate) type Id = u16;

/// Where SCTP has its packets from: it asks for an address, and one layer below knows the real one.
const NOWHERE: SocketAddr = SocketAddr::new(core::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 1);

/// Bytes of a stream still on their way when its writer is told to go on.
const LOW_BYTES: usize = defaults::WEBRTC_STREAM_SEND_BYTES / 4;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    /// The association is there.
    Connected,
    /// A message may be there.
    Readable(Id),
    /// Less is on its way than before.
    Writable(Id),
    /// The stream is no more.
    Closed(Id),
    /// The association is no more.
    Lost,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// About the channel (RFC 8832).
    Control(Vec<u8>),
    /// In the channel.
    Data(Vec<u8>),
}

/// See the module.
pub(crate) struct Sctp {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
}

impl Sctp {
    pub(crate) fn new() -> Self {
        let mut endpoint = EndpointConfig::new();
        endpoint.max_payload_size(defaults::WEBRTC_SCTP_PAYLOAD_BYTES);
        let longest = u32::try_from(MAX_MESSAGE_BYTES).unwrap_or(u32::MAX);
        let transport = TransportConfig::default()
            .with_max_receive_buffer_size(defaults::WEBRTC_WINDOW)
            .with_max_receive_message_size(longest)
            .with_max_send_message_size(longest)
            .with_max_data_retransmits(Some(defaults::WEBRTC_RETRANSMISSIONS))
            .with_rto_initial_ms(defaults::WEBRTC_FIRST_RTO_MS)
            .with_rto_min_ms(defaults::WEBRTC_SHORTEST_RTO_MS)
            .with_rto_max_ms(defaults::WEBRTC_LONGEST_RTO_MS);
        let mut server = ServerConfig::new();
        server.transport = Arc::new(transport);
        Self {
            endpoint: Endpoint::new(Arc::new(endpoint), Some(Arc::new(server))),
            association: None,
        }
    }

    /// Takes a packet.
    pub(crate) fn receive(&mut self, packet: Bytes, now: Instant) {
        match self.endpoint.handle(now, NOWHERE, None, None, packet) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                // There is one for each connection.
                self.endpoint.reject_new_associations();
                self.association = Some((handle, association));
            }
            Some((of, DatagramEvent::AssociationEvent(event))) => {
                if let Some((handle, association)) = &mut self.association
                    && *handle == of
                {
                    association.handle_event(event);
                }
            }
            None => {}
        }
    }

    pub(crate) fn next(&mut self) -> Option<Happened> {
        let (handle, association) = self.association.as_mut()?;
        while let Some(event) = association.poll_endpoint_event() {
            if let Some(event) = self.endpoint.handle_event(*handle, event) {
                association.handle_event(event);
            }
        }
        loop {
            match association.poll()? {
                Event::Connected => return Some(Happened::Connected),
                Event::HandshakeFailed { .. } | Event::AssociationLost { .. } => {
                    return Some(Happened::Lost);
                }
                Event::Stream(StreamEvent::Opened { id } | StreamEvent::Readable { id }) => {
                    return Some(Happened::Readable(id));
                }
                Event::Stream(StreamEvent::BufferedAmountLow { id }) => {
                    return Some(Happened::Writable(id));
                }
                Event::Stream(StreamEvent::Finished { id } | StreamEvent::Stopped { id, .. }) => {
                    return Some(Happened::Closed(id));
                }
                _ => {}
            }
        }
    }

    /// The packets to send.
    pub(crate) fn packets(&mut self, now: Instant) -> VecDeque<Bytes> {
        let mut packets = VecDeque::new();
        let Some((_, association)) = &mut self.association else { return packets };
        while let Some(transmit) = association.poll_transmit(now) {
            if let Payload::RawEncode(contents) = transmit.payload {
                packets.extend(contents);
            }
        }
        packets
    }

    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.association.as_ref()?.1.poll_timeout()
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
        }
    }

    /// Begins a stream; false when that cannot be, for this number at least.
    pub(crate) fn open(&mut self, id: Id) -> bool {
        let Some((_, association)) = &mut self.association else { return false };
        let opened = association.open_stream(id, PayloadProtocolIdentifier::Binary);
        opened.is_ok_and(|mut stream| stream.set_buffered_amount_low_threshold(LOW_BYTES).is_ok())
    }

    /// The next whole message of a stream.
    pub(crate) fn read(&mut self, id: Id) -> Option<Received> {
        let mut stream = self.association.as_mut()?.1.stream(id).ok()?;
        let chunks = stream.read_sctp().ok()??;
        let mut message = vec![0; chunks.len()];
        chunks.read(&mut message).ok()?;
        Some(match chunks.ppi {
            PayloadProtocolIdentifier::Dcep => Received::Control(message),
            _ => Received::Data(message),
        })
    }

    /// Has a message sent; false when there is no such stream any more.
    pub(crate) fn write(&mut self, id: Id, message: &[u8]) -> bool {
        self.send(id, message, PayloadProtocolIdentifier::Binary)
    }

    /// The same for a message about the channel.
    pub(crate) fn write_control(&mut self, id: Id, message: &[u8]) -> bool {
        self.send(id, message, PayloadProtocolIdentifier::Dcep)
    }

    fn send(&mut self, id: Id, message: &[u8], kind: PayloadProtocolIdentifier) -> bool {
        let Some((_, association)) = &mut self.association else { return false };
        let stream = association.stream(id);
        stream.is_ok_and(|mut stream| stream.write_with_ppi(message, kind).is_ok())
    }

    /// Says how many bytes are on their way before [`Happened::Writable`] comes.
    pub(crate) fn accept(&mut self, id: Id) {
        if let Some((_, association)) = &mut self.association
            && let Ok(mut stream) = association.stream(id)
        {
            let _ = stream.set_buffered_amount_low_threshold(LOW_BYTES);
        }
    }

    /// Bytes of a stream that are on their way.
    pub(crate) fn sending(&mut self, id: Id) -> usize {
        let Some((_, association)) = &mut self.association else { return 0 };
        association.stream(id).and_then(|stream| stream.buffered_amount()).unwrap_or_default()
    }

    /// Ends a stream in both directions, once what was written is there.
    pub(crate) fn close(&mut self, id: Id) {
        if let Some((_, association)) = &mut self.association
            && let Ok(mut stream) = association.stream(id)
        {
            // Fails before the association is there, when nothing can have been written.
            let _ = stream.close();
        }
    }
}
