//! The way to a message.

use std::rc::Rc;

use volly_core::api::MessageId;
use yew::prelude::*;

use crate::{components::row_selector, state::rows::Block};

/// Goes to a message: at once if it is drawn, else when it is.
#[hook]
pub(crate) fn use_going(
    bring: Callback<MessageId>,
    to_row: Rc<dyn Fn(&str) -> bool>,
    blocks: Rc<Vec<Rc<Block>>>,
) -> Callback<MessageId> {
    let wanted = use_mut_ref(|| None::<MessageId>);
    let (target, show) = (Rc::clone(&wanted), Rc::clone(&to_row));
    use_effect_with(blocks, move |_| {
        let id = *target.borrow();
        if id.is_some_and(|id| show(&row_selector(id))) {
            target.take();
        }
    });
    use_callback(bring, move |id: MessageId, bring| {
        if !to_row(&row_selector(id)) {
            wanted.replace(Some(id));
            bring.emit(id);
        }
    })
}
