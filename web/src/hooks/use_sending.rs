//! Files on their way into the engine, one after the other.

use std::{cell::Cell, rc::Rc};

use volly_core::{
    api::{AddToFile, ApiError, BeginFile, ContactId, DropFile, FileId, MessageId, SendFile},
    limits::{CHUNK_BYTES, FILE_PART_CHUNKS},
};
use web_sys::File;
use yew::prelude::*;

use super::use_engine;
use crate::{
    browser::{self, Prepared},
    core::Engine,
};

/// Bytes that go to the engine at once.
const PART: f64 = (FILE_PART_CHUNKS as usize * CHUNK_BYTES) as f64;

/// How often a file is begun anew when the engine moves to another tab.
const ATTEMPTS: usize = 3;

/// A file that somebody chose, and its length in milliseconds if that is known.
pub(crate) type Chosen = (File, u32);

/// A file on its way.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// Names it within this page.
    pub(crate) token: u64,
    /// As its owner calls it.
    pub(crate) name: AttrValue,
    /// Hundredths that are taken in.
    pub(crate) done: u8,
    is_stopped: Rc<Cell<bool>>,
}

impl PartialEq for Upload {
    fn eq(&self, other: &Self) -> bool {
        (self.token, self.done) == (other.token, other.done)
    }
}

/// The files of one conversation that are on their way, and why the last one is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Uploads {
    /// In the order in which they were chosen.
    pub(crate) open: Vec<Upload>,
    /// Of the last that was refused.
    pub(crate) refused: Option<(AttrValue, ApiError)>,
}

/// What can happen to a file on its way.
#[derive(Debug)]
pub(crate) enum Step {
    /// One more.
    Add(Upload),
    /// So many hundredths of it are taken in.
    Advance(u64, u8),
    /// It is sent, given up, or refused.
    End(u64, Option<ApiError>),
}

impl Reducible for Uploads {
    type Action = Step;

    fn reduce(self: Rc<Self>, step: Step) -> Rc<Self> {
        let mut next = (*self).clone();
        match step {
            Step::Add(upload) => {
                next.refused = None;
                next.open.push(upload);
            }
            Step::Advance(token, done) => {
                let upload = next.open.iter_mut().find(|upload| upload.token == token);
                upload.into_iter().for_each(|upload| upload.done = done);
            }
            Step::End(token, error) => {
                let ended = next.open.iter().find(|upload| upload.token == token);
                let ended = ended.map(|upload| upload.name.clone());
                next.refused = ended.zip(error).or(next.refused);
                next.open.retain(|upload| upload.token != token);
            }
        }
        next.into()
    }
}

/// See [`use_sending`].
pub(crate) struct UseSending {
    /// What is on its way.
    pub(crate) uploads: Rc<Uploads>,
    /// Sends files; the first of them answers the message, if there is one.
    pub(crate) onfiles: Callback<(Vec<Chosen>, Option<MessageId>)>,
    /// Gives one up.
    pub(crate) onstop: Callback<u64>,
}

/// Files for a contact. They go on when the chat is left.
#[hook]
pub(crate) fn use_sending(contact: ContactId) -> UseSending {
    let engine = use_engine();
    let uploads = use_reducer(Uploads::default);
    let dispatch = uploads.dispatcher();
    let next = use_mut_ref(|| 0_u64);
    let onfiles = use_callback(
        (engine, contact),
        move |(files, answers): (Vec<Chosen>, Option<MessageId>), (engine, contact)| {
            let added: Vec<(Chosen, Upload)> = files
                .into_iter()
                .map(|(file, lasts)| {
                    *next.borrow_mut() += 1;
                    let (token, name) = (*next.borrow(), file.name().into());
                    ((file, lasts), Upload { token, name, done: 0, is_stopped: Rc::default() })
                })
                .collect();
            added.iter().for_each(|(_, upload)| dispatch.dispatch(Step::Add(upload.clone())));
            let (engine, contact, dispatch) = (engine.clone(), *contact, dispatch.clone());
            browser::spawn(async move {
                let mut answers = answers;
                for (file, upload) in added {
                    let advance = |done| dispatch.dispatch(Step::Advance(upload.token, done));
                    let sent =
                        send(&engine, (contact, answers), file, &upload.is_stopped, advance).await;
                    answers = answers.filter(|_| sent.is_err());
                    let error = sent.err().filter(|_| !upload.is_stopped.get());
                    dispatch.dispatch(Step::End(upload.token, error));
                }
            });
        },
    );
    let open = uploads.open.clone();
    let onstop = Callback::from(move |token: u64| {
        let stopped = open.iter().filter(|upload| upload.token == token);
        stopped.for_each(|upload| upload.is_stopped.set(true));
    });
    UseSending { uploads: Rc::new((*uploads).clone()), onfiles, onstop }
}

async fn send(
    engine: &Engine,
    (contact, answers): (ContactId, Option<MessageId>),
    (file, lasts): Chosen,
    is_stopped: &Cell<bool>,
    advance: impl Fn(u8),
) -> Result<(), ApiError> {
    let mut prepared = browser::prepare(file).await;
    if prepared.description.duration == 0 {
        prepared.description.duration = lasts;
    }
    let mut result = Err(ApiError::EngineMoved);
    for _ in 0..ATTEMPTS {
        if result != Err(ApiError::EngineMoved) {
            break;
        }
        result = hand_over(engine, (contact, answers), &prepared, is_stopped, &advance).await;
    }
    result
}

/// Takes one file into the engine, part by part, and sends it.
async fn hand_over(
    engine: &Engine,
    (contact, answers): (ContactId, Option<MessageId>),
    prepared: &Prepared,
    is_stopped: &Cell<bool>,
    advance: &impl Fn(u8),
) -> Result<(), ApiError> {
    let size = prepared.blob.size();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive")]
    let file = engine.core().call(BeginFile { contact, size: size as u64 }).await?;
    let added = add_all(engine, (contact, file), prepared, is_stopped, advance).await;
    if let Err(error) = added {
        engine.tell(DropFile { contact, file });
        return Err(error);
    }
    let description = Box::new(prepared.description.clone());
    let call = SendFile { contact, file, description, answers };
    engine.core().call(call).await.map(|_| ())
}

async fn add_all(
    engine: &Engine,
    (contact, file): (ContactId, FileId),
    prepared: &Prepared,
    is_stopped: &Cell<bool>,
    advance: &impl Fn(u8),
) -> Result<(), ApiError> {
    let size = prepared.blob.size();
    let mut from = 0.0;
    while from < size {
        if is_stopped.get() {
            return Err(ApiError::NotFound);
        }
        let to = (from + PART).min(size);
        let bytes = browser::bytes_of(&prepared.blob, from, to).await;
        let bytes = bytes.ok_or(ApiError::FileChanged)?;
        engine.core().call(AddToFile { contact, file, bytes }).await?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
        advance((to / size * 100.0) as u8);
        from = to;
    }
    Ok(())
}
