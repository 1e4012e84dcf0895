//! The file of a message.

use std::rc::Rc;

use volly_core::api::{ContactId, FileState, FileView, Form, MessageView};
use yew::prelude::*;

use super::file_line::FileLine;
use crate::{
    components::{Dialog, ErrorText, Glyph, Icon, IconButton, error_words},
    format::{Media, VOICE_NAME, media_of},
    hooks::{use_file_acts, use_file_url, use_url},
    i18n::t,
};

/// Props of [`Attachment`].
#[derive(Properties, PartialEq)]
pub(super) struct AttachmentProps {
    /// In which conversation.
    pub(super) contact: ContactId,
    /// The message; without a file nothing is drawn.
    pub(super) message: Rc<MessageView>,
}

/// See the module.
#[component]
pub(super) fn Attachment(props: &AttachmentProps) -> Html {
    let Form::File(file) = &props.message.form else { return Html::default() };
    let (contact, is_ours) = (props.contact, props.message.state.is_some());
    match media_of(&file.media_type) {
        Media::Picture => html! { <Picture {contact} {is_ours} file={file.clone()} /> },
        media => html! { <Other {contact} {is_ours} file={file.clone()} {media} /> },
    }
}

/// Props of the parts.
#[derive(Properties, PartialEq)]
struct FileProps {
    contact: ContactId,
    file: Box<FileView>,
    is_ours: bool,
    #[prop_or(Media::Other)]
    media: Media,
}

/// A picture: its preview until it is here, and larger when it is tapped.
#[component]
fn Picture(props: &FileProps) -> Html {
    let FileProps { contact, file, is_ours, .. } = props;
    let is_here = file.progress.state == FileState::Here;
    let (preview, whole) =
        (use_url(&file.preview, "image/jpeg"), use_file_url(*contact, file, is_here));
    let acts = use_file_acts(*contact, file);
    let is_open = use_state_eq(|| false);
    let (open, close) = (is_open.setter(), is_open.setter());
    let shown = whole.clone().or(preview);
    let size = |length: u16| (length > 0).then(|| length.to_string());
    let picture = |class: &'static str, alt: &str| {
        html! {
            <img {class} src={shown.clone()} alt={alt.to_owned()} width={size(file.width)} height={size(file.height)}
                decoding="async" />
        }
    };
    let save = acts.save.reform(|_: MouseEvent| ());
    html! {
        <>
            if is_here {
                <button type="button" class="picture" aria-label={t!("picture-open", name = file.name.as_str())}
                    onclick={move |_| open.set(true)}>
                    { picture("picture-image", &file.name) }
                </button>
            } else {
                if shown.is_some() { <span class="picture">{ picture("picture-image picture-coming", &file.name) }</span> }
                <FileLine contact={*contact} is_ours={*is_ours} file={file.clone()} />
            }
            if *is_open {
                <Dialog title={file.name.clone()} onclose={move |()| close.set(false)}>
                    { picture("picture-whole", "") }
                    <div class="dialog-actions">
                        <IconButton label={t!("file-save")} glyph={Glyph::Save} onclick={save} />
                    </div>
                    <ErrorText text={acts.error.map(|error| AttrValue::from(error_words(error, None)))} />
                </Dialog>
            }
        </>
    }
}

/// Any other file. Sound and video are played where they stand, once somebody wants to.
#[component]
fn Other(props: &FileProps) -> Html {
    let FileProps { contact, file, is_ours, media } = props;
    let is_here = file.progress.state == FileState::Here;
    // Sound is small, and its length is worth knowing; a video is read when it is wanted.
    let is_wanted = use_state_eq(|| *media == Media::Sound);
    let url = use_file_url(*contact, file, is_here && *is_wanted && *media != Media::Other);
    let preview = use_url(&file.preview, "image/jpeg");
    let want = is_wanted.setter();
    let label = t!("video-play", name = file.name.as_str());
    let is_voice = file.name.starts_with(VOICE_NAME) && *media == Media::Sound;
    html! {
        <>
            if let (Media::Video, Some(url)) = (media, &url) {
                <video class="video" controls=true autoplay=true playsinline=true src={url} aria-label={file.name.clone()} />
            } else if let (Media::Video, Some(preview)) = (media, &preview) {
                <button type="button" class="picture" aria-label={label} disabled={!is_here} onclick={move |_| want.set(true)}>
                    <img class="picture-image" src={preview} alt="" width={file.width.to_string()} height={file.height.to_string()} />
                    if is_here { <span class="picture-play"><Icon glyph={Glyph::Play} /></span> }
                </button>
            }
            if let (Media::Sound, Some(url)) = (media, &url) {
                <audio class="sound" controls=true src={url} aria-label={file.name.clone()} />
            }
            if !(is_voice && url.is_some()) { <FileLine contact={*contact} is_ours={*is_ours} file={file.clone()} /> }
        </>
    }
}
