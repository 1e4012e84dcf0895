//! Who we are, without words.

use yew::prelude::*;

/// The mark: a ball whose seam is a speech tail, on court green. `index.html` draws the same.
#[component]
pub(crate) fn Mark() -> Html {
    html! {
        <svg class="mark" viewBox="0 0 48 48" aria-hidden="true">
            <rect class="mark-court" width="48" height="48" rx="13" />
            <path class="mark-ball" d="M40 23a15.4 15.4 0 0 1-18.8 13.8Q15.2 40.2 8.2 40q4.2-3 4-8.9A15.4 15.4 0 1 1 40 23Z" />
            <path class="mark-seam" d="M8.2 19.9c7.5 1.3 13-3.6 12.6-13.3M41.2 26.2c-7.5-1.3-12.9 3.6-12.5 13.4" />
        </svg>
    }
}
