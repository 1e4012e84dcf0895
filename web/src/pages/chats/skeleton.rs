//! The list before there is a list: what the first paint of a return visit shows too.

use yew::prelude::*;

use crate::i18n::t;

/// Rows it keeps space for.
const ROWS: usize = 6;

/// See the module.
#[component]
pub(crate) fn Skeleton() -> Html {
    html! {
        <main class="shell shell-list" aria-busy="true">
            <div class="side">
                <header class="bar"><h1 class="bar-title brand">{ t!("app-name") }</h1></header>
                <div class="skeleton-rows" aria-hidden="true">
                    { for (0..ROWS).map(|at| html! { <div class="skeleton-row" key={at}><span /><span /></div> }) }
                </div>
                <p class="visually-hidden" role="status">{ t!("starting") }</p>
            </div>
            <div class="main" />
        </main>
    }
}
