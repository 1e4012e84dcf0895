//! A field with its label, its hint and what is wrong with it.

use yew::prelude::*;

/// What is typed into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name.
    Name,
    /// A link.
    Link,
    /// An emoji.
    Emoji,
    /// A recovery phrase: several lines, and nothing that corrects or keeps them.
    Phrase,
    /// A passphrase that is chosen.
    NewPassphrase,
    /// A passphrase that was chosen before.
    Passphrase,
}

/// Props of [`TextField`].
#[derive(Properties, PartialEq)]
pub(crate) struct TextFieldProps {
    /// Unique on the page.
    pub(crate) id: AttrValue,
    /// What it is called.
    pub(crate) label: AttrValue,
    /// What helps to fill it.
    #[prop_or_default]
    pub(crate) hint: AttrValue,
    /// What is wrong with what is in it.
    #[prop_or_default]
    pub(crate) error: AttrValue,
    /// What is in it.
    pub(crate) value: AttrValue,
    /// What is typed.
    pub(crate) kind: Kind,
    /// Where it stands, to give it the focus.
    #[prop_or_default]
    pub(crate) node: NodeRef,
    /// Takes what is typed.
    pub(crate) oninput: Callback<String>,
}

/// See the module. The hint keeps its space when an error takes its place.
#[component]
pub(crate) fn TextField(props: &TextFieldProps) -> Html {
    let hint_id = format!("{}-hint", props.id);
    let has_error = !props.error.is_empty();
    let hint = if has_error { &props.error } else { &props.hint };
    let onchange = props.oninput.clone();
    let field = match props.kind {
        Kind::Phrase => {
            let oninput = Callback::from(move |event: InputEvent| {
                onchange
                    .emit(event.target_unchecked_into::<web_sys::HtmlTextAreaElement>().value());
            });
            html! {
                <textarea id={&props.id} class="field field-phrase" rows="4" value={&props.value}
                    autocomplete="off" autocapitalize="none" spellcheck="false" ref={&props.node}
                    aria-describedby={hint_id.clone()} aria-invalid={has_error.to_string()} {oninput} />
            }
        }
        Kind::NewPassphrase | Kind::Passphrase => {
            let oninput = Callback::from(move |event: InputEvent| {
                onchange.emit(event.target_unchecked_into::<web_sys::HtmlInputElement>().value());
            });
            let is_new = props.kind == Kind::NewPassphrase;
            html! {
                <input id={&props.id} class="field" type="password" value={&props.value} ref={&props.node}
                    maxlength="1024" autocomplete={if is_new { "new-password" } else { "current-password" }}
                    autocapitalize="none" spellcheck="false" enterkeyhint="go"
                    aria-describedby={hint_id.clone()} aria-invalid={has_error.to_string()} {oninput} />
            }
        }
        Kind::Name | Kind::Link | Kind::Emoji => {
            let oninput = Callback::from(move |event: InputEvent| {
                onchange.emit(event.target_unchecked_into::<web_sys::HtmlInputElement>().value());
            });
            let is_name = props.kind == Kind::Name;
            html! {
                <input id={&props.id} class="field" type="text" dir="auto" value={&props.value}
                    maxlength={if props.kind == Kind::Link { "400" } else { "64" }} ref={&props.node}
                    autocomplete={if is_name { "nickname" } else { "off" }}
                    autocapitalize={if is_name { "words" } else { "none" }}
                    spellcheck="false" enterkeyhint="go"
                    aria-describedby={hint_id.clone()} aria-invalid={has_error.to_string()} {oninput} />
            }
        }
    };
    html! {
        <div class="field-group">
            <label for={&props.id}>{ &props.label }</label>
            { field }
            <p id={hint_id.clone()} class={classes!("hint", has_error.then_some("hint-error"))} aria-live="polite">
                { hint }
            </p>
        </div>
    }
}
