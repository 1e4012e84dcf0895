//! protocol.md §6: a reader who has the secrets of one side, and follows both directions.

use super::{
    handshake::{Keys, drawn, drawn_dh},
    message::{ACKNOWLEDGES, Header, PROOF, STEP, Step, body, header, is_padded},
    missing::Missing,
    primitives::{array, decapsulate, dh, hmac, kdf_salted, kem_public},
};

/// Messages after which, and seconds after which, the older chain ends.
const CHAIN_MESSAGES: u32 = 8;
const CHAIN_SECONDS: u64 = 60;
/// Messages that may be missing at once.
const MAX_MISSING: u32 = 1_000;

/// A direction: the header key of its chain, if one has begun, and that of its next one.
#[derive(Clone, Default)]
struct Chain {
    header_key: Option<[u8; 32]>,
    next_header_key: [u8; 32],
    key: [u8; 32],
    index: u32,
}

impl Chain {
    /// `RK' ‖ CK ‖ NHK`.
    fn begin(&mut self, root: &mut [u8; 32], ikm: &[u8]) {
        let keys: [u8; 96] = kdf_salted(root, ikm, b"volly/1/ratchet/root");
        *root = array(&keys[..32]);
        self.header_key = Some(self.next_header_key);
        self.key = array(&keys[32..64]);
        self.next_header_key = array(&keys[64..]);
        self.index = 0;
    }

    /// The next message key.
    fn advance(&mut self) -> [u8; 32] {
        let message_key = hmac(&self.key, &[1]);
        self.key = hmac(&self.key, &[2]);
        self.index += 1;
        message_key
    }
}

/// The secrets of a step, and the other side's public part.
#[derive(Clone, Default)]
pub struct Start {
    pub own_dh: Vec<u8>,
    pub own_kem: Vec<u8>,
    pub peer_dh: Vec<u8>,
    pub peer_kem: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Initiator,
    Recipient,
}

#[derive(Clone)]
pub struct Reader {
    side: Side,
    associated_data: [u8; 32],
    root: [u8; 32],
    /// The initiator's certified ML-KEM key: its seed with the initiator, else the public key.
    proof_key: Vec<u8>,
    latest: Start,
    sending: Chain,
    receiving: Chain,
    missing: Missing,
    /// What the chain sent now carries until the peer has it, and when it began.
    step: Option<Step>,
    began: u64,
    /// How many chains this side has begun, and how many of the peer's it has seen.
    chains: u32,
    received: u32,
    /// Whether the peer's chain is the newer one.
    peer_is_newer: bool,
    acknowledged: bool,
}

impl Reader {
    /// `latest` holds on the recipient's side SPK and PQOPK as its own, on the initiator's side as
    /// the peer's; the other half is empty until the first step.
    pub fn new(side: Side, keys: &Keys, latest: Start, proof_key: Vec<u8>) -> Self {
        let to_recipient = Chain { next_header_key: keys.header, ..Chain::default() };
        let to_initiator = Chain { next_header_key: keys.next_header, ..Chain::default() };
        let (sending, receiving) = match side {
            Side::Initiator => (to_recipient, to_initiator),
            Side::Recipient => (to_initiator, to_recipient),
        };
        Self {
            side,
            associated_data: keys.associated_data,
            root: keys.root,
            proof_key,
            latest,
            sending,
            receiving,
            missing: Missing::default(),
            step: None,
            began: 0,
            chains: 0,
            received: 0,
            peer_is_newer: false,
            acknowledged: false,
        }
    }

    /// Opens what the peer sent. A message that does not open changes nothing.
    pub fn receive(&mut self, message: &[u8], now: u64) -> Option<Vec<u8>> {
        let ways = [Self::current, Self::newer, Self::late];
        let (next, content) = ways.iter().find_map(|way| {
            let mut next = self.clone();
            let content = way(&mut next, message, now)?;
            Some((next, content))
        })?;
        *self = next;
        Some(content)
    }

    fn late(&mut self, message: &[u8], _now: u64) -> Option<Vec<u8>> {
        let (header_key, found) = self.missing.chain_of(message)?;
        let message_key = self.missing.take(&header_key, found.index)?;
        self.note_acknowledgement(&header_key, &found);
        body(&message_key, &self.associated_data, message, found.sealed)
    }

    fn current(&mut self, message: &[u8], now: u64) -> Option<Vec<u8>> {
        let header_key = self.receiving.header_key?;
        let found = header(&header_key, message)?;
        (self.receiving.index <= found.index).then_some(())?;
        self.note_acknowledgement(&header_key, &found);
        self.in_chain(message, &found, now)
    }

    fn newer(&mut self, message: &[u8], now: u64) -> Option<Vec<u8>> {
        let found = header(&self.receiving.next_header_key, message)?;
        let step = found.step.as_ref()?;
        if self.receiving.header_key.is_some() {
            self.skip(step.previous, now)?;
        }
        let mut ikm = dh(&self.latest.own_dh, &step.ratchet_key)?.to_vec();
        ikm.extend(decapsulate(&self.latest.own_kem, &step.ciphertext));
        let answer = self.side == Side::Initiator && self.receiving.header_key.is_none();
        (step.proof.is_some() == answer).then_some(())?;
        if let Some(proof) = &step.proof {
            ikm.extend(decapsulate(&self.proof_key, proof));
        }
        self.receiving.begin(&mut self.root, &ikm);
        self.missing.begin_chain(self.receiving.header_key?, now);
        self.latest.peer_dh.clone_from(&step.ratchet_key);
        self.latest.peer_kem.clone_from(&step.encapsulation_key);
        self.received += 1;
        self.peer_is_newer = true;
        self.acknowledged = true;
        self.in_chain(message, &found, now)
    }

    fn in_chain(&mut self, message: &[u8], found: &Header, now: u64) -> Option<Vec<u8>> {
        self.skip(found.index, now)?;
        let message_key = self.receiving.advance();
        body(&message_key, &self.associated_data, message, found.sealed)
    }

    /// Keeps the keys before message `until` of the chain that is being received.
    fn skip(&mut self, until: u32, now: u64) -> Option<()> {
        (until.saturating_sub(self.receiving.index) <= MAX_MISSING).then_some(())?;
        while self.receiving.index < until {
            let index = self.receiving.index;
            let message_key = self.receiving.advance();
            self.missing.insert(index, message_key, now);
        }
        Some(())
    }

    /// Only the peer's newest chain speaks of this side's newest one.
    fn note_acknowledgement(&mut self, header_key: &[u8; 32], found: &Header) {
        let newest = self.receiving.header_key.as_ref() == Some(header_key);
        self.acknowledged |= newest && found.flags & ACKNOWLEDGES != 0;
    }

    /// Opens what this side itself sent at `now`, with `draws` the random bytes it drew for it, and
    /// checks every decision that header and length tell; `enclosing` bytes are around `message`.
    pub fn sent(
        &mut self,
        message: &[u8],
        enclosing: usize,
        draws: &[Vec<u8>],
        now: u64,
    ) -> Option<Vec<u8>> {
        if self.begins(now) {
            self.begin(message, draws, now)?;
        }
        let found = header(self.sending.header_key.as_ref()?, message)?;
        assert_eq!(found.index, self.sending.index, "N");
        let step = if self.acknowledged { None } else { self.step.as_ref() };
        assert_eq!(found.step.as_ref(), step, "the step");
        let proof = step.is_some_and(|step| step.proof.is_some());
        let bit = |set: bool, bit: u8| if set { bit } else { 0 };
        let flags =
            bit(step.is_some(), STEP) | bit(proof, PROOF) | bit(self.peer_is_newer, ACKNOWLEDGES);
        assert_eq!(found.flags, flags, "the flags");
        let message_key = self.sending.advance();
        let content = body(&message_key, &self.associated_data, message, found.sealed)?;
        let around = enclosing + found.sealed;
        assert!(is_padded(enclosing + message.len(), around, content.len()), "the size");
        Some(content)
    }

    /// Whether the next message begins a chain.
    fn begins(&self, now: u64) -> bool {
        // The initiator's second chain is the first that builds on the answer.
        let owes = self.side == Side::Initiator && self.chains == 1;
        let old = self.sending.index >= CHAIN_MESSAGES || now.abs_diff(self.began) >= CHAIN_SECONDS;
        self.chains == 0 || self.peer_is_newer && (owes || old)
    }

    fn begin(&mut self, message: &[u8], draws: &[Vec<u8>], now: u64) -> Option<()> {
        let step = header(&self.sending.next_header_key, message)?.step?;
        assert_eq!(step.previous, self.sending.index, "PN");
        let own_dh = drawn_dh(draws, &step.ratchet_key)?;
        let own_kem = draws
            .iter()
            .find(|draw| draw.len() == 64 && kem_public(draw) == step.encapsulation_key)?;
        let mut ikm = dh(own_dh, &self.latest.peer_dh)?.to_vec();
        ikm.extend(drawn(&self.latest.peer_kem, draws, &step.ciphertext)?);
        let first = self.side == Side::Recipient && self.chains == 0;
        assert_eq!(step.proof.is_some(), first, "the proof");
        if let Some(proof) = &step.proof {
            ikm.extend(drawn(&self.proof_key, draws, proof)?);
        }
        self.sending.begin(&mut self.root, &ikm);
        self.latest.own_dh.clone_from(own_dh);
        self.latest.own_kem.clone_from(own_kem);
        self.step = Some(step);
        self.began = now;
        self.chains += 1;
        self.peer_is_newer = false;
        self.acknowledged = false;
        Some(())
    }

    /// Whether the peer has proven its certified ML-KEM key: the recipient by its first chain, the
    /// initiator by its second.
    pub fn is_authenticated(&self) -> bool {
        match self.side {
            Side::Initiator => self.received >= 1,
            Side::Recipient => self.received >= 2,
        }
    }
}
