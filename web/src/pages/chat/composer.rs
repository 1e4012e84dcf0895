//! Where one writes.

use std::rc::Rc;

use volly_core::api::ContactView;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::{
    files::{Attach, speaking, uploads, use_files},
    task_strip::task_strip,
};
use crate::{
    browser,
    components::{ErrorText, Glyph, Icon, error_words},
    hooks::{Voice, use_composer, use_timelines},
    i18n::t,
    state::task::Task,
};

/// Props of [`Composer`].
#[derive(Properties, PartialEq)]
pub(super) struct ComposerProps {
    /// To whom.
    pub(super) contact: Rc<ContactView>,
    /// What the next text is for.
    pub(super) task: Task,
    /// Chooses that.
    pub(super) ontask: Callback<Task>,
    /// It is done.
    pub(super) ondone: Callback<()>,
}

/// See the module. Enter sends, Shift+Enter starts a line; it grows to six lines. In an empty one ↑
/// edits the last text of ours; Esc gives up what the text is for.
#[component]
pub(super) fn Composer(props: &ComposerProps) -> Html {
    let composer = use_composer(&props.contact, &props.task, props.ondone.clone());
    let files = use_files(&props.contact, &props.task, props.ondone.clone());
    let timelines = use_timelines();
    let node = use_node_ref();

    let opened = node.clone();
    use_effect_with((), move |()| {
        // On a narrow screen the keyboard would cover what one came to read.
        if let Some(field) = opened.cast::<HtmlTextAreaElement>().filter(|_| browser::is_wide()) {
            browser::focus(&field);
        } else {
            browser::focus_if_lost(".log");
        }
    });
    let chosen = node.clone();
    use_effect_with(props.task.clone(), move |task| {
        if let Some(field) = chosen.cast::<HtmlTextAreaElement>().filter(|_| *task != Task::Say) {
            browser::focus(&field);
        }
    });
    let grown = node.clone();
    use_effect_with(Rc::clone(&composer.text), move |_| {
        if let Some(field) = grown.cast::<HtmlTextAreaElement>() {
            browser::fit_height(&field);
        }
    });

    let oninput = composer
        .oninput
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    let (send, ontask, task) = (composer.onsend.clone(), props.ontask.clone(), props.task.clone());
    let last = timelines.get(props.contact.id).and_then(|line| line.newest_ours().cloned());
    let is_empty = composer.text.is_empty();
    let onkeydown = Callback::from(move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" if !event.shift_key() && !event.is_composing() => {
            event.prevent_default();
            send.emit(());
        }
        "Escape" if task != Task::Say && !event.is_composing() => {
            // It is not the way back to the list.
            event.stop_propagation();
            ontask.emit(Task::Say);
        }
        "ArrowUp" if is_empty && !event.alt_key() && task == Task::Say => {
            if let Some(last) = &last {
                event.prevent_default();
                ontask.emit(Task::Edit(Rc::clone(last)));
            }
        }
        _ => {}
    });
    let (send, field) = (composer.onsend.clone(), node.clone());
    let onsubmit = Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(());
        if let Some(field) = field.cast::<HtmlTextAreaElement>() {
            browser::focus(&field);
        }
    });
    let refused = (files.voice.voice == Voice::Refused).then(|| t!("voice-refused"));
    let error = composer.error.map(|error| error_words(error, None)).or(refused);
    let is_speaking = matches!(files.voice.voice, Voice::On(_));
    let speak = files.voice.begin.reform(|_: MouseEvent| ());
    let is_edit = props.task.edited().is_some();
    let do_it = if is_edit { t!("edit-save") } else { t!("send") };
    let label = t!("message-to", name = props.contact.name.as_str());
    html! {
        <form class="composer" {onsubmit}>
            { task_strip(&props.task, &props.contact, &props.ontask) }
            { uploads(&files) }
            <ErrorText text={error.map(AttrValue::from)} />
            <div class="composer-line" hidden={is_speaking}>
                if !is_edit { <Attach onfiles={files.onfiles.clone()} /> }
                <textarea class="composer-field" rows="1" dir="auto" aria-label={label}
                    placeholder={t!("message-label")} enterkeyhint="send" ref={node}
                    value={AttrValue::from(composer.text)} {oninput} {onkeydown} onpaste={files.onpaste.clone()}
                    onblur={composer.onblur.reform(|_| ())} />
                if is_empty && !is_edit {
                    <button type="button" class="send" aria-label={t!("voice")} title={t!("voice")} onclick={speak}>
                        <Icon glyph={Glyph::Microphone} />
                    </button>
                } else {
                    <button type="submit" class="send" aria-label={do_it.clone()} title={do_it}
                        aria-disabled={(!composer.can_send).to_string()}>
                        <Icon glyph={if is_edit { Glyph::Check } else { Glyph::Send }} />
                    </button>
                }
            </div>
            { speaking(&files.voice) }
        </form>
    }
}
