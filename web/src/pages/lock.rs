//! The app lock: set, changed, removed; at once and after a while; and everything erased.

use volly_core::api::SetLock;
use yew::prelude::*;

use crate::{
    components::{
        Button, Dialog, ErrorText, Glyph, Kind, Look, Page, Select, TextField, error_words,
    },
    hooks::{LockAfter, use_back, use_call, use_engine, use_lock_after, use_title, use_wipe},
    i18n::t,
};

/// See the module.
#[component]
pub(crate) fn Lock() -> Html {
    let (engine, onback) = (use_engine(), use_back());
    let is_set = use_state_eq(|| engine.core().has_lock());
    use_title(Some(t!("lock-title")));
    let onchange = {
        let (engine, is_set) = (engine.clone(), is_set.setter());
        Callback::from(move |()| is_set.set(engine.core().has_lock()))
    };
    html! {
        <Page title={t!("lock-title")} {onback}>
            if *is_set { <section class="card"><LockNow /></section> }
            <section class="card"><Change is_set={*is_set} {onchange} /></section>
            <section class="card">
                <h2 class="form-title">{ t!("wipe-title") }</h2>
                <p class="form-lead">{ t!("wipe-lead") }</p>
                <Wipe look={Look::Danger} label={t!("wipe-open")} />
            </section>
        </Page>
    }
}

#[component]
fn LockNow() -> Html {
    let engine = use_engine();
    let after = use_lock_after();
    let onclick = use_callback(engine, |_: MouseEvent, engine| engine.core().lock());
    let options: Vec<(u32, AttrValue)> = LockAfter::ALL
        .iter()
        .map(|after| {
            let words = match after.minutes() {
                0 => t!("lock-never"),
                minutes => t!("lock-minutes", count = minutes),
            };
            (after.minutes(), words.into())
        })
        .collect();
    html! {
        <>
            <p>{ t!("lock-on") }</p>
            <Button label={t!("lock-now")} look={Look::Primary} {onclick} />
            <p class="quiet">{ t!("lock-keys") }</p>
            <Select id="lock-after" label={t!("lock-after")} {options} value={after.value}
                onchange={after.choose} />
        </>
    }
}

/// Props of [`Change`].
#[derive(Properties, PartialEq)]
struct ChangeProps {
    /// There is a passphrase.
    is_set: bool,
    /// It was set, changed or removed.
    onchange: Callback<()>,
}

#[component]
fn Change(props: &ChangeProps) -> Html {
    let (current, new, again) =
        (use_state_eq(String::new), use_state_eq(String::new), use_state_eq(String::new));
    let differs = use_state_eq(|| false);
    let done = use_state_eq(|| None::<&'static str>);
    let last = use_mut_ref(|| "lock-set");
    let onreply = {
        let fields = [current.setter(), new.setter(), again.setter()];
        let (done, last, onchange) = (done.setter(), last.clone(), props.onchange.clone());
        Callback::from(move |()| {
            fields.iter().for_each(|field| field.set(String::new()));
            done.set(Some(*last.borrow()));
            onchange.emit(());
        })
    };
    let set = use_call::<SetLock>(onreply);
    let ask = {
        let (run, done, differs, last) = (set.run, done.setter(), differs.setter(), last);
        let (current, new, again) = ((*current).clone(), (*new).clone(), (*again).clone());
        Callback::from(move |what: &'static str| {
            done.set(None);
            let new = if what == "off" { String::new() } else { new.clone() };
            let is_different = what != "off" && new != again;
            differs.set(is_different);
            if !is_different {
                *last.borrow_mut() = what;
                run.emit(SetLock { current: current.clone(), new });
            }
        })
    };
    let (is_set, busy) = (props.is_set, set.state.is_busy());
    let onsubmit = {
        let (ask, is_empty, differs) = (ask.clone(), new.is_empty(), differs.setter());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if is_empty { differs.set(true) } else { ask.emit("on") }
        })
    };
    let error = set.state.error().map(|error| AttrValue::from(error_words(error, None)));
    let mismatch = if *differs { t!("lock-differs") } else { String::new() };
    html! {
        <form class="form" {onsubmit} novalidate=true>
            <h2 class="form-title">{ if is_set { t!("lock-change-title") } else { t!("lock-set-title") } }</h2>
            <p class="form-lead">{ t!("lock-lead") }</p>
            if is_set {
                <TextField id="lock-current" kind={Kind::Passphrase} label={t!("lock-current")}
                    value={(*current).clone()} oninput={current.setter().to_callback()} />
            }
            <TextField id="lock-new" kind={Kind::NewPassphrase} label={t!("lock-new")} hint={t!("passphrase-hint")}
                value={(*new).clone()} oninput={new.setter().to_callback()} />
            <TextField id="lock-again" kind={Kind::NewPassphrase} label={t!("lock-again")} error={mismatch}
                value={(*again).clone()} oninput={again.setter().to_callback()} />
            <p class="button-row">
                <Button label={if is_set { t!("lock-change") } else { t!("lock-set") }} look={Look::Primary}
                    submits=true {busy} />
                if is_set {
                    <Button label={t!("lock-remove")} {busy} onclick={ask.reform(|_| "off")} />
                }
            </p>
            <p class="quiet" role="status">
                { match *done {
                    Some("off") => t!("lock-removed"),
                    Some(_) => t!("lock-done"),
                    None => String::new(),
                } }
            </p>
            <ErrorText text={error} />
        </form>
    }
}

/// Props of [`Wipe`].
#[derive(Properties, PartialEq)]
pub(super) struct WipeProps {
    /// How the button looks.
    pub(super) look: Look,
    /// What it says.
    pub(super) label: AttrValue,
}

/// Erases everything, after it was asked.
#[component]
pub(super) fn Wipe(props: &WipeProps) -> Html {
    let asking = use_state_eq(|| false);
    let wipe = use_wipe();
    let (open, shut) = (asking.setter(), asking.setter());
    let onclose = Callback::from(move |()| shut.set(false));
    html! {
        <>
            <Button label={&props.label} look={props.look} onclick={move |_| open.set(true)} />
            if *asking {
                <Dialog title={t!("wipe-ask")} onclose={onclose.clone()}>
                    <p>{ t!("wipe-text") }</p>
                    <div class="dialog-actions">
                        <Button label={t!("cancel")} onclick={onclose.reform(|_| ())} />
                        <Button label={t!("wipe-do")} glyph={Glyph::Bin} look={Look::Danger}
                            onclick={wipe.reform(|_: MouseEvent| ())} />
                    </div>
                </Dialog>
            }
        </>
    }
}
