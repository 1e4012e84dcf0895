//! Where one writes.

use std::rc::Rc;

use volly_core::api::ContactView;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::{
    browser,
    components::{ErrorText, Glyph, Icon, error_words},
    hooks::use_composer,
    i18n::t,
};

/// Props of [`Composer`].
#[derive(Properties, PartialEq)]
pub(super) struct ComposerProps {
    /// To whom.
    pub(super) contact: Rc<ContactView>,
}

/// See the module. Enter sends, Shift+Enter starts a line; it grows to six lines.
#[component]
pub(super) fn Composer(props: &ComposerProps) -> Html {
    let composer = use_composer(&props.contact);
    let node = use_node_ref();

    let opened = node.clone();
    use_effect_with((), move |()| {
        // On a narrow screen the keyboard would cover what one came to read.
        if let Some(field) = opened.cast::<HtmlTextAreaElement>().filter(|_| browser::is_wide()) {
            browser::focus(&field);
        } else {
            browser::focus_if_lost(".log");
        }
    });
    let grown = node.clone();
    use_effect_with(Rc::clone(&composer.text), move |_| {
        if let Some(field) = grown.cast::<HtmlTextAreaElement>() {
            browser::fit_height(&field);
        }
    });

    let oninput = composer
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    let send = composer.onsend.clone();
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send.emit(());
        }
    });
    let (send, field) = (composer.onsend.clone(), node.clone());
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
        if let Some(field) = field.cast::<HtmlTextAreaElement>() {
            browser::focus(&field);
        }
    });
    let error = composer.error.map(|error| error_words(error, None));
    let label = t!("message-to", name = props.contact.name.as_str());
    html! {
        <form class="composer" {onsubmit}>
            <ErrorText text={error.map(AttrValue::from)} />
            <div class="composer-line">
                <textarea class="composer-field" rows="1" dir="auto" aria-label={label}
                    placeholder={t!("message-label")} enterkeyhint="send" ref={node}
                    value={AttrValue::from(composer.text)} {oninput} {onkeydown}
                    onblur={composer.onblur.reform(|_| ())} />
                <button type="submit" class="send" aria-label={t!("send")} title={t!("send")}
                    aria-disabled={(!composer.can_send).to_string()}>
                    <Icon glyph={Glyph::Send} />
                </button>
            </div>
        </form>
    }
}
