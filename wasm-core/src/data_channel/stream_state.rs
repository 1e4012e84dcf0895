//! What a data channel means as a stream: its messages, its ends, and what waits to be read
//! (libp2p specification webrtc/README.md "Multiplexing").
//!
//! A channel carries bytes: others send the length of a message and the message each by itself.
//!
//! Invariant: a half that has ended stays so, and no more than [`MAX_WAITING_BYTES`] wait, beside one
//! message that is not whole. Does not know a browser.

use super::{
    message::{Malformed, Message, OVERHEAD},
    received::Received,
};

/// Longest message with its length, as the specification has it.
pub const MAX_MESSAGE_BYTES: usize = 16 * 1_024;

/// What fits into one.
pub const MAX_PAYLOAD_BYTES: usize = MAX_MESSAGE_BYTES - OVERHEAD;

/// Bytes received that nobody has read. The protocol has no windows, so a sender only stops when the
/// reader above says so.
///
/// Lower: a burst ends the stream. Higher: memory for a peer that does not stop.
const MAX_WAITING_BYTES: usize = 4 * 1_024 * 1_024;

/// What is said beside the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// The sender sends no more.
    Fin = 0,
    /// The sender reads no more.
    StopSending = 1,
    /// The sender has given up what it sent.
    Reset = 2,
    /// [`Flag::Fin`] has come.
    FinAck = 3,
}

impl Flag {
    /// The message that says it.
    #[must_use]
    pub fn encode(self) -> Vec<u8> {
        Message { number: Some(self as u64), bytes: None }.encode()
    }

    const fn of(number: u64) -> Result<Self, Malformed> {
        match number {
            0 => Ok(Self::Fin),
            1 => Ok(Self::StopSending),
            2 => Ok(Self::Reset),
            3 => Ok(Self::FinAck),
            _ => Err(Malformed),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Half {
    #[default]
    Open,
    /// All that was sent arrives.
    Ended,
    /// Nothing more counts.
    Broken,
}

/// See the module.
#[derive(Debug, Default)]
pub struct StreamState {
    /// The beginning of a message.
    cut: Vec<u8>,
    received: Received,
    reading: Half,
    writing: Half,
    fin_acked: bool,
}

/// What a reader gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes; none at the end.
    Bytes(usize),
    /// Nothing yet.
    Nothing,
    /// The stream was given up.
    Reset,
}

impl StreamState {
    /// Takes what the channel brings; returns what has to be said in return.
    ///
    /// # Errors
    ///
    /// [`Malformed`] for what is no message, or more than may wait: then the channel is to be closed.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Option<Flag>, Malformed> {
        if self.cut.is_empty() {
            return self.receive_all(bytes);
        }
        let mut joined = core::mem::take(&mut self.cut);
        joined.extend_from_slice(bytes);
        self.receive_all(&joined)
    }

    fn receive_all(&mut self, mut bytes: &[u8]) -> Result<Option<Flag>, Malformed> {
        let mut answer = None;
        while let Some((message, rest)) = Message::split(bytes, MAX_MESSAGE_BYTES)? {
            answer = self.on_message(message)?.or(answer);
            bytes = rest;
        }
        self.cut = bytes.to_vec();
        Ok(answer)
    }

    fn on_message(
        &mut self,
        Message { number, bytes }: Message<'_>,
    ) -> Result<Option<Flag>, Malformed> {
        let bytes = bytes.unwrap_or_default();
        if self.reading == Half::Open && !self.received.push(bytes.to_vec(), MAX_WAITING_BYTES) {
            return Err(Malformed);
        }
        let flag = number.map(Flag::of).transpose()?;
        match flag {
            Some(Flag::Fin) => {
                if self.reading == Half::Open {
                    self.reading = Half::Ended;
                }
                return Ok(Some(Flag::FinAck));
            }
            Some(Flag::Reset) => self.break_reading(),
            Some(Flag::StopSending) => self.writing = Half::Broken,
            Some(Flag::FinAck) => self.fin_acked = self.writing == Half::Ended,
            None => {}
        }
        Ok(None)
    }

    /// Moves what has come into `buffer`.
    pub fn take(&mut self, buffer: &mut [u8]) -> Read {
        if self.reading == Half::Broken {
            return Read::Reset;
        }
        if self.received.is_empty() && self.reading == Half::Open {
            return Read::Nothing;
        }
        Read::Bytes(self.received.take(buffer))
    }

    /// How many bytes wait to be read.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.received.waiting()
    }

    /// The message with as much of `bytes` as fits, and how much that is; `None` when nothing may be
    /// written any more.
    #[must_use]
    pub fn write(&self, bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
        if self.writing != Half::Open {
            return None;
        }
        let bytes = bytes.get(..MAX_PAYLOAD_BYTES).unwrap_or(bytes);
        Some((Message { number: None, bytes: Some(bytes) }.encode(), bytes.len()))
    }

    /// Ends our half; true when that has to be said.
    pub fn end_writing(&mut self) -> bool {
        let open = self.writing == Half::Open;
        if open {
            self.writing = Half::Ended;
        }
        open
    }

    /// The channel is gone.
    pub fn close(&mut self) {
        if self.reading == Half::Open {
            self.break_reading();
        }
        self.writing = Half::Broken;
    }

    /// Nobody holds it any more; returns what has to be said.
    ///
    /// Who drops a stream whose other half has ended has ended his own, as with other multiplexers:
    /// handlers that answer questions leave it at that.
    pub fn let_go(&mut self) -> Option<Flag> {
        match (self.writing, self.reading) {
            (Half::Open, Half::Ended) => {
                self.writing = Half::Ended;
                Some(Flag::Fin)
            }
            (Half::Open, _) => {
                self.writing = Half::Broken;
                Some(Flag::Reset)
            }
            (Half::Ended, Half::Open) if !self.fin_acked => Some(Flag::StopSending),
            _ => None,
        }
    }

    /// Whether our half has ended well, and the other side was told.
    #[must_use]
    pub fn awaits_acknowledgement(&self) -> bool {
        self.writing == Half::Ended && !self.fin_acked
    }

    fn break_reading(&mut self) {
        self.reading = Half::Broken;
        self.received.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(state: &mut StreamState) -> Vec<u8> {
        let (mut all, mut buffer) = (Vec::new(), [0; 7]);
        while let Read::Bytes(count @ 1..) = state.take(&mut buffer) {
            all.extend_from_slice(&buffer[..count]);
        }
        all
    }

    #[test]
    fn bytes_in_messages_of_the_specified_size_are_the_same_bytes() {
        let (sender, mut receiver) = (StreamState::default(), StreamState::default());
        let bytes: Vec<u8> = (0..50_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (message, count) = sender.write(rest).unwrap();
            assert!(message.len() <= MAX_MESSAGE_BYTES);
            assert_eq!(receiver.receive(&message), Ok(None));
            rest = &rest[count..];
        }
        assert_eq!(read(&mut receiver), bytes);
        assert_eq!(receiver.take(&mut [0]), Read::Nothing);
    }

    #[test]
    fn an_end_is_acknowledged_and_what_came_before_it_is_read() {
        let (mut near, mut far) = (StreamState::default(), StreamState::default());
        far.receive(&near.write(b"last").unwrap().0).unwrap();
        assert!(near.end_writing() && !near.end_writing());
        assert_eq!(near.write(b"more"), None);
        let answer = far.receive(&Flag::Fin.encode()).unwrap().unwrap();
        assert_eq!(read(&mut far), b"last");
        assert_eq!(far.take(&mut [0]), Read::Bytes(0));
        assert!(near.awaits_acknowledgement());
        assert_eq!(near.receive(&answer.encode()), Ok(None));
        assert!(!near.awaits_acknowledgement());
        near.receive(&far.write(b"the other half is open").unwrap().0).unwrap();
        assert_eq!(read(&mut near), b"the other half is open");
    }

    #[test]
    fn an_acknowledgement_that_nobody_asked_for_ends_nothing() {
        let mut state = StreamState::default();
        state.receive(&Flag::FinAck.encode()).unwrap();
        state.receive(&Flag::Fin.encode()).unwrap();
        assert!(state.write(b"on").is_some());
        state.end_writing();
        assert!(state.awaits_acknowledgement());
    }

    #[test]
    fn a_reset_drops_what_waits_and_a_stop_ends_writing() {
        let mut state = StreamState::default();
        let bytes = state.write(b"lost").unwrap().0;
        state.receive(&bytes).unwrap();
        state.receive(&Flag::Reset.encode()).unwrap();
        assert_eq!(state.take(&mut [0]), Read::Reset);
        assert!(state.write(b"x").is_some());
        state.receive(&Flag::StopSending.encode()).unwrap();
        assert_eq!(state.write(b"x"), None);
        assert_eq!(state.let_go(), None);
    }

    #[test]
    fn messages_may_come_in_any_pieces() {
        let mut state = StreamState::default();
        let sent = [&state.write(&[7; 300]).unwrap().0[..], &Flag::Fin.encode()].concat();
        let (first, last) = sent.split_at(1);
        let (middle, last) = last.split_at(last.len() - 1);
        for piece in [&[][..], first, middle, &[]] {
            assert_eq!(state.receive(piece), Ok(None));
        }
        assert_eq!(state.receive(last), Ok(Some(Flag::FinAck)));
        assert_eq!(read(&mut state), [7; 300]);
        let mut whole = StreamState::default();
        assert_eq!(whole.receive(&sent), Ok(Some(Flag::FinAck)));
        assert_eq!(read(&mut whole), [7; 300]);
    }

    #[test]
    fn who_lets_go_ends_what_the_other_has_ended_and_gives_up_what_it_has_not() {
        let mut state = StreamState::default();
        assert_eq!((state.let_go(), state.let_go()), (Some(Flag::Reset), None));
        let mut answered = StreamState::default();
        answered.receive(&Flag::Fin.encode()).unwrap();
        assert_eq!((answered.let_go(), answered.let_go()), (Some(Flag::Fin), None));
        assert!(answered.awaits_acknowledgement());
        let mut asked = StreamState::default();
        asked.end_writing();
        assert_eq!(asked.let_go(), Some(Flag::StopSending));
        asked.receive(&Flag::FinAck.encode()).unwrap();
        assert_eq!(asked.let_go(), None);
    }

    #[test]
    fn what_is_no_message_or_too_much_is_refused() {
        let too_long = [0x81, 0x80, 1];
        for bad in [&[2, 8, 4][..], &[1, 0x0B], &too_long, &[0x80, 0]] {
            assert_eq!(StreamState::default().receive(bad), Err(Malformed), "{bad:?}");
        }
        let mut state = StreamState::default();
        let (full, count) = state.write(&[1; MAX_MESSAGE_BYTES]).unwrap();
        let taken = (0..).take_while(|_| state.receive(&full).is_ok()).count();
        assert_eq!(taken, MAX_WAITING_BYTES / count);
    }

    #[test]
    fn a_closed_channel_still_gives_what_came_before_the_end() {
        let mut state = StreamState::default();
        state.receive(&StreamState::default().write(b"said").unwrap().0).unwrap();
        state.receive(&Flag::Fin.encode()).unwrap();
        state.close();
        assert_eq!(read(&mut state), b"said");
        assert_eq!(state.take(&mut [0]), Read::Bytes(0));
        let mut cut = StreamState::default();
        cut.close();
        assert_eq!(cut.take(&mut [0]), Read::Reset);
    }

    proptest! {
        #[test]
        fn any_messages_are_answered(
            messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..20)
        ) {
            let mut state = StreamState::default();
            for message in messages {
                let _ = state.receive(&message);
                let _ = state.take(&mut [0; 4]);
            }
        }
    }
}
