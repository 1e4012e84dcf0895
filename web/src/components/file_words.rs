//! A file in words: what it is, how large, and where it stands.

use volly_core::api::{FileState, FileView};

use crate::{
    format::{VOICE_NAME, length},
    i18n::t,
};

/// What kind of file it is, for the list of conversations.
pub(crate) fn kind_words(file: &FileView) -> String {
    match file.media_type.split('/').next() {
        Some("image") => t!("file-photo"),
        Some("video") => t!("file-video"),
        Some("audio") if file.name.starts_with(VOICE_NAME) => t!("file-voice"),
        Some("audio") => t!("file-sound"),
        _ => file.name.clone(),
    }
}

/// A number of bytes, as people say it: 1 KB is 1,000 bytes.
fn size_words(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let bytes = bytes as f64;
    let (value, unit) = match bytes {
        small if small < 1e3 => (small, "byte"),
        some if some < 1e6 => (some / 1e3, "kilobyte"),
        many if many < 1e9 => (many / 1e6, "megabyte"),
        most => (most / 1e9, "gigabyte"),
    };
    let value =
        if value < 10.0 && unit != "byte" { (value * 10.0).round() / 10.0 } else { value.round() };
    match unit {
        "byte" => t!("size-bytes", count = value),
        "kilobyte" => t!("size-kb", count = value),
        "megabyte" => t!("size-mb", count = value),
        _ => t!("size-gb", count = value),
    }
}

/// Its size, and where it stands; of one of ours, where it stands with the contact.
pub(crate) fn progress_words(file: &FileView, is_ours: bool) -> String {
    let given = file.progress.given;
    if is_ours && given < file.size && file.progress.state == FileState::Here {
        let (size, given_words) = (size_words(file.size), size_words(given));
        return match given {
            0 => t!("file-not-fetched", size = size.as_str()),
            _ => t!("file-given", given = given_words.as_str(), size = size.as_str()),
        };
    }
    let size = size_words(file.size);
    let have = size_words(file.progress.have);
    let (size, have) = (size.as_str(), have.as_str());
    match file.progress.state {
        FileState::Here | FileState::Offered if file.duration > 0 => {
            t!("file-length", length = length(file.duration.div_ceil(1_000)).as_str(), size = size)
        }
        FileState::Here | FileState::Offered => size.to_owned(),
        FileState::Coming if file.progress.have == 0 => t!("file-waits", size = size),
        FileState::Coming => t!("file-coming", have = have, size = size),
        FileState::Paused => t!("file-paused", have = have, size = size),
        FileState::NoRoom => t!("file-no-room", size = size),
        FileState::Damaged => t!("file-damaged"),
        FileState::Missing => t!("file-missing"),
    }
}
