//! Searching all history: as one types, after a pause, part by part.

use std::{rc::Rc, time::Duration};

use volly_core::api::{Found, Search};
use yew::prelude::*;

use super::use_engine;
use crate::browser::{self, Timer};

/// Pause in typing after which one searches.
/// Lower: searches for what nobody meant. Higher: one waits.
const PAUSE: Duration = Duration::from_millis(75);

/// Letters from which on messages are searched.
const ENOUGH: usize = 2;

/// See [`use_search`].
#[derive(Clone, Default, PartialEq)]
pub(crate) struct UseSearch {
    /// What was found so far, the newest first.
    pub(crate) found: Rc<Vec<Found>>,
    /// There is more to search.
    pub(crate) busy: bool,
}

/// The messages that hold the words of a query.
#[hook]
pub(crate) fn use_search(query: &AttrValue) -> UseSearch {
    let engine = use_engine();
    let result = use_state_eq(UseSearch::default);
    let latest = use_mut_ref(AttrValue::default);
    let (setter, before) = (result.setter(), Rc::clone(&result.found));
    use_effect_with(query.clone(), move |query| {
        latest.replace(query.clone());
        let query = query.trim().to_owned();
        let timer = if query.chars().count() < ENOUGH {
            setter.set(UseSearch::default());
            None
        } else {
            // Until there is an answer, nothing is known to be missing.
            setter.set(UseSearch { found: before, busy: true });
            Some(Timer::after(PAUSE, move || {
                let core = engine.core();
                browser::spawn(async move {
                    loop {
                        let page = core.call(Search { query: query.clone() }).await;
                        // Another query has taken its place, or there is nothing to show.
                        let Ok(page) = page else { return };
                        if latest.borrow().trim() != query {
                            return;
                        }
                        setter.set(UseSearch { found: Rc::new(page.found), busy: !page.whole });
                        if page.whole {
                            return;
                        }
                    }
                });
            }))
        };
        move || drop(timer)
    });
    (*result).clone()
}
