//! How far something is that takes a while.

use yew::prelude::*;

/// Props of [`Progress`].
#[derive(Properties, PartialEq)]
pub(crate) struct ProgressProps {
    /// What is going on.
    pub(crate) label: AttrValue,
    /// Hundredths that are done; `None` when that is not known yet.
    pub(crate) value: Option<u8>,
}

/// See the module. It is the browser's own, so that it is read out.
#[component]
pub(crate) fn Progress(props: &ProgressProps) -> Html {
    html! {
        <label class="progress">
            <span>{ &props.label }</span>
            <progress max="100" value={props.value.map(|value| value.to_string())} />
        </label>
    }
}
