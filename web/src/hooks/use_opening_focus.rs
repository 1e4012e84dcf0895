//! The one field of a page that has one.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser;

/// A field that takes the focus when it is first drawn: on a wide screen, or when one was typing
/// already. A touch screen shows its keyboard only when it is asked to.
#[hook]
pub(crate) fn use_opening_focus(was_typing: bool) -> NodeRef {
    let node = use_node_ref();
    let field = node.clone();
    use_effect_with((), move |()| {
        let wanted = was_typing || browser::is_wide();
        if let Some(field) = field.cast::<HtmlElement>().filter(|_| wanted) {
            browser::focus(&field);
        }
    });
    node
}
