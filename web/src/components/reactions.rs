//! What the two have reacted to a message.

use volly_core::api::MessageView;
use yew::prelude::*;

use crate::i18n::t;

/// Props of [`Reactions`].
#[derive(Properties, PartialEq)]
pub(crate) struct ReactionsProps {
    /// Ours.
    pub(crate) ours: Option<AttrValue>,
    /// The other's.
    pub(crate) theirs: Option<AttrValue>,
    /// What the other is called.
    pub(crate) name: AttrValue,
    /// Takes ours back, or gives theirs as well.
    pub(crate) onreact: Callback<Option<String>>,
}

impl ReactionsProps {
    /// Those of a message; `None` when there are none.
    pub(crate) fn of(
        message: &MessageView,
        name: AttrValue,
        onreact: Callback<Option<String>>,
    ) -> Option<Self> {
        let (ours, theirs) = (message.our_reaction.clone(), message.their_reaction.clone());
        (ours.is_some() || theirs.is_some()).then(|| Self {
            ours: ours.map(AttrValue::from),
            theirs: theirs.map(AttrValue::from),
            name,
            onreact,
        })
    }
}

/// See the module. The same emoji of both is one with a count.
#[component]
pub(crate) fn Reactions(props: &ReactionsProps) -> Html {
    let ReactionsProps { ours, theirs, name, onreact } = props;
    let chip = |emoji: &AttrValue, by_us: bool, by_them: bool| {
        let who = match (by_us, by_them) {
            (true, true) => t!("reaction-both", name = &**name),
            (true, false) => t!("from-you"),
            _ => name.to_string(),
        };
        let next = (!by_us).then(|| emoji.to_string());
        let onclick = onreact.reform(move |_: MouseEvent| next.clone());
        html! {
            <button type="button" class="reaction" tabindex="-1" aria-pressed={by_us.to_string()} title={who.clone()} {onclick}>
                <span class="reaction-emoji">{ emoji }</span>
                if by_us && by_them { <span aria-hidden="true">{ "2" }</span> }
                <span class="visually-hidden">{ format!(" {who}") }</span>
            </button>
        }
    };
    html! {
        <span class="reactions">
            if let Some(emoji) = ours { { chip(emoji, true, theirs == ours) } }
            if let Some(emoji) = theirs.as_ref().filter(|_| theirs != ours) { { chip(emoji, false, true) } }
        </span>
    }
}
