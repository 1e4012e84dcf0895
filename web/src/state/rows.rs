//! From messages to the rows of a conversation: days, runs, tails, times and the line of the new.

use std::rc::Rc;

use volly_core::api::{MessageId, MessageState, MessageView};

use super::timeline::{Echo, Timeline};

/// Silence that ends a run of messages by one person.
const RUN_GAP_MS: u64 = 5 * 60_000;

/// One row.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
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
pub(crate) fn rows(
    timeline: &Timeline,
    new_after: Option<Option<MessageId>>,
    day: impl Fn(u64) -> i64,
) -> Vec<Row> {
    let stored = timeline.messages.iter().map(|(id, message)| {
        let key = timeline.adopted.get(id).map_or(Key::Message(*id), |token| Key::Sent(*token));
        (key, Rc::clone(message))
    });
    let sent = timeline.echoes.iter().map(|echo| (Key::Sent(echo.token), stand_in(echo)));
    let mut bubbles: Vec<Bubble> = stored
        .chain(sent)
        .map(|(key, message)| Bubble {
            key,
            message,
            first: true,
            last: true,
            time: true,
            state: true,
        })
        .collect();
    for at in 1..bubbles.len() {
        if let [.., before, after] = bubbles.get_mut(..=at).unwrap_or_default() {
            join(before, after, &day);
        }
    }
    let mut rows = Vec::with_capacity(bubbles.len() + 8);
    let (mut today, mut new_after) = (None, new_after);
    for bubble in bubbles {
        let date = day(bubble.message.stored_at);
        if today != Some(date) {
            today = Some(date);
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
    rows
}

/// Joins two neighbours to a run when they are one person's and close in time.
fn join(before: &mut Bubble, after: &mut Bubble, day: impl Fn(u64) -> i64) {
    let (a, b) = (&before.message, &after.message);
    let close = b.stored_at.abs_diff(a.stored_at) < RUN_GAP_MS;
    let run =
        a.state.is_some() == b.state.is_some() && close && day(a.stored_at) == day(b.stored_at);
    before.last = !run;
    after.first = !run;
    before.time = !run || a.stored_at / 60_000 != b.stored_at / 60_000;
    before.state = before.time || a.state != b.state;
}

fn stand_in(echo: &Echo) -> Rc<MessageView> {
    Rc::new(MessageView {
        id: MessageId { lamport: u64::MAX, side: u8::MAX, sequence: echo.token },
        text: echo.text.to_string(),
        sent_at: echo.at,
        stored_at: echo.at,
        state: Some(MessageState::Queued),
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
}
