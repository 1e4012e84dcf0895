//! The messages.

use std::rc::Rc;

use volly_core::api::{ContactView, MessageId};
use web_sys::Element;
use yew::prelude::*;

use super::{acts::use_acts, block::MessageBlock};
use crate::{
    browser,
    components::{Glyph, Icon},
    hooks::{Ends, UsePinnedScroll, use_going, use_pinned_scroll, use_timeline},
    i18n::t,
    state::{
        rows::{Block, Row},
        task::Task,
    },
};

/// The row a chat with unread messages starts from.
const FIRST_NEW: &str = ".line-new";

/// What the arrow keys go through.
const STOPS: &str = ".bubble-more";

/// Props of [`Timeline`].
#[derive(Properties, PartialEq)]
pub(super) struct TimelineProps {
    /// With whom.
    pub(super) contact: Rc<ContactView>,
    /// Chooses what the next text is for.
    pub(super) ontask: Callback<Task>,
    /// The message to go to.
    pub(super) at: Option<MessageId>,
    /// Grows with every text that is sent: then the end is shown.
    pub(super) sent: u32,
}

/// See the module.
#[component]
pub(super) fn Timeline(props: &TimelineProps) -> Html {
    let contact = &props.contact;
    let timeline = use_timeline(contact);
    let blocks = &timeline.blocks;
    let opened_at = use_memo((), |()| browser::now());
    let noop_unless = |more: bool, load: &Callback<()>| more.then(|| load.clone());
    let UsePinnedScroll { area, content, at_end, onscroll, to_end, to_row } = use_pinned_scroll(
        first_id(blocks),
        blocks.iter().map(|block| block.rows.len()).sum(),
        FIRST_NEW,
        Ends {
            near_start: noop_unless(timeline.has_older, &timeline.load_older).unwrap_or_default(),
            far_from_start: timeline.drop_older.clone(),
            near_end: noop_unless(timeline.has_newer, &timeline.load_newer),
        },
    );
    use_effect_with((at_end && timeline.loaded, timeline.seen.clone()), |(at_end, seen)| {
        seen.emit(*at_end)
    });
    let go_to_end = {
        let bring_newest = timeline.bring_newest.clone();
        Callback::from(move |()| {
            bring_newest.emit(());
            to_end.emit(());
        })
    };
    let ongo = use_going(timeline.bring.clone(), to_row, Rc::clone(blocks));
    let go = ongo.clone();
    use_effect_with((props.at, timeline.loaded), move |(at, loaded)| {
        at.iter().filter(|_| *loaded).for_each(|id| go.emit(*id));
    });
    let to_new = go_to_end.clone();
    use_effect_with(props.sent, move |sent| {
        if *sent > 0 {
            to_new.emit(());
        }
    });

    let name = AttrValue::from(contact.name.clone());
    let is_empty = timeline.loaded && blocks.is_empty();
    let onclick = Callback::from(move |_: MouseEvent| {
        go_to_end.emit(());
        // The button goes; the focus must not go with it.
        browser::focus_first(if browser::is_wide() { ".composer-field" } else { ".log" });
    });
    let below =
        if contact.unread > 0 { t!("new-below", count = contact.unread) } else { t!("to-newest") };
    let (acts, menu) = use_acts(contact, &props.ontask, ongo);
    html! {
        <div class="timeline">
            <div class="log" role="log" tabindex="0" aria-label={t!("messages-with", name = &*name)}
                aria-describedby="log-keys" aria-busy={(!timeline.loaded).to_string()} onkeydown={steps(&area)}
                ref={&area} {onscroll}>
                <div class="log-content" ref={content}>
                    if is_empty {
                        <div class="log-empty">
                            <p>{ t!("chat-empty", name = &*name) }</p>
                            <p class="quiet">{ t!("chat-empty-note") }</p>
                        </div>
                    }
                    <ol class="messages">
                        { for blocks.iter().map(|block| html! {
                            <MessageBlock key={block.number} {block} contact={contact.id} name={&name} opened_at={*opened_at} acts={acts.clone()} />
                        }) }
                    </ol>
                </div>
            </div>
            <p id="log-keys" hidden=true>{ t!("log-keys") }</p>
            if !at_end && !blocks.is_empty() {
                <button type="button" class={classes!("to-end", (contact.unread > 0).then_some("to-end-new"))}
                    aria-label={(contact.unread == 0).then(|| below.clone())} {onclick}>
                    if contact.unread > 0 { <span>{ below }</span> }
                    <Icon glyph={Glyph::Down} />
                </button>
            }
            { menu }
        </div>
    }
}

/// The arrow keys go from message to message, by the buttons that show what to do with one.
fn steps(area: &NodeRef) -> Callback<KeyboardEvent> {
    let area = area.clone();
    Callback::from(move |event: KeyboardEvent| {
        let up = match event.key().as_str() {
            "ArrowUp" => true,
            "ArrowDown" => false,
            _ => return,
        };
        if event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() {
            return;
        }
        event.prevent_default();
        if let Some(area) = area.cast::<Element>() {
            browser::step_focus(&area, STOPS, up);
        }
    })
}

fn first_id(blocks: &[Rc<Block>]) -> Option<MessageId> {
    let mut rows = blocks.iter().flat_map(|block| &block.rows);
    rows.find_map(|row| if let Row::Bubble(bubble) = row { Some(bubble.message.id) } else { None })
}
