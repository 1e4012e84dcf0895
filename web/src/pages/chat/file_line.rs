//! The name of a file, where it stands, and what one can do with it.

use volly_core::api::{ContactId, Fetch, FileState, FileView};
use yew::prelude::*;

use crate::{
    components::{ErrorText, Glyph, Icon, error_words, progress_words},
    hooks::use_file_acts,
    i18n::t,
};

/// Props of [`FileLine`].
#[derive(Properties, PartialEq)]
pub(super) struct FileLineProps {
    /// In which conversation.
    pub(super) contact: ContactId,
    /// The file.
    pub(super) file: Box<FileView>,
    /// We have sent it.
    pub(super) is_ours: bool,
}

/// See the module.
#[component]
pub(super) fn FileLine(props: &FileLineProps) -> Html {
    let FileLineProps { contact, file, is_ours } = props;
    let acts = use_file_acts(*contact, file);
    let name = file.name.as_str();
    let (glyph, label, fetch) = match file.progress.state {
        FileState::Here => (Glyph::Save, t!("file-save-named", name = name), None),
        FileState::Coming | FileState::NoRoom => {
            (Glyph::Pause, t!("file-pause", name = name), Some(Fetch::Pause))
        }
        FileState::Offered => (Glyph::Down, t!("file-load", name = name), Some(Fetch::Go)),
        FileState::Paused => (Glyph::Down, t!("file-resume", name = name), Some(Fetch::Go)),
        FileState::Damaged | FileState::Missing => {
            (Glyph::Again, t!("file-again", name = name), Some(Fetch::Go))
        }
    };
    let act = match fetch {
        Some(fetch) => acts.fetch.reform(move |_: MouseEvent| fetch),
        None => acts.save.reform(|_: MouseEvent| ()),
    };
    let stop = acts.fetch.reform(|_: MouseEvent| Fetch::Stop);
    let is_paused = file.progress.state == FileState::Paused;
    let is_coming = matches!(file.progress.state, FileState::Coming | FileState::Paused);
    html! {
        <span class="file">
            <button type="button" class="file-act" aria-label={label.clone()} title={label} onclick={act}
                aria-disabled={acts.is_saving.then_some("true")}><Icon {glyph} /></button>
            <span class="file-name" dir="auto">{ name }</span>
            <span class="file-state">{ progress_words(file, *is_ours) }</span>
            if is_coming {
                <progress class="file-progress" max={file.size.to_string()} value={file.progress.have.to_string()}
                    aria-label={t!("file-progress", name = name)} />
            }
            if is_paused {
                <button type="button" class="file-stop" onclick={stop}>{ t!("file-stop") }</button>
            }
            <ErrorText text={acts.error.map(|error| AttrValue::from(error_words(error, None)))} />
        </span>
    }
}
