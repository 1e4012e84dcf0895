//! What messages weigh, and how long a stolen state reads along: real sessions, a virtual clock.
//!
//! Nothing here knows the layout of a message. What stands around a content is what an envelope
//! has no room for; what heals is what a copy of one end, which hears everything, cannot open.

use volly_core::{
    session::SessionState,
    wire::{Content, Said, Stamp},
};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{NOW, Pair, rng};

/// UTF-8 of each text, as in the figures for Signal.
const TEXT_BYTES: usize = 100;

/// Texts between two thefts.
const THEFT_EVERY: usize = 10;

/// Bytes around a content before padding, and of its envelope.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    /// What is no content.
    pub around: usize,
    /// What goes over the wire.
    pub envelope: usize,
}

/// What messages weigh when two people write in turns.
#[wasm_bindgen]
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// Texts and receipts.
    pub messages: usize,
    /// Of these, that carry the keys of a step.
    pub steps: usize,
    /// Bytes around the contents of the texts, before padding.
    pub around_texts: usize,
    /// Bytes of the receipts, all of them, before padding.
    pub receipts: usize,
    /// Bytes of all envelopes.
    pub envelopes: usize,
    /// States that were copied, and that the session healed from.
    pub healed: usize,
    /// Texts from the theft to the first that the thief cannot read, added up over these.
    pub texts_to_heal: usize,
    /// The same, at most, those that the session had not healed from at its end included.
    pub most_texts_to_heal: usize,
    /// Times the robbed end spoke and was answered until then, at most.
    pub most_round_trips_to_heal: usize,
}

#[wasm_bindgen]
impl Pair {
    /// Bytes of a prekey bundle.
    #[must_use]
    pub fn bundle_bytes(&self) -> usize {
        self.bundle().encode().len()
    }

    /// A first message, the answer with its proof, a message with a step, one without.
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    #[must_use]
    pub fn message_bytes(&self) -> Vec<Bytes> {
        let first = measure(|content| self.initiate(content).1.len());
        let [mut guest, mut inviter] = self.fresh();
        let answer = weigh(&inviter, NOW.into());
        say(&mut inviter, &mut guest, b"answer", NOW.into());
        let step = weigh(&guest, NOW.into());
        say(&mut guest, &mut inviter, b"proof", NOW.into());
        vec![first, answer, step, weigh(&inviter, NOW.into())]
    }

    /// Two people exchange texts, `run` of the one after each of the other, `pace` seconds apart,
    /// and answer each with a receipt when `receipts`.
    ///
    /// # Panics
    ///
    /// Never: both sides are in order.
    #[must_use]
    pub fn traffic(&self, texts: usize, run: usize, pace: u32, receipts: bool) -> Traffic {
        let mut talk = Talk { ends: self.fresh(), thieves: Vec::new(), sum: Traffic::default() };
        let mut now = u64::from(NOW);
        for text in 0..texts {
            now += u64::from(pace);
            // Before it has an answer an end has no turn to heal in.
            if text > 0 && text % THEFT_EVERY == 0 {
                talk.steal(text);
            }
            let from = usize::from(text % (run + 1) == run);
            talk.send(from, &text_content(text), now, Kind::Text, text);
            if receipts {
                talk.send(1 - from, &receipt_content(text), now, Kind::Receipt, text);
            }
        }
        // Who still reads at the end was not shut out by then.
        let reading = talk.thieves.iter().map(|thief| texts - thief.stolen_at);
        talk.sum.most_texts_to_heal = reading.fold(talk.sum.most_texts_to_heal, usize::max);
        talk.sum
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Receipt,
}

/// Who copied the state of one end, and hears everything.
struct Thief {
    copy: SessionState,
    robbed: usize,
    /// The next text when the state was copied.
    stolen_at: usize,
    /// Whether the robbed end has spoken since it was last answered.
    spoke: bool,
    round_trips: usize,
}

/// A conversation, and what was measured of it.
struct Talk {
    ends: [SessionState; 2],
    thieves: Vec<Thief>,
    sum: Traffic,
}

impl Talk {
    fn steal(&mut self, text: usize) {
        for (robbed, end) in self.ends.iter().enumerate() {
            self.thieves.push(Thief {
                copy: end.clone(),
                robbed,
                stolen_at: text,
                spoke: false,
                round_trips: 0,
            });
        }
    }

    fn send(&mut self, from: usize, content: &[u8], now: u64, kind: Kind, text: usize) {
        let [guest, inviter] = &mut self.ends;
        let (from_end, to_end) = if from == 0 { (guest, inviter) } else { (inviter, guest) };
        let Bytes { around, .. } = weigh(from_end, now);
        let envelope = say(from_end, to_end, content, now);
        self.sum.messages += 1;
        self.sum.envelopes += envelope.len();
        self.sum.steps += usize::from(around > STEADY_BYTES);
        match kind {
            Kind::Text => self.sum.around_texts += around,
            Kind::Receipt => self.sum.receipts += around + content.len(),
        }
        let sum = &mut self.sum;
        self.thieves.retain_mut(|thief| {
            if thief.robbed == from {
                thief.spoke = true;
                return true;
            }
            thief.round_trips += usize::from(core::mem::take(&mut thief.spoke));
            if thief.copy.open(&envelope, now).is_ok() {
                return true;
            }
            // Whoever cannot follow into one chain finds into none after it.
            let texts = text - thief.stolen_at;
            sum.healed += 1;
            sum.texts_to_heal += texts;
            sum.most_texts_to_heal = sum.most_texts_to_heal.max(texts);
            sum.most_round_trips_to_heal = sum.most_round_trips_to_heal.max(thief.round_trips);
            false
        });
    }
}

/// More than this stands around a content only with a step, which has 2,272 bytes of keys.
const STEADY_BYTES: usize = 1_000;

/// Weighs the next message of one end.
fn weigh(end: &SessionState, now: u64) -> Bytes {
    measure(|content| {
        end.clone().seal(content, now, &mut rng()).expect("the session is good").len()
    })
}

/// Finds what stands around a content: the envelope without the longest content that leaves it in
/// its size class.
fn measure(envelope: impl Fn(&[u8]) -> usize) -> Bytes {
    let class = envelope(&[]);
    let (mut fits, mut beyond) = (0, class);
    while beyond - fits > 1 {
        let middle = usize::midpoint(fits, beyond);
        if envelope(&vec![0xA5; middle]) == class {
            fits = middle;
        } else {
            beyond = middle;
        }
    }
    Bytes { around: class - fits, envelope: class }
}

fn say(from: &mut SessionState, to: &mut SessionState, content: &[u8], now: u64) -> Vec<u8> {
    let envelope = from.seal(content, now, &mut rng()).expect("the session is good");
    to.open(&envelope, now).expect("it was just sealed");
    envelope
}

fn text_content(text: usize) -> Vec<u8> {
    let (sequence, text) = (text as u64 + 1, "a".repeat(TEXT_BYTES));
    let stamp = Stamp { sequence, lamport: sequence, sent_at_ms: 0 };
    Content::Numbered(stamp, Said::Text { answers: None, lifetime: 0, text }).encode()
}

fn receipt_content(text: usize) -> Vec<u8> {
    let up_to = text as u64 + 1;
    Content::Receipt { delivered_up_to: up_to, read_up_to: up_to, ranges: Vec::new() }.encode()
}
