//! The messages.

use std::rc::Rc;

use volly_core::api::{ContactView, MessageId};
use yew::prelude::*;

use crate::{
    browser,
    components::{Glyph, Icon, MessageBubble},
    core::Today,
    dates,
    hooks::{Ends, UsePinnedScroll, use_pinned_scroll, use_timeline, use_today},
    i18n::t,
    state::rows::{Block, Key, Row},
};

/// The row a chat with unread messages starts from.
const FIRST_NEW: &str = ".line-new";

/// Props of [`Timeline`].
#[derive(Properties, PartialEq)]
pub(super) struct TimelineProps {
    /// With whom.
    pub(super) contact: Rc<ContactView>,
}

/// See the module.
#[component]
pub(super) fn Timeline(props: &TimelineProps) -> Html {
    let contact = &props.contact;
    let timeline = use_timeline(contact);
    let blocks = &timeline.blocks;
    let opened_at = use_memo((), |()| browser::now());
    let UsePinnedScroll { area, content, at_end, onscroll, to_end } = use_pinned_scroll(
        first_id(blocks),
        blocks.iter().map(|block| block.rows.len()).sum(),
        FIRST_NEW,
        Ends {
            near_start: if timeline.has_older {
                timeline.load_older.clone()
            } else {
                Callback::noop()
            },
            far_from_start: timeline.drop_older.clone(),
        },
    );
    use_effect_with((at_end && timeline.loaded, timeline.seen.clone()), |(at_end, seen)| {
        seen.emit(*at_end)
    });

    let name = AttrValue::from(contact.name.clone());
    let is_empty = timeline.loaded && blocks.is_empty();
    let onclick = Callback::from(move |_: MouseEvent| {
        to_end.emit(());
        // The button goes; the focus must not go with it.
        browser::focus_first(if browser::is_wide() { ".composer-field" } else { ".log" });
    });
    let below =
        if contact.unread > 0 { t!("new-below", count = contact.unread) } else { t!("to-newest") };
    html! {
        <div class="timeline">
            <div class="log" role="log" tabindex="0" aria-label={t!("messages-with", name = &*name)}
                aria-busy={(!timeline.loaded).to_string()} ref={area} {onscroll}>
                <div class="log-content" ref={content}>
                    if is_empty {
                        <div class="log-empty">
                            <p>{ t!("chat-empty", name = &*name) }</p>
                            <p class="quiet">{ t!("chat-empty-note") }</p>
                        </div>
                    }
                    <ol class="messages">
                        { for blocks.iter().map(|block| html! {
                            <MessageBlock key={block.number} {block} name={&name} opened_at={*opened_at} />
                        }) }
                    </ol>
                </div>
            </div>
            if !at_end && !blocks.is_empty() {
                <button type="button" class={classes!("to-end", (contact.unread > 0).then_some("to-end-new"))}
                    aria-label={(contact.unread == 0).then(|| below.clone())} {onclick}>
                    if contact.unread > 0 { <span>{ below }</span> }
                    <Icon glyph={Glyph::Down} />
                </button>
            }
        </div>
    }
}

fn first_id(blocks: &[Rc<Block>]) -> Option<MessageId> {
    let mut rows = blocks.iter().flat_map(|block| &block.rows);
    rows.find_map(|row| if let Row::Bubble(bubble) = row { Some(bubble.message.id) } else { None })
}

/// Props of [`MessageBlock`].
#[derive(Properties, PartialEq)]
struct MessageBlockProps {
    block: Rc<Block>,
    name: AttrValue,
    opened_at: u64,
}

/// Rows that are drawn again together, when one of them changes.
#[component]
fn MessageBlock(props: &MessageBlockProps) -> Html {
    let MessageBlockProps { block, name, opened_at } = props;
    let Today(today) = use_today();
    block.rows.iter().map(|row| draw(row, name, *opened_at, today)).collect()
}

fn draw(row: &Row, name: &AttrValue, opened_at: u64, today: i64) -> Html {
    match row {
        Row::Day(at) => html! {
            <li class="line-day" key={format!("d{}", dates::day(*at))}><span>{ dates::day_name(*at, today) }</span></li>
        },
        Row::New => {
            html! { <li class="line-new" key="new"><span>{ t!("new-messages") }</span></li> }
        }
        Row::Bubble(bubble) => {
            let key = match bubble.key {
                Key::Message(id) => format!("{:x}.{}.{:x}", id.lamport, id.side, id.sequence),
                Key::Sent(token) => format!("s{token:x}"),
            };
            let arrives = bubble.message.stored_at > opened_at;
            html! { <MessageBubble {key} bubble={bubble.clone()} {name} {arrives} /> }
        }
    }
}
