//! Files that somebody chooses, pastes or drops, and those on their way.

use std::rc::Rc;

use volly_core::api::ContactView;
use wasm_bindgen::JsCast;
use web_sys::{ClipboardEvent, DataTransfer, DragEvent, File, FileList, HtmlInputElement};
use yew::prelude::*;

use crate::{
    components::{ErrorText, Glyph, Icon, IconButton, Progress, error_words},
    format::length,
    hooks::{Chosen, Uploads, UseVoice, Voice, use_sending, use_voice, use_window_event},
    i18n::t,
    state::task::Task,
};

/// See [`use_files`].
pub(super) struct UseFiles {
    /// Takes what was chosen.
    pub(super) onfiles: Callback<Vec<File>>,
    /// Takes files that are pasted; text goes where it always goes.
    pub(super) onpaste: Callback<Event>,
    /// Voice messages.
    pub(super) voice: UseVoice,
    uploads: Rc<Uploads>,
    onstop: Callback<u64>,
}

/// Files for a contact: chosen, pasted, or dropped anywhere on the page.
#[hook]
pub(super) fn use_files(contact: &ContactView, task: &Task, ondone: Callback<()>) -> UseFiles {
    let sending = use_sending(contact.id);
    let (send, answers, is_edit) =
        (sending.onfiles.clone(), task.answered(), task.edited().is_some());
    let onchosen = Callback::from(move |files: Vec<Chosen>| {
        if !files.is_empty() && !is_edit {
            send.emit((files, answers));
            ondone.emit(());
        }
    });
    let onfiles = onchosen
        .reform(|files: Vec<File>| files.into_iter().map(|file| (file, 0)).collect::<Vec<_>>());
    let voice = use_voice(onchosen.reform(|voice| vec![voice]));
    let pasted = onfiles.clone();
    let onpaste = Callback::from(move |event: Event| {
        let event: ClipboardEvent = event.unchecked_into();
        let files = files_of(event.clipboard_data().as_ref());
        if !files.is_empty() {
            event.prevent_default();
            pasted.emit(files);
        }
    });
    // Without this the browser would leave the page for the file.
    use_window_event("dragover", |event| event.prevent_default());
    let dropped = onfiles.clone();
    use_window_event("drop", move |event| {
        event.prevent_default();
        let transfer = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
        dropped.emit(files_of(transfer.as_ref()));
    });
    UseFiles { onfiles, onpaste, voice, uploads: sending.uploads, onstop: sending.onstop }
}

fn files_of(transfer: Option<&DataTransfer>) -> Vec<File> {
    listed(transfer.and_then(DataTransfer::files))
}

fn listed(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else { return Vec::new() };
    (0..files.length()).filter_map(|at| files.get(at)).collect()
}

/// Props of [`Attach`].
#[derive(Properties, PartialEq)]
pub(super) struct AttachProps {
    /// Takes what was chosen.
    pub(super) onfiles: Callback<Vec<File>>,
}

/// The button that chooses files.
#[component]
pub(super) fn Attach(props: &AttachProps) -> Html {
    let node = use_node_ref();
    let field = node.clone();
    let onclick = Callback::from(move |_: MouseEvent| {
        field.cast::<HtmlInputElement>().iter().for_each(|field| field.click());
    });
    let onchange = props.onfiles.reform(|event: Event| {
        let field: HtmlInputElement = event.target_unchecked_into();
        let files = listed(field.files());
        // The same file can be chosen once more.
        field.set_value("");
        files
    });
    html! {
        <>
            <input type="file" multiple=true hidden=true ref={node} {onchange} />
            <button type="button" class="attach" aria-label={t!("attach")} title={t!("attach")} {onclick}>
                <Icon glyph={Glyph::Attach} />
            </button>
        </>
    }
}

/// What is on its way, and why something is not.
pub(super) fn uploads(files: &UseFiles) -> Html {
    let refused = files.uploads.refused.as_ref().map(|(name, error)| {
        let why = error_words(*error, None);
        AttrValue::from(t!("file-refused", name = &**name, why = why.as_str()))
    });
    html! {
        <>
            if !files.uploads.open.is_empty() {
                <ul class="uploads">
                    { for files.uploads.open.iter().map(|upload| {
                        let token = upload.token;
                        let label = t!("file-cancel", name = &*upload.name);
                        html! {
                            <li class="upload" key={token}>
                                <Progress label={upload.name.clone()} value={Some(upload.done)} />
                                <IconButton {label} glyph={Glyph::Close} onclick={files.onstop.reform(move |_| token)} />
                            </li>
                        }
                    }) }
                </ul>
            }
            <ErrorText text={refused} />
        </>
    }
}

/// What stands in place of the field while somebody speaks.
pub(super) fn speaking(voice: &UseVoice) -> Html {
    let (cancel, send) = (voice.end.reform(|_: MouseEvent| false), voice.end.reform(|_| true));
    let Voice::On(seconds) = voice.voice else { return Html::default() };
    html! {
        <div class="composer-line">
            <IconButton label={t!("voice-cancel")} glyph={Glyph::Bin} onclick={cancel} />
            <p class="speaking" role="timer">
                <span class="speaking-dot" aria-hidden="true" />{ t!("voice-on", time = length(seconds).as_str()) }
            </p>
            <button type="button" class="send" aria-label={t!("voice-send")} title={t!("voice-send")} onclick={send}>
                <Icon glyph={Glyph::Send} />
            </button>
        </div>
    }
}
