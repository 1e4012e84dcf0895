//! The two panes: the list, and what is open beside it. On a narrow screen one of them shows.

mod arrange;
mod found;
mod list;
mod row;
mod skeleton;

use yew::prelude::*;

use list::List;
pub(crate) use skeleton::Skeleton;

use super::{
    Backup, Chat, Contact, Invite, InviteCard, Lock, MakeInvite, New, Safety, Settings, Words,
};
use crate::{
    components::{Glyph, Icon, Mark},
    hooks::{
        use_auto_lock, use_follow_invite, use_nearly_full, use_roster, use_route, use_shortcuts,
        use_title,
    },
    i18n::t,
    routes::Route,
};

/// See the module.
#[component]
pub(crate) fn Chats() -> Html {
    let (route, roster) = (use_route(), use_roster());
    use_shortcuts();
    use_auto_lock();
    use_follow_invite();
    let nearly_full = use_nearly_full();
    let is_fresh = roster.contacts.is_empty() && matches!(route, Route::List | Route::Accept);
    let pane = match route {
        _ if is_fresh => "shell-fresh",
        Route::List | Route::Accept => "shell-list",
        _ => "shell-main",
    };
    html! {
        <main class={classes!("shell", pane)}>
            <List />
            <div class="main">
                if nearly_full && !roster.storage_failing {
                    <p class="banner" role="status"><Icon glyph={Glyph::Warning} />{ t!("storage-nearly-full") }</p>
                }
                if roster.storage_failing {
                    <p class="banner" role="alert"><Icon glyph={Glyph::Warning} />{ t!("storage-failing") }</p>
                }
                { match route {
                    Route::List | Route::Accept => html! { <Beside {is_fresh} /> },
                    Route::New => html! { <New /> },
                    Route::Invite(id) => html! { <Invite {id} key={id.0} /> },
                    Route::Chat(id) => html! { <Chat {id} /> },
                    Route::Message(id, message) => html! { <Chat {id} at={message} /> },
                    Route::Contact(id) => html! { <Contact {id} key={id.0} /> },
                    Route::Safety(id) => html! { <Safety {id} key={id.0} /> },
                    Route::Settings => html! { <Settings /> },
                    Route::Words => html! { <Words /> },
                    Route::Backup => html! { <Backup /> },
                    Route::Lock => html! { <Lock /> },
                } }
            </div>
        </main>
    }
}

/// Props of [`Beside`].
#[derive(Properties, PartialEq)]
struct BesideProps {
    /// There is nobody to talk to yet.
    is_fresh: bool,
}

/// What stands beside the list when nothing is open: the first invite, or a hint.
#[component]
fn Beside(props: &BesideProps) -> Html {
    let roster = use_roster();
    let last = use_mut_ref(|| None);
    use_title(None);
    if !props.is_fresh {
        return html! { <div class="beside"><Mark /><p class="quiet">{ t!("chat-choose") }</p></div> };
    }
    let newest = roster.invites.first().map(|invite| invite.id);
    if newest.is_some() {
        *last.borrow_mut() = newest;
    }
    let shown = *last.borrow();
    html! {
        <div class="page-scroll"><div class="page page-fresh">
            { match shown {
                Some(id) => html! { <InviteCard {id} /> },
                None => html! { <MakeInvite /> },
            } }
            <section class="card"><super::PasteInvite /></section>
        </div></div>
    }
}
