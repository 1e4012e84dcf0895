//! Many cases of one target, and what came of them.

use core::{any::Any, time::Duration};
use std::{panic, time::Instant};

use rustix::time::{ClockId, clock_gettime};

use crate::{Target, Verdict, mutate::Mutator};

/// What a case may take of a processor.
///
/// Lower: a slow machine fails it. Higher: a decoder whose work grows faster than its bytes is not
/// noticed at the sizes that a frame has.
pub const CASE_LIMIT: Duration = Duration::from_millis(100);

/// Accepted cases that are seeds besides the corpus; a newer one replaces any of them.
const MAX_FOUND: usize = 256;

/// What came of the cases.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// So many.
    pub cases: u64,
    /// So many were accepted.
    pub accepted: u64,
    /// All together, with the making of the cases.
    pub elapsed: Duration,
    /// What the longest of them took of a processor.
    pub slowest: Duration,
}

/// A case that something is wrong with.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The bytes.
    pub input: Vec<u8>,
    /// What the panic said, or how long it took.
    pub why: String,
}

impl Outcome {
    /// Runs one case.
    ///
    /// # Errors
    ///
    /// [`Failure`] when the target panics, or takes longer than [`CASE_LIMIT`] three times in a row:
    /// once it may have been the machine.
    pub fn take(&mut self, target: &Target, input: &[u8]) -> Result<Verdict, Failure> {
        let mut shortest = Duration::MAX;
        for _ in 0..3 {
            let (verdict, spent) = spent(|| panic::catch_unwind(|| (target.run)(input)));
            let verdict = verdict.map_err(|payload| Failure {
                input: input.to_vec(),
                why: message(payload.as_ref()),
            })?;
            shortest = shortest.min(spent);
            if spent <= CASE_LIMIT {
                self.cases += 1;
                self.accepted += u64::from(verdict == Verdict::Accepted);
                self.slowest = self.slowest.max(shortest);
                return Ok(verdict);
            }
        }
        Err(Failure { input: input.to_vec(), why: format!("it took {shortest:?}") })
    }

    /// Cases in a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        u32::try_from(self.cases).map_or(f64::INFINITY, f64::from)
            / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// Runs the seeds as they are, then `cases` mutated ones; the same for the same `seed`.
///
/// # Errors
///
/// The first [`Failure`].
pub fn run(target: &Target, seeds: &[Vec<u8>], seed: u64, cases: u64) -> Result<Outcome, Failure> {
    let (outcome, elapsed) = timed(|| untimed(target, seeds, seed, cases));
    outcome.map(|outcome| Outcome { elapsed, ..outcome })
}

fn untimed(target: &Target, seeds: &[Vec<u8>], seed: u64, cases: u64) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::default();
    for seed in seeds {
        outcome.take(target, seed)?;
    }
    let mut mutator = Mutator::new(seed);
    let (mut pool, mut case) = (seeds.to_vec(), Vec::new());
    for _ in 0..cases {
        // Half of the cases start from the corpus, or what was found would crowd it out.
        let among = if mutator.below(2) == 0 { seeds.len() } else { pool.len() };
        let (one, other) = (mutator.below(among), mutator.below(pool.len()));
        let at = |place: usize| pool.get(place).map_or(&[][..], Vec::as_slice);
        mutator.case(&mut case, at(one), at(other));
        if outcome.take(target, &case)? == Verdict::Accepted {
            if pool.len() < seeds.len() + MAX_FOUND {
                pool.push(case.clone());
            } else {
                let place = seeds.len() + mutator.below(MAX_FOUND);
                pool.iter_mut().skip(place).take(1).for_each(|found| found.clone_from(&case));
            }
        }
    }
    Ok(outcome)
}

/// What this thread has had of a processor: beside other work the clock on the wall says little.
#[must_use]
pub fn processor_time() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

fn spent<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = processor_time();
    let value = work();
    (value, processor_time().saturating_sub(started))
}

#[expect(clippy::disallowed_methods, reason = "how long a campaign takes is what is asked here")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let value = work();
    (value, started.elapsed())
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("it panicked").to_owned()
}
