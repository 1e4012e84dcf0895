//! One of the people: a browser with its engine, its store and what it was told.

use std::collections::{BTreeMap, VecDeque};

use volly_core::{
    api::{CallId, ContactId, Numbered},
    engine::{
        Engine,
        input::{Input, Timestamp},
    },
};

use super::store::Store;

pub struct User {
    pub engine: Engine,
    pub store: Store,
    pub online: bool,
    pub connection: u64,
    pub inputs: VecDeque<Input>,
    pub replies: BTreeMap<CallId, Vec<u8>>,
    pub events: Vec<Numbered>,
    /// What the engine is ready to accept or to make directly: the key of the pair, and the PeerId
    /// at which it believes the contact to be.
    pub reach: BTreeMap<ContactId, ([u8; 32], Vec<u8>)>,
    pub crashes: u32,
}

impl User {
    /// A browser with what is on its disk.
    pub fn new(store: Store, now: Timestamp) -> Self {
        Self {
            engine: Engine::load(store.load(), now).unwrap(),
            store,
            online: false,
            connection: 0,
            inputs: VecDeque::new(),
            replies: BTreeMap::new(),
            events: Vec::new(),
            reach: BTreeMap::new(),
            crashes: 0,
        }
    }
}
