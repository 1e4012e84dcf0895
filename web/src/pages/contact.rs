//! A contact: its name, how sure we are of it, and the end of the chat.

use std::rc::Rc;

use volly_core::api::{ContactId, ContactState, ContactView, DeleteContact, RenameContact, Trust};
use yew::prelude::*;

use super::{
    arranged::{Arranged, TimerChoice},
    connection::reach_words,
};
use crate::{
    components::{
        Avatar, AvatarSize, Button, Dialog, ErrorText, Glyph, Icon, Kind, Look, Page, TextField,
        error_words,
    },
    dates,
    hooks::{Format, use_back, use_call, use_export, use_navigator, use_roster, use_title},
    i18n::t,
    routes::Route,
};

/// Props of [`Contact`].
#[derive(Properties, PartialEq)]
pub(crate) struct ContactProps {
    /// Who.
    pub(crate) id: ContactId,
}

/// See the module.
#[component]
pub(crate) fn Contact(props: &ContactProps) -> Html {
    let (roster, onback) = (use_roster(), use_back());
    let contact = roster.contact(props.id);
    use_title(contact.map(|contact| contact.name.clone()));
    let Some(contact) = contact else {
        return html! { <Page title={t!("chats")} {onback}><p>{ t!("chat-missing") }</p></Page> };
    };
    let name = AttrValue::from(contact.name.clone());
    let trust = match contact.trust {
        Trust::Verified => t!("safety-verified"),
        Trust::Seen => t!("safety-seen", name = &*name),
    };
    html! {
        <Page title={t!("about", name = &*name)} {onback}>
            <section class="card person">
                <Avatar name={name.clone()} fingerprint={contact.fingerprint} size={AvatarSize::Large}
                    online={contact.reach.is_some()} />
                <p class="person-name" dir="auto">{ name }</p>
                <p class="person-reach">{ reach_words(contact.reach, roster.relays()) }</p>
                if !contact.answers_read { <p class="quiet">{ t!("no-read-receipts", name = &*contact.name) }</p> }
                <p class="quiet">{ t!("contact-since", date = dates::long_date(contact.added_at)) }</p>
            </section>
            <section class="card"><Rename contact={Rc::clone(contact)} /></section>
            <Arranged contact={Rc::clone(contact)} />
            if !matches!(contact.state, ContactState::Gone | ContactState::Moved) { <TimerChoice contact={Rc::clone(contact)} /> }
            <section class="card">
                <h2 class="form-title">{ t!("safety") }</h2>
                <p class="form-lead">{ trust }</p>
                <a class="button button-plain" href={Route::Safety(contact.id).href()}>
                    <Icon glyph={Glyph::Verified} /><span>{ t!("safety-compare") }</span>
                </a>
            </section>
            <section class="card"><Export contact={Rc::clone(contact)} /></section>
            <section class="card"><Delete contact={Rc::clone(contact)} /></section>
        </Page>
    }
}

/// Props of the parts.
#[derive(Properties, PartialEq)]
struct PartProps {
    contact: Rc<ContactView>,
}

#[component]
fn Rename(props: &PartProps) -> Html {
    let name = use_state_eq(|| props.contact.name.clone());
    let saved = use_state_eq(|| false);
    let (done, undone) = (saved.setter(), saved.setter());
    let rename = use_call::<RenameContact>(Callback::from(move |()| done.set(true)));
    let contact = props.contact.id;
    let onsubmit =
        use_callback((name.clone(), rename.run), move |event: SubmitEvent, (name, run)| {
            event.prevent_default();
            run.emit(RenameContact { contact, name: name.trim().to_owned() });
        });
    let typed = name.setter();
    let oninput = Callback::from(move |text: String| {
        undone.set(false);
        typed.set(text);
    });
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <TextField id="contact-name" kind={Kind::Name} label={t!("contact-name")}
                hint={t!("contact-name-hint")} value={(*name).clone()} {oninput} />
            <Button label={if *saved { t!("saved") } else { t!("save") }} submits=true busy={rename.state.is_busy()} />
            <ErrorText text={rename.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
        </form>
    }
}

#[component]
fn Export(props: &PartProps) -> Html {
    let export = use_export(Rc::clone(&props.contact));
    let button = |label: String, format: Format| {
        let onclick = export.run.reform(move |_: MouseEvent| format);
        html! { <Button {label} glyph={Glyph::Save} busy={export.is_busy} {onclick} /> }
    };
    let error = export.error.map(|error| AttrValue::from(error_words(error, None)));
    html! {
        <>
            <h2 class="form-title">{ t!("export-title") }</h2>
            <p class="form-lead">{ t!("export-lead") }</p>
            <p class="button-row">
                { button(t!("export-html"), Format::Html) }
                { button(t!("export-json"), Format::Json) }
            </p>
            <ErrorText text={error} />
        </>
    }
}

#[component]
fn Delete(props: &PartProps) -> Html {
    let asking = use_state_eq(|| false);
    let navigator = use_navigator();
    let onreply = use_callback(navigator, |(), navigator| navigator.replace(Route::List));
    let delete = use_call::<DeleteContact>(onreply);
    let (open, shut) = (asking.setter(), asking.setter());
    let onclose = Callback::from(move |()| shut.set(false));
    let contact = props.contact.id;
    let onclick = delete.run.reform(move |_: MouseEvent| DeleteContact { contact });
    let name = props.contact.name.as_str();
    html! {
        <>
            <Button label={t!("delete")} glyph={Glyph::Bin} look={Look::Danger} onclick={move |_| open.set(true)} />
            if *asking {
                <Dialog title={t!("delete-title", name = name)} onclose={onclose.clone()}>
                    <p>{ t!("delete-text", name = name) }</p>
                    <ErrorText text={delete.state.error().map(|error| AttrValue::from(error_words(error, None)))} />
                    <div class="dialog-actions">
                        <Button label={t!("cancel")} onclick={onclose.reform(|_| ())} />
                        <Button label={t!("delete-do")} look={Look::Danger} {onclick} busy={delete.state.is_busy()} />
                    </div>
                </Dialog>
            }
        </>
    }
}
