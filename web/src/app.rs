//! The root: providers, and which of the few whole screens is on.

use volly_core::api::StartFailure;
use yew::prelude::*;

use crate::{
    browser,
    core::Providers,
    hooks::{use_invitation, use_looking, use_roster, use_route},
    pages::{Chats, Failure, Guest, Skeleton, Unlock, Welcome},
    routes::Route,
    state::{invitation::Invitation, roster::Phase},
};

/// Takes the page over from the first paint.
pub(crate) fn mount() {
    let Some(root) = browser::document().get_element_by_id("app") else { return };
    let typed_name = browser::typed_name();
    yew::Renderer::<App>::with_root_and_props(root, AppProps { typed_name: typed_name.into() })
        .render();
}

/// Props of [`App`].
#[derive(Properties, PartialEq)]
struct AppProps {
    /// What was typed before the app took over.
    typed_name: AttrValue,
}

#[component]
fn App(props: &AppProps) -> Html {
    html! { <Providers><Screen typed_name={&props.typed_name} /></Providers> }
}

#[component]
fn Screen(props: &AppProps) -> Html {
    let (roster, route, invitation) = (use_roster(), use_route(), use_invitation());
    let (phase, known, has_profile) = (roster.phase, roster.known, roster.profile.is_some());
    use_looking();
    use_effect_with((phase, has_profile), |(phase, has_profile)| match phase {
        Phase::Ready => browser::remember_known(*has_profile),
        Phase::Failed(StartFailure::DatabaseVanished) => browser::remember_known(false),
        // Nothing of what was there stays in this page's memory either.
        Phase::Failed(StartFailure::Wiped) => browser::leave_and_reload(),
        Phase::Failed(_) | Phase::Starting => {}
    });

    if phase == Phase::Failed(StartFailure::Locked) {
        return html! { <Unlock /> };
    }
    if phase == Phase::Failed(StartFailure::Wiped) {
        return html! {};
    }
    if let Phase::Failed(failure) = phase {
        return html! { <Failure {failure} /> };
    }
    let is_guest = *invitation != Invitation::None && (route == Route::Accept || !has_profile);
    if is_guest && (known || !browser::was_known()) {
        return html! { <Guest typed_name={&props.typed_name} /> };
    }
    match (known, has_profile) {
        (true, true) => html! { <Chats /> },
        (false, _) if browser::was_known() => html! { <Skeleton /> },
        _ => html! { <Welcome typed_name={&props.typed_name} /> },
    }
}
