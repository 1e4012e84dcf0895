//! Something that is so or not, with what it means.

use yew::prelude::*;

/// Props of [`Choice`].
#[derive(Properties, PartialEq)]
pub(crate) struct ChoiceProps {
    /// Unique on the page.
    pub(crate) id: AttrValue,
    /// What it is called.
    pub(crate) label: AttrValue,
    /// What it means.
    pub(crate) text: AttrValue,
    /// Whether it is so.
    pub(crate) checked: bool,
    /// Takes what is chosen.
    pub(crate) onchange: Callback<bool>,
}

/// See the module. A tap anywhere on it counts.
#[component]
pub(crate) fn Choice(props: &ChoiceProps) -> Html {
    let text_id = format!("{}-text", props.id);
    let onchange = props.onchange.reform(|event: Event| {
        event.target_unchecked_into::<web_sys::HtmlInputElement>().checked()
    });
    html! {
        <label class="choice" for={&props.id}>
            <span class="choice-label">{ &props.label }</span>
            <span class="choice-text" id={text_id.clone()}>{ &props.text }</span>
            <input type="checkbox" id={&props.id} checked={props.checked} aria-describedby={text_id}
                aria-label={&props.label} {onchange} />
        </label>
    }
}
