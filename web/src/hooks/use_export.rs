//! One conversation, read to its beginning and given out as a file.

use std::rc::Rc;

use volly_core::api::{ApiError, ContactView, Form, GetTimeline, MessageView, Stretch};
use yew::prelude::*;

use super::{use_engine, use_roster};
use crate::{
    browser,
    core::Engine,
    export::{self, Line},
    i18n::t,
};

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A page.
    Html,
    /// For programs.
    Json,
}

/// See [`use_export`].
pub(crate) struct UseExport {
    /// It is being made.
    pub(crate) is_busy: bool,
    /// Why it was not.
    pub(crate) error: Option<ApiError>,
    /// Makes it, and hands it to the browser's downloads.
    pub(crate) run: Callback<Format>,
}

/// Exports the conversation with a contact.
#[hook]
pub(crate) fn use_export(contact: Rc<ContactView>) -> UseExport {
    let (engine, roster) = (use_engine(), use_roster());
    let state = use_state_eq(|| (false, None));
    let ours = roster.profile.as_ref().map_or_else(String::new, |profile| profile.name.clone());
    let setter = state.setter();
    let run = use_callback((engine, contact, ours), move |format, (engine, contact, ours)| {
        let (engine, contact, ours) = (engine.clone(), Rc::clone(contact), ours.clone());
        let setter = setter.clone();
        setter.set((true, None));
        browser::spawn(async move {
            let done = export(&engine, &contact, &ours, format).await;
            setter.set((false, done.err()));
        });
    });
    UseExport { is_busy: state.0, error: state.1, run }
}

async fn export(
    engine: &Engine,
    contact: &ContactView,
    ours: &str,
    format: Format,
) -> Result<(), ApiError> {
    let messages = history(engine, contact).await?;
    let lines = messages.iter().filter_map(|message| line(message, format));
    let name = contact.name.as_str();
    let mut text = match format {
        Format::Html => export::html_start(&t!("export-heading", name = name)),
        Format::Json => export::json_start(name, &contact.fingerprint),
    };
    for (place, line) in lines.enumerate() {
        text += &match format {
            Format::Html => export::html_line(&line, if line.mine { ours } else { name }),
            Format::Json => export::json_line(&line, place == 0),
        };
    }
    let (end, kind, ending) = match format {
        Format::Html => (export::HTML_END, "text/html", "html"),
        Format::Json => (export::JSON_END, "application/json", "json"),
    };
    text += end;
    let mut file = browser::Parts::default();
    file.push(text.as_bytes());
    let day = browser::day_now();
    let with = export::file_part(name);
    browser::download(&file.whole(kind), &format!("Volly {with} {day}.{ending}"));
    Ok(())
}

/// A message of the file; `None` for what nobody has said. A page says in words what is gone.
fn line(message: &MessageView, format: Format) -> Option<Line> {
    let is_page = format == Format::Html;
    let text = match &message.form {
        Form::File(file) if is_page => t!("export-file", name = file.name.as_str()),
        Form::File(file) => file.name.clone(),
        Form::Text => message.text.clone(),
        Form::Deleted if is_page => t!("message-deleted"),
        Form::Newer if is_page => t!("message-newer"),
        Form::Deleted | Form::Newer => String::new(),
        Form::Timer(_) => return None,
    };
    let sent = browser::rfc3339(message.sent_at);
    Some(Line { mine: message.state.is_some(), sent, edited: message.edited, text })
}

/// The whole history, oldest first.
async fn history(engine: &Engine, contact: &ContactView) -> Result<Vec<MessageView>, ApiError> {
    let mut pages = Vec::new();
    let mut stretch = Stretch::Newest;
    loop {
        let call = GetTimeline { contact: contact.id, stretch };
        let page = engine.core().call(call).await?;
        let Some(oldest) = page.messages.first().map(|message| message.id) else { break };
        stretch = Stretch::Before(oldest);
        pages.push(page.messages);
        if !page.has_older {
            break;
        }
    }
    Ok(pages.into_iter().rev().flatten().collect())
}
