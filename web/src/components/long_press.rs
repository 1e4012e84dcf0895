//! Every way to ask for the actions of something: its button, the right button of the mouse or the
//! menu key where no text is marked, and a finger that rests.

use std::{rc::Rc, time::Duration};

use yew::prelude::*;

use crate::browser::{self, Timer};

/// How long a finger rests until the actions show.
/// Lower: who scrolls opens them. Higher: one waits.
const LONG_PRESS: Duration = Duration::from_millis(450);

/// See [`use_long_press`].
pub(crate) struct LongPress {
    /// For the button.
    pub(crate) onclick: Callback<MouseEvent>,
    /// For `contextmenu`.
    pub(crate) onmenu: Callback<MouseEvent>,
    /// For `touchstart`.
    pub(crate) ondown: Callback<TouchEvent>,
    /// For all that ends a touch, or makes it another gesture.
    pub(crate) onup: Callback<TouchEvent>,
}

/// See the module.
#[hook]
pub(crate) fn use_long_press(onopen: Callback<()>) -> LongPress {
    let timer = use_mut_ref(|| None::<Timer>);
    let up = Rc::clone(&timer);
    let (click, menu, down) = (onopen.clone(), onopen.clone(), onopen);
    LongPress {
        onclick: Callback::from(move |event: MouseEvent| {
            event.prevent_default();
            click.emit(());
        }),
        onmenu: Callback::from(move |event: MouseEvent| {
            if !browser::has_selection() {
                event.prevent_default();
                menu.emit(());
            }
        }),
        ondown: Callback::from(move |_| {
            let open = down.clone();
            *timer.borrow_mut() = Some(Timer::after(LONG_PRESS, move || open.emit(())));
        }),
        onup: Callback::from(move |_| drop(up.take())),
    }
}
