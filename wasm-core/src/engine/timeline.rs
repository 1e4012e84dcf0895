//! History for a view, in pages.

use alloc::{collections::BTreeSet, vec::Vec};

use super::{
    Engine,
    effect::{Bound, Scan, Table},
    messages::{Rows, one},
    reading::Reading,
    reply::ReplyTo,
    rows::{contact_key, message_key},
};
use crate::{
    api::{ContactId, GetTimeline, MessageId, Stretch, TimelinePage},
    limits::{MAX_AWAITED, TIMELINE_PAGE},
};

/// Rows that hold a page, one message more, and all that are no messages yet.
const PAGE_ROWS: usize = TIMELINE_PAGE + 1 + MAX_AWAITED as usize;

/// A page that is read.
pub(super) struct Page {
    contact: ContactId,
    messages: Rows,
    has_older: bool,
    has_newer: bool,
}

impl Page {
    /// Takes the wanted out of what was read.
    fn new(call: &GetTimeline, mut rows: Rows) -> Self {
        rows.retain(|_, row| row.arrived);
        let (mut has_older, mut has_newer) = (false, false);
        let (above, below) = match call.stretch {
            Stretch::Newest => (0, TIMELINE_PAGE),
            Stretch::Before(_) => {
                has_newer = true;
                (0, TIMELINE_PAGE)
            }
            Stretch::After(_) => {
                has_older = true;
                (TIMELINE_PAGE, 0)
            }
            Stretch::Around(_) => (TIMELINE_PAGE / 2, TIMELINE_PAGE / 2),
        };
        let mut newer = match call.stretch {
            Stretch::Newest | Stretch::Before(_) => Rows::new(),
            Stretch::After(_) => core::mem::take(&mut rows),
            Stretch::Around(id) => {
                let at = MessageId { sequence: id.sequence.saturating_add(1), ..id };
                rows.split_off(&at)
            }
        };
        while rows.len() > below {
            has_older = true;
            rows.pop_first();
        }
        while newer.len() > above {
            has_newer = true;
            newer.pop_last();
        }
        rows.append(&mut newer);
        Self { contact: call.contact, messages: rows, has_older, has_newer }
    }

    /// What its messages answer, and is not in it.
    fn quoted(&self) -> Vec<Scan> {
        let answered = self.messages.values().filter_map(|row| row.answers);
        let missing: BTreeSet<MessageId> =
            answered.filter(|id| !self.messages.contains_key(id)).collect();
        missing.into_iter().map(|id| one(self.contact, id)).collect()
    }
}

/// What to read for a stretch.
fn scans(call: &GetTimeline) -> Vec<Scan> {
    let (contact, prefix) = (call.contact, contact_key(call.contact));
    let scan = |from| {
        let prefix = prefix.clone();
        Scan { table: Table::Messages, prefix, from, limit: PAGE_ROWS }
    };
    let above = |id| scan(Bound::Above(message_key(contact, id)));
    match call.stretch {
        Stretch::Newest => alloc::vec![scan(Bound::End)],
        Stretch::Before(id) => alloc::vec![scan(Bound::Below(message_key(contact, id)))],
        Stretch::After(id) => alloc::vec![above(id)],
        Stretch::Around(id) => {
            alloc::vec![one(contact, id), scan(Bound::Below(message_key(contact, id))), above(id)]
        }
    }
}

impl Engine {
    pub(super) fn timeline(&mut self, reply: ReplyTo<GetTimeline>, call: GetTimeline) {
        if let Err(error) = self.present(call.contact).map(|_| ()) {
            return self.effects.push_back(reply.with(Err(error)));
        }
        self.read(scans(&call), Reading::Page(reply, call));
    }

    pub(super) fn on_page(&mut self, reply: ReplyTo<GetTimeline>, call: &GetTimeline, rows: Rows) {
        let page = Page::new(call, rows);
        let quoted = page.quoted();
        if quoted.is_empty() {
            self.on_quotes(reply, page, Rows::new());
        } else {
            self.read(quoted, Reading::Quotes(reply, page));
        }
    }

    pub(super) fn on_quotes(&mut self, reply: ReplyTo<GetTimeline>, page: Page, quoted: Rows) {
        let Page { contact, messages, has_older, has_newer } = page;
        let ids: Vec<MessageId> = messages.keys().copied().collect();
        let mut all = messages;
        all.extend(quoted);
        let shown = ids.iter().filter_map(|id| Some((id, all.get(id)?)));
        let messages = shown.map(|(&id, row)| self.message_view(contact, id, row, &all)).collect();
        let page = TimelinePage { messages, has_older, has_newer };
        self.effects.push_back(reply.with(Ok(page)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        input::Timestamp,
        rows::{Body, MessageRow},
    };

    const fn id(lamport: u64) -> MessageId {
        MessageId { lamport, side: 0, sequence: lamport }
    }

    fn page(stretch: Stretch, rows: impl Iterator<Item = u64>) -> (Vec<u64>, bool, bool) {
        let row = || MessageRow::new(Body::Text("x".into()), 1, 0, Timestamp(0), true);
        let rows = rows.map(|n| (id(n), row())).collect();
        let page = Page::new(&GetTimeline { contact: ContactId(1), stretch }, rows);
        let numbers = page.messages.keys().map(|id| id.lamport).collect();
        (numbers, page.has_older, page.has_newer)
    }

    #[test]
    fn a_page_is_full_and_says_what_is_beyond() {
        let all = TIMELINE_PAGE as u64;
        let numbers = |range: core::ops::RangeInclusive<u64>| range.collect::<Vec<_>>();
        assert_eq!(page(Stretch::Newest, 1..=all), (numbers(1..=all), false, false));
        assert_eq!(page(Stretch::Newest, 1..=all + 1), (numbers(2..=all + 1), true, false));
        assert_eq!(page(Stretch::Before(id(99)), 1..=2), (numbers(1..=2), false, true));
        assert_eq!(page(Stretch::After(id(0)), 1..=all + 1), (numbers(1..=all), true, true));
        assert_eq!(page(Stretch::After(id(0)), 1..=2), (numbers(1..=2), true, false));
        let half = all / 2;
        assert_eq!(
            page(Stretch::Around(id(100)), 1..=200),
            (numbers(100 - half + 1..=100 + half), true, true)
        );
        assert_eq!(page(Stretch::Around(id(2)), 1..=3), (numbers(1..=3), false, false));
    }

    #[test]
    fn what_is_awaited_is_not_shown() {
        let rows = Rows::from([(id(1), MessageRow::awaited(Timestamp(0)))]);
        let call = GetTimeline { contact: ContactId(1), stretch: Stretch::Newest };
        assert!(Page::new(&call, rows).messages.is_empty());
    }
}
