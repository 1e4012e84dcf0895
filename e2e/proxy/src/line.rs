//! What becomes of what is sent over one direction of a line. Pure.
//!
//! Invariant: a stream loses nothing and keeps its order, whatever the conditions are.

use core::time::Duration;

/// What a lost packet costs a stream at least: the shortest time after which TCP sends it again
/// (RFC 6298 names a second; Linux takes this one). Doubled when that is lost, too.
const RESEND_AFTER: Duration = Duration::from_millis(200);

/// Losses in a row that a stream counts.
const MAX_RESENDS: u32 = 5;

/// How much later than the others an overtaken datagram arrives.
const OVERTAKEN_BY: Duration = Duration::from_millis(50);

/// What waits for a narrow line at most; a datagram that would wait longer is lost.
const MAX_QUEUE: Duration = Duration::from_secs(1);

/// How a line is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Nothing passes.
    pub cut: bool,
    /// Per cent that are lost.
    pub loss: u8,
    /// Per cent that arrive twice.
    pub duplicate: u8,
    /// Per cent that others overtake.
    pub reorder: u8,
    /// How long it takes, on average.
    pub delay: Duration,
    /// By how much more or less.
    pub jitter: Duration,
    /// Bytes a second; `None`: as many as there are.
    pub rate: Option<u32>,
}

impl Conditions {
    /// Changes what `words` name, as `loss 20 delay 200 jitter 100`; milliseconds, per cent, bytes a
    /// second. `cut`, `heal` and `clear` have no number.
    ///
    /// # Errors
    /// The first word that means nothing; then nothing is changed.
    pub fn change(&mut self, words: &[&str]) -> Result<(), String> {
        let mut changed = self.clone();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "cut" => changed.cut = true,
                "heal" => changed.cut = false,
                "clear" => changed = Self::default(),
                _ => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    changed.set(word, number).ok_or_else(|| word.to_owned())?;
                }
            }
        }
        *self = changed;
        Ok(())
    }

    fn set(&mut self, word: &str, number: Option<u32>) -> Option<()> {
        let number = number?;
        let share = u8::try_from(number).ok().filter(|share| *share <= 100);
        match word {
            "loss" => self.loss = share?,
            "duplicate" => self.duplicate = share?,
            "reorder" => self.reorder = share?,
            "delay" => self.delay = Duration::from_millis(number.into()),
            "jitter" => self.jitter = Duration::from_millis(number.into()),
            "rate" => self.rate = Some(number).filter(|rate| *rate > 0),
            _ => return None,
        }
        Some(())
    }
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn happens(&mut self, per_cent: u8) -> bool {
        self.next() % 100 < per_cent.into()
    }

    /// Evenly between none of it and the whole.
    fn part_of(&mut self, whole: Duration) -> Duration {
        let thousandths = u32::try_from(self.next() % 1_001).unwrap_or_default();
        whole * thousandths / 1_000
    }
}

/// One direction of a line. Times are since any beginning, the same for all calls.
#[derive(Clone, Debug)]
pub struct Line {
    random: Random,
    /// When a narrow line has sent what was given to it.
    free_at: Duration,
    /// When the last bytes of a stream arrive.
    last: Duration,
}

impl Line {
    /// One on which nothing is on its way.
    #[must_use]
    pub const fn new(random: Random) -> Self {
        Self { random, free_at: Duration::ZERO, last: Duration::ZERO }
    }

    /// When a datagram of so many bytes arrives, once for each copy; never, when it is lost.
    pub fn datagram(&mut self, is: &Conditions, now: Duration, bytes: usize) -> Vec<Duration> {
        if is.cut || self.random.happens(is.loss) {
            return Vec::new();
        }
        let Some(sent) = self.sent(is, now, bytes) else { return Vec::new() };
        let copies = 1 + usize::from(self.random.happens(is.duplicate));
        let arrives = (0..copies).map(|_| {
            let overtaken = self.random.happens(is.reorder);
            let late = if overtaken { OVERTAKEN_BY } else { Duration::ZERO };
            sent + late + self.travel(is)
        });
        arrives.collect()
    }

    /// When so many bytes of a stream arrive: what is lost is sent again, and all behind it waits.
    pub fn chunk(&mut self, is: &Conditions, now: Duration, bytes: usize) -> Duration {
        let mut resends = 0;
        while resends < MAX_RESENDS && self.random.happens(is.loss) {
            resends += 1;
        }
        let late = RESEND_AFTER * ((1 << resends) - 1);
        let sent = self.send(is, now, bytes);
        self.last = self.last.max(sent + late + self.travel(is));
        self.last
    }

    /// When a narrow line has sent it; `None` when too much waits already.
    fn sent(&mut self, is: &Conditions, now: Duration, bytes: usize) -> Option<Duration> {
        let waits = self.free_at.saturating_sub(now);
        (is.rate.is_none() || waits <= MAX_QUEUE).then(|| self.send(is, now, bytes))
    }

    fn send(&mut self, is: &Conditions, now: Duration, bytes: usize) -> Duration {
        let Some(rate) = is.rate else { return now };
        let takes = Duration::from_secs(1) * u32::try_from(bytes).unwrap_or(u32::MAX) / rate;
        self.free_at = self.free_at.max(now) + takes;
        self.free_at
    }

    fn travel(&mut self, is: &Conditions) -> Duration {
        let earliest = is.delay.saturating_sub(is.jitter);
        earliest + self.random.part_of(is.delay + is.jitter - earliest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn conditions(words: &str) -> Conditions {
        let mut conditions = Conditions::default();
        conditions.change(&words.split_whitespace().collect::<Vec<_>>()).unwrap();
        conditions
    }

    /// When each of a thousand datagrams arrives, one sent each millisecond.
    fn thousand(words: &str) -> Vec<Vec<Duration>> {
        let (is, mut line) = (conditions(words), Line::new(Random::new(1)));
        (0..1_000).map(|number| line.datagram(&is, MS * number, 1_000)).collect()
    }

    #[test]
    fn a_line_in_order_delivers_at_once_and_a_cut_one_never() {
        let expected: Vec<_> = (0..1_000).map(|number| vec![MS * number]).collect();
        assert_eq!(thousand(""), expected);
        assert!(thousand("cut").iter().all(Vec::is_empty));
        assert_eq!(thousand("cut loss 50 heal loss 0"), expected);
        assert_eq!(thousand("cut loss 50 delay 10 clear"), expected);
    }

    #[test]
    fn so_many_are_lost_doubled_and_late_as_was_said() {
        let all = thousand("loss 20 duplicate 10 delay 200 jitter 100");
        let lost = all.iter().filter(|copies| copies.is_empty()).count();
        let doubled = all.iter().filter(|copies| copies.len() == 2).count();
        assert!((150..250).contains(&lost), "{lost}");
        assert!((50..110).contains(&doubled), "{doubled}");
        for (number, copies) in (0..).zip(&all) {
            for arrives in copies {
                let took = *arrives - MS * number;
                assert!((100 * MS..=300 * MS).contains(&took), "{took:?}");
            }
        }
        let overtaken = |all: Vec<Vec<Duration>>| all.concat().is_sorted();
        assert!(!overtaken(all));
        assert!(!overtaken(thousand("reorder 10")));
        assert!(overtaken(thousand("delay 200")), "without jitter the order stays");
    }

    #[test]
    fn a_narrow_line_carries_its_rate_and_drops_the_rest() {
        let all = thousand("rate 100000");
        let carried = all.iter().filter(|copies| !copies.is_empty()).count();
        // A second of sending, and a second in the queue.
        assert!((190..210).contains(&carried), "{carried}");
        let last = all.concat().into_iter().max().unwrap();
        assert!(last < 2_050 * MS, "{last:?}");
    }

    #[test]
    fn what_means_nothing_changes_nothing() {
        for words in ["lose 1", "loss", "loss x", "loss 101", "cut delay", "loss 5 jitter -1"] {
            let mut conditions = Conditions::default();
            let words: Vec<_> = words.split(' ').collect();
            assert!(conditions.change(&words).is_err(), "{words:?}");
            assert_eq!(conditions, Conditions::default());
        }
    }

    proptest! {
        #[test]
        fn a_stream_keeps_its_order_and_is_never_early(
            seed in any::<u64>(), loss in 0_u8..=100, delay in 0_u32..500, jitter in 0_u32..500,
        ) {
            let is = Conditions { loss, delay: delay * MS, jitter: jitter * MS, ..Default::default() };
            let mut line = Line::new(Random::new(seed));
            let mut before = Duration::ZERO;
            for number in 0..200 {
                let arrives = line.chunk(&is, MS * number, 1_460);
                prop_assert!(arrives >= before && arrives >= MS * number);
                prop_assert!(arrives <= MS * (199 + delay + jitter) + RESEND_AFTER * 31);
                before = arrives;
            }
        }
    }

    #[test]
    fn a_stream_on_a_line_that_loses_waits_for_what_is_sent_again() {
        let mut line = Line::new(Random::new(1));
        let is = conditions("loss 20");
        let waits = (0..1_000).filter(|number| {
            let now = MS * 10 * *number;
            line.chunk(&is, now, 1_460) >= now + RESEND_AFTER / 2
        });
        assert!((200..999).contains(&waits.count()));
    }
}
