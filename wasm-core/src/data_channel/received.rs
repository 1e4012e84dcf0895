//! Bytes that came in messages and wait to be read.
//!
//! Invariant: no more than the limit that whoever pushes gives wait.

use std::collections::VecDeque;

/// See the module.
#[derive(Debug, Default)]
pub struct Received {
    messages: VecDeque<Vec<u8>>,
    /// Bytes in `messages` that were not read.
    waiting: usize,
    /// Bytes of the first that were.
    read: usize,
}

impl Received {
    /// Takes a message. False, and not taken, when more than `limit` bytes would wait.
    pub fn push(&mut self, message: Vec<u8>, limit: usize) -> bool {
        let waiting = self.waiting.saturating_add(message.len());
        if waiting > limit {
            return false;
        }
        if !message.is_empty() {
            self.waiting = waiting;
            self.messages.push_back(message);
        }
        true
    }

    /// Moves bytes of one message into `buffer`; how many, none when nothing waits.
    pub fn take(&mut self, buffer: &mut [u8]) -> usize {
        let Some(message) = self.messages.front() else { return 0 };
        let rest = message.get(self.read..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.waiting -= count;
        self.read += count;
        if count == rest.len() {
            self.messages.pop_front();
            self.read = 0;
        }
        count
    }

    /// How many bytes wait.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Drops what waits.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_in_pieces_of_any_size_and_make_room() {
        let mut received = Received::default();
        assert!(received.push(vec![1, 2, 3], 4) && received.push(vec![], 4));
        assert!(!received.push(vec![4, 5], 4), "a fifth byte does not fit");
        let mut buffer = [0; 2];
        assert_eq!((received.take(&mut buffer), buffer), (2, [1, 2]));
        assert!(received.push(vec![4, 5], 4));
        assert_eq!((received.take(&mut buffer), buffer[0]), (1, 3));
        assert_eq!((received.take(&mut buffer), buffer), (2, [4, 5]));
        assert!(received.is_empty());
        assert_eq!(received.take(&mut buffer), 0);
    }
}
