//! The file of a message: its bytes as an address, and what one can do with it.

use std::{cell::Cell, rc::Rc};

use volly_core::{
    api::{ApiError, ContactId, Fetch, FetchFile, FileView, ReadFile},
    limits::FILE_PART_CHUNKS,
};
use yew::prelude::*;

use super::use_engine;
use crate::{
    browser::{self, ObjectUrl, Parts},
    core::Engine,
};

/// The address of a few bytes, as long as the component is there.
#[hook]
pub(crate) fn use_url(bytes: &[u8], media_type: &'static str) -> Option<AttrValue> {
    let url = use_memo(bytes.to_vec(), |bytes| {
        let mut parts = Parts::default();
        parts.push(bytes);
        (!bytes.is_empty()).then(|| ObjectUrl::new(&parts.whole(media_type))).flatten()
    });
    (*url).as_ref().map(ObjectUrl::get)
}

/// The address of a file's bytes, once they are wanted and read.
#[hook]
pub(crate) fn use_file_url(
    contact: ContactId,
    file: &FileView,
    is_wanted: bool,
) -> Option<AttrValue> {
    let engine = use_engine();
    let url = use_state(|| None::<Rc<ObjectUrl>>);
    let setter = url.setter();
    let media_type = file.media_type.clone();
    use_effect_with(
        (engine, contact, file.id, is_wanted),
        move |(engine, contact, id, is_wanted)| {
            let is_left = Rc::new(Cell::new(false));
            if *is_wanted {
                let (engine, left, contact, id) =
                    (engine.clone(), Rc::clone(&is_left), *contact, *id);
                browser::spawn(async move {
                    let read = read(&engine, ReadFile { contact, file: id, from: 0 }, &left).await;
                    if let Ok(parts) = read {
                        let made = ObjectUrl::new(&parts.whole(&media_type));
                        setter.set(made.map(Rc::new));
                    }
                });
            }
            move || is_left.set(true)
        },
    );
    url.as_ref().map(|url| url.get())
}

/// Reads a file from a chunk to its end, part by part; none of it stays in this program.
async fn read(
    engine: &Engine,
    mut next: ReadFile,
    is_left: &Cell<bool>,
) -> Result<Parts, ApiError> {
    let mut parts = Parts::default();
    while !is_left.get() {
        let part = engine.core().call(next.clone()).await?;
        parts.push(&part.bytes);
        if part.is_last {
            return Ok(parts);
        }
        next.from = next.from.saturating_add(FILE_PART_CHUNKS);
    }
    Err(ApiError::NotFound)
}

/// What one can do with a file.
pub(crate) struct FileActs {
    /// Says what becomes of one that is not here.
    pub(crate) fetch: Callback<Fetch>,
    /// Hands one that is here to the browser's downloads.
    pub(crate) save: Callback<()>,
    /// That is going on.
    pub(crate) is_saving: bool,
    /// Why it was refused.
    pub(crate) error: Option<ApiError>,
}

/// See [`FileActs`].
#[hook]
pub(crate) fn use_file_acts(contact: ContactId, file: &FileView) -> FileActs {
    let engine = use_engine();
    let state = use_state_eq(|| (false, None::<ApiError>));
    let id = file.id;
    let fetch = use_callback((engine.clone(), contact, id), |fetch, (engine, contact, file)| {
        engine.tell(FetchFile { contact: *contact, file: *file, fetch });
    });
    let setter = state.setter();
    let (name, media_type) = (file.name.clone(), file.media_type.clone());
    let save = use_callback(
        (engine, contact, id, state.0),
        move |(), (engine, contact, file, is_saving)| {
            if *is_saving {
                return;
            }
            setter.set((true, None));
            let (setter, engine) = (setter.clone(), engine.clone());
            let (name, media_type) = (name.clone(), media_type.clone());
            let first = ReadFile { contact: *contact, file: *file, from: 0 };
            browser::spawn(async move {
                let parts = read(&engine, first, &Cell::new(false)).await;
                if let Ok(parts) = &parts {
                    browser::download(&parts.whole(&media_type), &name);
                }
                setter.set((false, parts.err()));
            });
        },
    );
    FileActs { fetch, save, is_saving: state.0, error: state.1 }
}
