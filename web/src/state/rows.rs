//! From messages to the rows of a conversation: days, runs, tails, times and the line of the new.
//!
//! Rows lie in blocks, whose ends depend on the messages alone: what comes below or above leaves
//! the blocks between as they are, and they are not drawn again.

use std::rc::Rc;

use volly_core::api::{Form, MessageId, MessageState, MessageView};

use super::timeline::{Echo, Timeline};

/// Silence that ends a run of messages by one person.
const RUN_GAP_MS: u64 = 5 * 60_000;

/// Messages whose Lamport times differ in so many low bits alone lie in one block: about 32.
/// Lower: more blocks to compare. Higher: more rows to draw again when one changes.
const BLOCK_BITS: u32 = 5;

/// Neighbouring rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Names it; grows downwards.
    pub(crate) number: u64,
    /// Top to bottom, never empty.
    pub(crate) rows: Vec<Row>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Row {
    /// A new day starts: a moment in it, milliseconds since the Unix epoch.
    Day(u64),
    /// What follows was not seen before.
    New,
    /// A message.
    Bubble(Bubble),
}

/// Names a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A message that came from the store.
    Message(MessageId),
    /// One that was sent on this page, by the token of its echo.
    Sent(u64),
}

/// One message as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bubble {
    /// Names the row: it stays the same when a message takes the place of its echo.
    pub(crate) key: Key,
    /// The message, or what stands in for it.
    pub(crate) message: Rc<MessageView>,
    /// First of its run.
    pub(crate) first: bool,
    /// Last of its run: it has the tail.
    pub(crate) last: bool,
    /// The time shows.
    pub(crate) time: bool,
    /// The state shows.
    pub(crate) state: bool,
}

/// Lays a conversation out. `day` numbers the local day of a moment; `new_after` is the newest
/// message that had been seen when the conversation was opened.
pub(crate) fn blocks(
    timeline: &Timeline,
    new_after: Option<Option<MessageId>>,
    day: impl Fn(u64) -> i64,
) -> Vec<Rc<Block>> {
    let mut bubbles = bubbles(timeline);
    let days: Vec<i64> = bubbles.iter().map(|(_, bubble)| day(bubble.message.stored_at)).collect();
    for (at, days) in days.windows(2).enumerate() {
        if let [(_, before), (_, after)] = bubbles.get_mut(at..at + 2).unwrap_or_default() {
            join(before, after, days.first() == days.last());
        }
    }
    let mut blocks: Vec<Block> = Vec::new();
    let (mut today, mut new_after) = (None, new_after);
    for ((number, bubble), date) in bubbles.into_iter().zip(days) {
        if blocks.last().is_none_or(|block| block.number != number) {
            blocks.push(Block { number, rows: Vec::with_capacity(1 << BLOCK_BITS) });
        }
        let Some(Block { rows, .. }) = blocks.last_mut() else { continue };
        if today.replace(date) != Some(date) {
            rows.push(Row::Day(bubble.message.stored_at));
        }
        if bubble.message.state.is_none()
            && new_after.is_some_and(|seen| Some(bubble.message.id) > seen)
        {
            new_after = None;
            rows.push(Row::New);
        }
        rows.push(Row::Bubble(bubble));
    }
    blocks.into_iter().map(Rc::new).collect()
}

/// Every message by itself, with the number of its block.
fn bubbles(timeline: &Timeline) -> Vec<(u64, Bubble)> {
    let alone =
        |key, message| Bubble { key, message, first: true, last: true, time: true, state: true };
    let stored = timeline.messages.iter().map(|(id, message)| {
        let key = timeline.adopted.get(id).map_or(Key::Message(*id), |token| Key::Sent(*token));
        (id.lamport >> BLOCK_BITS, alone(key, Rc::clone(message)))
    });
    // An echo lies where its message will most likely lie, so that its row need not move.
    let next = timeline.messages.keys().next_back().map_or(0, |id| id.lamport.saturating_add(1));
    let sent = (next..).zip(&timeline.echoes).map(|(lamport, echo)| {
        (lamport >> BLOCK_BITS, alone(Key::Sent(echo.token), stand_in(echo)))
    });
    // What is sent belongs to the end, and one looks elsewhere.
    stored.chain(sent.take_while(|_| !timeline.has_newer)).collect()
}

/// Joins two neighbours to a run when they are one person's and close in time.
fn join(before: &mut Bubble, after: &mut Bubble, same_day: bool) {
    let (a, b) = (&before.message, &after.message);
    let close = b.stored_at.abs_diff(a.stored_at) < RUN_GAP_MS;
    let line = |message: &MessageView| matches!(message.form, Form::Timer(_));
    let by_one = a.state.is_some() == b.state.is_some() && !line(a) && !line(b);
    let run = by_one && close && same_day;
    before.last = !run;
    after.first = !run;
    before.time = !run || a.stored_at / 60_000 != b.stored_at / 60_000;
    before.state = before.time || a.state != b.state;
}

fn stand_in(echo: &Echo) -> Rc<MessageView> {
    Rc::new(MessageView {
        id: MessageId { lamport: u64::MAX, side: u8::MAX, sequence: echo.token },
        form: Form::Text,
        text: echo.text.to_string(),
        edited: false,
        answers: None,
        our_reaction: None,
        their_reaction: None,
        lifetime: 0,
        sent_at: echo.at,
        stored_at: echo.at,
        state: Some(MessageState::Queued),
        shared: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::samples::{ours, theirs};

    fn lay_out(messages: Vec<MessageView>, new_after: Option<Option<MessageId>>) -> Vec<Row> {
        let mut timeline = Timeline::default();
        for message in messages {
            timeline.take_message(message);
        }
        rows(&timeline, new_after, |at| i64::try_from(at / 86_400_000).unwrap())
    }

    fn rows(
        timeline: &Timeline,
        new_after: Option<Option<MessageId>>,
        day: impl Fn(u64) -> i64,
    ) -> Vec<Row> {
        let blocks = blocks(timeline, new_after, day);
        blocks.iter().flat_map(|block| block.rows.clone()).collect()
    }

    fn sketch(rows: &[Row]) -> String {
        rows.iter()
            .map(|row| match row {
                Row::Day(_) => "day".to_owned(),
                Row::New => "new".to_owned(),
                Row::Bubble(bubble) => {
                    let mut text = bubble.message.text.clone();
                    for (on, mark) in [(bubble.last, "<"), (bubble.time, "t"), (bubble.state, "s")]
                    {
                        text += if on { mark } else { "" };
                    }
                    text
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn a_run_shares_one_tail_and_a_minute_one_time() {
        let messages = vec![theirs(1, 0), theirs(2, 1_000), theirs(3, 61_000), ours(4, 62_000)];
        assert_eq!(sketch(&lay_out(messages, None)), "day 1 2ts 3<ts 4<ts");
    }

    #[test]
    fn a_pause_ends_a_run_and_midnight_starts_a_day() {
        let messages = vec![theirs(1, 0), theirs(2, RUN_GAP_MS), theirs(3, 86_400_000)];
        assert_eq!(sketch(&lay_out(messages, None)), "day 1<ts 2<ts day 3<ts");
    }

    #[test]
    fn a_state_that_differs_shows_within_the_minute() {
        let mut read = ours(1, 0);
        read.state = Some(MessageState::Read);
        assert_eq!(sketch(&lay_out(vec![read, ours(2, 0), ours(3, 0)], None)), "day 1s 2 3<ts");
    }

    #[test]
    fn the_line_of_the_new_stands_once_before_theirs() {
        let seen = theirs(1, 0).id;
        let messages = vec![theirs(1, 0), ours(2, 0), theirs(3, 0), theirs(4, 0)];
        let rows = lay_out(messages.clone(), Some(Some(seen)));
        assert_eq!(sketch(&rows), "day 1<ts 2<ts new 3 4<ts");
        assert!(sketch(&lay_out(messages, Some(None))).starts_with("day new 1"));
    }

    #[test]
    fn echoes_come_last_and_keep_their_row() {
        let mut timeline = Timeline::default();
        timeline.take_message(theirs(9, 0));
        timeline.echoes.push(Echo::new(1, "hi", 5));
        let before = rows(&timeline, None, |_| 0);
        assert_eq!(sketch(&before), "day 9<ts hi<ts");
        timeline.take_message(MessageView { text: "hi".into(), ..ours(10, 5) });
        let after = rows(&timeline, None, |_| 0);
        let key = |rows: &[Row]| match rows.last() {
            Some(Row::Bubble(bubble)) => bubble.key,
            _ => unreachable!(),
        };
        assert_eq!((key(&before), key(&after)), (Key::Sent(1), Key::Sent(1)));
    }

    #[test]
    fn what_comes_above_and_below_leaves_the_blocks_between_alone() {
        let mut timeline = Timeline::default();
        let lay_out = |timeline: &Timeline| blocks(timeline, None, |_| 0);
        (100..200).for_each(|n| timeline.take_message(theirs(n, n)));
        let before = lay_out(&timeline);
        (40..100).chain(200..201).for_each(|n| timeline.take_message(theirs(n, n)));
        let after = lay_out(&timeline);
        let numbers = |blocks: &[Rc<Block>]| blocks.iter().map(|b| b.number).collect::<Vec<_>>();
        assert_eq!(numbers(&before), [3, 4, 5, 6]);
        assert_eq!(numbers(&after), [1, 2, 3, 4, 5, 6]);
        let kept = after.iter().filter(|block| before.contains(block)).count();
        assert_eq!(kept, 2, "all but the first and the last one");
    }

    #[test]
    fn an_echo_waits_in_the_block_of_its_message() {
        let mut timeline = Timeline::default();
        timeline.take_message(theirs(30, 0));
        timeline.echoes.extend([Echo::new(1, "31", 5), Echo::new(2, "32", 5)]);
        let waiting = blocks(&timeline, None, |_| 0);
        for n in [31, 32] {
            timeline.take_message(MessageView { text: n.to_string(), ..ours(n, 5) });
        }
        let key = |row: &Row| match row {
            Row::Bubble(bubble) => Some(bubble.key),
            _ => None,
        };
        let keys = |blocks: &[Rc<Block>]| {
            let keys = |block: &Rc<Block>| block.rows.iter().filter_map(key).collect::<Vec<_>>();
            blocks.iter().map(keys).collect::<Vec<_>>()
        };
        assert_eq!(keys(&waiting), keys(&blocks(&timeline, None, |_| 0)));
        assert_eq!(waiting.len(), 2);
    }
}
