//! How a data channel is opened in band (RFC 8832). Pure.
//!
//! Only reliable and ordered channels are streams of libp2p; others are refused. What a channel is
//! called, and for which protocol it is, nobody asks.

const ACK: u8 = 2;
const OPEN: u8 = 3;

/// Reliable and ordered (RFC 8832 §8.2.2).
const RELIABLE: u8 = 0;

/// A message on a stream that is no channel yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The sender opens a channel.
    Open,
    /// The sender has it open too.
    Ack,
}

impl Control {
    /// `None` for what is no such message, or opens a channel of another kind.
    #[must_use]
    pub fn decode(message: &[u8]) -> Option<Self> {
        let (kind, rest) = message.split_first()?;
        if *kind == ACK {
            return rest.is_empty().then_some(Self::Ack);
        }
        // Type, priority (2), reliability (4), two lengths, two texts.
        let (channel, rest) = rest.split_first()?;
        let (_, rest) = rest.split_first_chunk::<6>()?;
        let (label, rest) = rest.split_first_chunk()?;
        let (protocol, texts) = rest.split_first_chunk()?;
        let length =
            usize::from(u16::from_be_bytes(*label)) + usize::from(u16::from_be_bytes(*protocol));
        let is_open = *kind == OPEN && *channel == RELIABLE && texts.len() == length;
        is_open.then_some(Self::Open)
    }

    /// With an empty label, as libp2p has it, and without a protocol.
    #[must_use]
    pub const fn encode(self) -> &'static [u8] {
        match self {
            Self::Open => &[OPEN, RELIABLE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            Self::Ack => &[ACK],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for control in [Control::Open, Control::Ack] {
            assert_eq!(Control::decode(control.encode()), Some(control));
        }
    }

    #[test]
    fn texts_are_skipped_and_must_be_whole() {
        // As Chromium opens a channel with a label and a protocol.
        let open = [&[3, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 3][..], b"abxyz"].concat();
        assert_eq!(Control::decode(&open), Some(Control::Open));
        for length in 0..open.len() {
            assert_eq!(Control::decode(&open[..length]), None, "{length}");
        }
        assert_eq!(Control::decode(&[&open[..], &[0]].concat()), None);
        assert_eq!(Control::decode(&[2, 0]), None);
    }

    #[test]
    fn a_channel_that_may_lose_or_reorder_is_none() {
        for kind in [0x80, 0x01, 0x81, 0x02, 0x82, 0x7F] {
            let mut open = Control::Open.encode().to_vec();
            open[1] = kind;
            assert_eq!(Control::decode(&open), None, "{kind}");
        }
    }
}
