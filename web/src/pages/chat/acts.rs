//! What one can do with messages: from their actions to the engine.

use std::rc::Rc;

use volly_core::api::{ContactState, ContactView, Form, MessageId, MessageView, ResendText};
use yew::prelude::*;

use super::menu::{Menu, Pick};
use crate::{
    browser,
    components::{BubbleActs, Button, Dialog, Look},
    hooks::{use_engine, use_message_acts},
    i18n::t,
    state::task::Task,
};

/// What one can do with messages, and what is asked on the way.
#[hook]
pub(super) fn use_acts(
    contact: &ContactView,
    ontask: &Callback<Task>,
    ongo: Callback<MessageId>,
) -> (BubbleActs, Html) {
    let is_open = !matches!(contact.state, ContactState::Gone | ContactState::Moved);
    let acts = use_message_acts(contact);
    let shown = use_state_eq(|| None::<Rc<MessageView>>);
    let asked = use_state_eq(|| None::<Rc<MessageView>>);
    let (show, ask) = (shown.setter(), asked.setter());
    let onmore = use_callback((), move |message: Rc<MessageView>, ()| show.set(Some(message)));
    let onresend = use_resend(contact);
    let onpick = {
        let (hide, ontask) = (shown.setter(), ontask.clone());
        let (message, react, go) = ((*shown).clone(), acts.onreact.clone(), ongo.clone());
        Callback::from(move |pick: Pick| {
            let Some(message) = message.clone() else { return };
            browser::close_dialog();
            hide.set(None);
            match pick {
                Pick::React(emoji) => react.emit((message.id, emoji)),
                Pick::Answer => ontask.emit(Task::Answer(message)),
                Pick::Edit => ontask.emit(Task::Edit(message)),
                Pick::Go => message.answers.iter().for_each(|quote| go.emit(quote.id)),
                Pick::Copy => {
                    browser::spawn(async move {
                        // There is nothing to do where the browser does not let us.
                        let _ = browser::copy(&message.text).await;
                    });
                }
                Pick::Delete => ask.set(Some(message)),
            }
        })
    };
    let (hide, stop) = (shown.setter(), asked.setter());
    let menu = html! {
        <>
            if let Some(message) = &*shown {
                <Menu contact={contact.id} message={Rc::clone(message)} {is_open} {onpick} onclose={move |()| hide.set(None)} />
            }
            if let Some(message) = &*asked {
                <AskDelete message={Rc::clone(message)} {is_open} name={contact.name.clone()}
                    ondelete={acts.ondelete} onclose={move |()| stop.set(None)} />
            }
        </>
    };
    (BubbleActs { onmore, ongo, onreact: acts.onreact, onresend }, menu)
}

/// Props of [`AskDelete`].
#[derive(Properties, PartialEq)]
struct AskDeleteProps {
    message: Rc<MessageView>,
    is_open: bool,
    name: AttrValue,
    ondelete: Callback<(MessageId, bool)>,
    onclose: Callback<()>,
}

/// Here, or for both?
#[component]
fn AskDelete(props: &AskDeleteProps) -> Html {
    let AskDeleteProps { message, name, onclose, .. } = props;
    let both =
        props.is_open && message.shared && message.state.is_some() && message.form != Form::Deleted;
    let delete = |for_both: bool| {
        let (id, ondelete, onclose) = (message.id, props.ondelete.clone(), onclose.clone());
        Callback::from(move |_: MouseEvent| {
            ondelete.emit((id, for_both));
            onclose.emit(());
        })
    };
    let text = if both {
        t!("message-delete-both-text", name = &**name)
    } else {
        t!("message-delete-text", name = &**name)
    };
    html! {
        <Dialog title={t!("message-delete-title")} {onclose}>
            <p>{ text }</p>
            <div class="dialog-actions">
                <Button label={t!("cancel")} onclick={onclose.reform(|_| ())} />
                <Button label={t!("message-delete-here")} look={Look::Danger} onclick={delete(false)} />
                if both { <Button label={t!("message-delete-both")} look={Look::Danger} onclick={delete(true)} /> }
            </div>
        </Dialog>
    }
}

/// Sends a failed text again; there is no point where the contact is gone.
#[hook]
fn use_resend(contact: &ContactView) -> Option<Callback<Rc<MessageView>>> {
    let engine = use_engine();
    let resend =
        use_callback((engine, contact.id), |message: Rc<MessageView>, (engine, contact)| {
            let text = message.text.clone();
            engine.tell(ResendText { contact: *contact, failed: message.id, text });
        });
    (!matches!(contact.state, ContactState::Gone | ContactState::Moved)).then_some(resend)
}
