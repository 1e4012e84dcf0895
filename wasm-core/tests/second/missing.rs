//! protocol.md §6: the keys of messages that have not come yet, and what bounds them.

use super::message::{Header, header};

const MAX_KEYS: usize = 2_000;
const MAX_CHAINS: usize = 64;
const LIFETIME: u64 = 30 * 86_400;

#[derive(Clone)]
struct Key {
    index: u32,
    message_key: [u8; 32],
    at: u64,
}

#[derive(Clone)]
struct Chain {
    header_key: [u8; 32],
    keys: Vec<Key>,
}

/// The peer's chains, oldest first; the last is the one that is being received.
#[derive(Clone, Default)]
pub struct Missing(Vec<Chain>);

impl Missing {
    /// Finds the header key that opens `message`, newest chain first.
    pub fn chain_of(&self, message: &[u8]) -> Option<([u8; 32], Header)> {
        let open = |chain: &Chain| Some((chain.header_key, header(&chain.header_key, message)?));
        self.0.iter().rev().find_map(open)
    }

    /// Takes a key out, for its one message.
    pub fn take(&mut self, header_key: &[u8; 32], index: u32) -> Option<[u8; 32]> {
        let chain = self.0.iter_mut().find(|chain| chain.header_key == *header_key)?;
        let position = chain.keys.iter().position(|key| key.index == index)?;
        Some(chain.keys.remove(position).message_key)
    }

    /// The peer has begun a chain: what is too old goes, and what is one too many.
    pub fn begin_chain(&mut self, header_key: [u8; 32], now: u64) {
        for chain in &mut self.0 {
            chain.keys.retain(|key| now.saturating_sub(key.at) <= LIFETIME);
        }
        if self.0.len() == MAX_CHAINS {
            let waits_for_none = self.0.iter().position(|chain| chain.keys.is_empty());
            self.0.remove(waits_for_none.unwrap_or(0));
        }
        self.0.push(Chain { header_key, keys: Vec::new() });
    }

    /// Keeps a key of the newest chain.
    pub fn insert(&mut self, index: u32, message_key: [u8; 32], now: u64) {
        self.0.last_mut().unwrap().keys.push(Key { index, message_key, at: now });
        if self.0.iter().map(|chain| chain.keys.len()).sum::<usize>() > MAX_KEYS {
            let oldest = self.0.iter_mut().find(|chain| !chain.keys.is_empty());
            oldest.unwrap().keys.remove(0);
        }
    }
}
