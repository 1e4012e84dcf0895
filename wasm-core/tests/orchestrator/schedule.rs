//! One random schedule: how the two talk, what the network and their machines do to them, and the
//! session that they must have in the end.

use super::{
    people::{DAY, Person},
    tape::Tape,
    world::{Tally, World},
};

/// New handshakes after which two who share no session that works must have one.
const MOST_HANDSHAKES: u64 = 2;

/// What is typical of one schedule. Shares are in percent.
struct Weather {
    /// Of the first of the two in what is said.
    first_speaks: u64,
    /// Messages that one says in a row, at most.
    burst: u64,
    dropped: u64,
    doubled: u64,
    /// Of messages that are delayed, and how long at most, in seconds.
    delayed: u64,
    delay: u64,
    /// Between two actions, in seconds.
    pause: u64,
    rolls_back: bool,
    /// Somebody accepts invite after invite.
    calls_often: bool,
}

impl Weather {
    fn draw(choices: &mut Tape) -> Self {
        let mut one_of = |all: &[u64]| {
            let which = usize::try_from(choices.below(all.len() as u64)).unwrap();
            all[which]
        };
        Self {
            first_speaks: one_of(&[0, 10, 50, 50, 91, 100]),
            burst: one_of(&[1, 1, 2, 10]),
            dropped: one_of(&[0, 0, 10, 50]),
            doubled: one_of(&[0, 10, 30]),
            delayed: one_of(&[0, 20, 60]),
            delay: one_of(&[5, 300, 2 * DAY, 40 * DAY]),
            pause: one_of(&[1, 20, 90, 3_600, 3 * DAY]),
            rolls_back: one_of(&[0, 1]) == 1,
            calls_often: choices.percent(5),
        }
    }
}

pub struct Schedule<'p> {
    world: World<'p>,
    weather: Weather,
    choices: Tape,
    /// Envelopes on their way, and when they come.
    coming: Vec<(u64, usize)>,
}

impl<'p> Schedule<'p> {
    pub fn draw(people: &'p [Person; 2], seed: u64) -> Self {
        let mut choices = Tape::new(seed);
        let mut world = World::new(people, choices.below(u64::MAX));
        let most = [0, 100, DAY][usize::try_from(choices.below(3)).unwrap()];
        world.skew[1] = i64::try_from(choices.below(most + 1)).unwrap();
        if choices.percent(50) {
            world.skew[1] = -world.skew[1];
        }
        let weather = Weather::draw(&mut choices);
        Self { world, weather, choices, coming: Vec::new() }
    }

    pub fn run(mut self) -> Tally {
        self.meet();
        for _ in 0..4 + self.choices.below(10) {
            self.world.now += self.choices.below(self.weather.pause + 1);
            self.act();
            self.arrive_due();
        }
        self.settle();
        self.world.tally
    }

    /// One side calls, or both before they have heard of each other.
    fn meet(&mut self) {
        let first = self.side();
        self.initiate(first);
        if self.choices.percent(20) {
            self.initiate(1 - first);
            self.world.count("crossing");
        }
    }

    fn act(&mut self) {
        match self.choices.below(100) {
            0..20 if self.weather.rolls_back => self.remember_or_roll_back(),
            20..60 if self.weather.calls_often => self.call(),
            0..72 => self.talk(),
            72..77 => {
                let side = self.side();
                self.world.restart(side);
            }
            77..80 => {
                let (side, content) = (self.side(), self.content());
                self.world.crash(side, &content);
            }
            80..86 => {
                let number = self.any();
                self.world.arrive_forged(number, &mut self.choices);
            }
            86..92 => {
                let number = self.any();
                self.world.count("replayed");
                self.world.arrive(number);
            }
            92..94 => self.call(),
            _ => self.talk(),
        }
    }

    fn remember_or_roll_back(&mut self) {
        let side = self.side();
        match self.world.snapshots(side) {
            0 => self.world.snapshot(side),
            some => {
                let which = self.choices.below(some as u64).try_into().unwrap();
                self.world.roll_back(side, which);
            }
        }
    }

    fn call(&mut self) {
        let side = self.side();
        self.initiate(side);
    }

    fn talk(&mut self) {
        let speaker = if self.choices.percent(self.weather.first_speaks) { 0 } else { 1 };
        for _ in 0..=self.choices.below(self.weather.burst) {
            let content = self.content();
            if let Some(number) = self.world.say(speaker, content) {
                self.post(number);
            }
        }
    }

    fn initiate(&mut self, side: usize) {
        let last_resort = self.choices.percent(50);
        let content = self.content();
        let number = self.world.initiate(side, last_resort, content);
        self.post(number);
    }

    /// Hands an envelope to the network.
    fn post(&mut self, number: usize) {
        if self.choices.percent(self.weather.dropped) {
            self.world.count("dropped");
            return;
        }
        let doubled = self.choices.percent(self.weather.doubled);
        if doubled {
            self.world.count("doubled");
        }
        for _ in 0..=u64::from(doubled) {
            let delayed = self.choices.percent(self.weather.delayed);
            let delay = if delayed { self.choices.below(self.weather.delay) } else { 0 };
            self.coming.push((self.world.now + delay, number));
        }
    }

    /// What is due comes, in any order.
    fn arrive_due(&mut self) {
        let now = self.world.now;
        let mut due: Vec<_> = self.coming.extract_if(.., |(at, _)| *at <= now).collect();
        while !due.is_empty() {
            let which =
                if self.choices.percent(70) { 0 } else { self.choices.below(due.len() as u64) };
            let (_, number) = due.remove(which.try_into().unwrap());
            self.world.arrive(number);
        }
    }

    /// The faults have ended. What is on its way comes, first messages are sent again until they
    /// are answered, and the two talk.
    fn settle(&mut self) {
        self.world.now += self.choices.below(self.weather.delay);
        self.arrive_due();
        self.coming.clear();
        for number in self.world.unanswered() {
            self.world.arrive(number);
        }
        let should_talk = self.world.should_talk();
        let mut handshakes = 0;
        while !self.converse() {
            assert!(!should_talk, "no session works, though the two share one");
            assert!(handshakes < MOST_HANDSHAKES, "no session after {handshakes} handshakes");
            // A clock that is behind by less than a day has passed the last handshake by then.
            self.world.now += DAY * handshakes + 1;
            handshakes += 1;
            self.world.count(if handshakes == 1 { "handshake anew" } else { "and another" });
            let caller = self.side();
            let content = self.content();
            let number = self.world.initiate(caller, true, content);
            self.world.arrive(number);
        }
    }

    /// Whether the two, after a message each way, use one session and open all at once.
    fn converse(&mut self) -> bool {
        let first = self.side();
        for side in [first, 1 - first] {
            self.exchange(side);
        }
        let agree = self.world.agree();
        agree && [first, 1 - first].into_iter().all(|side| self.exchange(side))
    }

    fn exchange(&mut self, speaker: usize) -> bool {
        self.world.now += self.choices.below(40);
        let content = self.content();
        let number = self.world.say(speaker, content);
        number.is_some_and(|number| self.world.arrive(number))
    }

    fn side(&mut self) -> usize {
        self.choices.below(2).try_into().unwrap()
    }

    /// Any envelope that was ever sent.
    fn any(&mut self) -> usize {
        self.choices.below(self.world.sent() as u64).try_into().unwrap()
    }

    /// No two are equal, so that no envelope passes for another. Mostly short.
    fn content(&mut self) -> Vec<u8> {
        let most = if self.choices.percent(90) { 200 } else { 3_000 };
        let length = 16 + usize::try_from(self.choices.below(most)).unwrap();
        self.choices.bytes(length)
    }
}
