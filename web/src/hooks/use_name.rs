//! A name that is asked for before something can go on.

use web_sys::HtmlElement;
use yew::prelude::*;

use super::use_opening_focus;
use crate::{browser, i18n::t};

/// See [`use_name`].
pub(crate) struct UseName {
    /// What is typed.
    pub(crate) value: AttrValue,
    /// It is missing, once it was asked for.
    pub(crate) error: AttrValue,
    /// For its field.
    pub(crate) node: NodeRef,
    /// Takes what is typed.
    pub(crate) oninput: Callback<String>,
    /// Gives the name; without one it says so, and leads to the field.
    pub(crate) take: Callback<(), Option<String>>,
}

/// The name field of a form, with what was `typed` into it before.
#[hook]
pub(crate) fn use_name(typed: &AttrValue) -> UseName {
    let name = use_state_eq(|| typed.to_string());
    let is_missing = use_state_eq(|| false);
    let node = use_opening_focus(!typed.is_empty());
    let oninput =
        use_callback((name.setter(), is_missing.setter()), |new: String, (name, is_missing)| {
            is_missing.set(false);
            name.set(new);
        });
    let take = use_callback(
        (name.clone(), is_missing.setter(), node.clone()),
        |(), (name, is_missing, node)| {
            let name = name.trim();
            if !name.is_empty() {
                return Some(name.to_owned());
            }
            is_missing.set(true);
            if let Some(field) = node.cast::<HtmlElement>() {
                browser::focus(&field);
            }
            None
        },
    );
    let error = if *is_missing { t!("error-not-started").into() } else { AttrValue::default() };
    UseName { value: (*name).clone().into(), error, node, oninput, take }
}
