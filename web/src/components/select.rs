//! One of a few.

use yew::prelude::*;

/// Props of [`Select`].
#[derive(Properties, PartialEq)]
pub(crate) struct SelectProps {
    /// Unique on the page.
    pub(crate) id: AttrValue,
    /// What it is called.
    pub(crate) label: AttrValue,
    /// What it means.
    #[prop_or_default]
    pub(crate) text: Option<AttrValue>,
    /// What there is to choose from: each with its words.
    pub(crate) options: Vec<(u32, AttrValue)>,
    /// Which it is.
    pub(crate) value: u32,
    /// Takes what is chosen.
    pub(crate) onchange: Callback<u32>,
}

/// See the module. A value that is not among the options is shown by none.
#[component]
pub(crate) fn Select(props: &SelectProps) -> Html {
    let text_id = format!("{}-text", props.id);
    let onchange = props.onchange.clone();
    let onchange = Callback::from(move |event: Event| {
        let chosen = event.target_unchecked_into::<web_sys::HtmlSelectElement>().value();
        chosen.parse().into_iter().for_each(|value| onchange.emit(value));
    });
    html! {
        <div class="field-group">
            <label for={&props.id}>{ &props.label }</label>
            <select id={&props.id} class="field field-select" aria-describedby={props.text.as_ref().map(|_| text_id.clone())} {onchange}>
                { for props.options.iter().map(|(value, words)| html! {
                    <option value={value.to_string()} selected={*value == props.value}>{ words }</option>
                }) }
            </select>
            if let Some(text) = &props.text {
                <p class="hint" id={text_id}>{ text }</p>
            }
        </div>
    }
}
