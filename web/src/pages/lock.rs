//! The app lock: set, changed, removed; at once and after a while; and everything erased.

use volly_core::api::{LockKey, LockMethod, SetLock};
use yew::prelude::*;

use crate::{
    browser,
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
    let method = use_state_eq(|| engine.core().lock_method());
    use_title(Some(t!("lock-title")));
    let onchange = {
        let (engine, method) = (engine.clone(), method.setter());
        Callback::from(move |()| method.set(engine.core().lock_method()))
    };
    html! {
        <Page title={t!("lock-title")} {onback}>
            if method.is_some() { <section class="card"><LockNow method={*method} /></section> }
            if *method != Some(LockMethod::Passkey) {
                <section class="card">
                    <Change is_set={method.is_some()} onchange={onchange.clone()} />
                </section>
            }
            if *method == Some(LockMethod::Passkey) || (method.is_none() && browser::passkeys()) {
                <section class="card"><Passkey is_set={method.is_some()} {onchange} /></section>
            }
            <section class="card">
                <h2 class="form-title">{ t!("wipe-title") }</h2>
                <p class="form-lead">{ t!("wipe-lead") }</p>
                <Wipe look={Look::Danger} label={t!("wipe-open")} />
            </section>
        </Page>
    }
}

/// Props of [`LockNow`].
#[derive(Properties, PartialEq)]
struct LockNowProps {
    method: Option<LockMethod>,
}

#[component]
fn LockNow(props: &LockNowProps) -> Html {
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
            <p>{ if props.method == Some(LockMethod::Passkey) { t!("lock-on-passkey") } else { t!("lock-on") } }</p>
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
            let is_different = what != "off" && new != again;
            differs.set(is_different);
            if !is_different {
                *last.borrow_mut() = what;
                let new = if what == "off" { String::new() } else { new.clone() };
                run.emit(SetLock { current: typed(&current), new: typed(&new) });
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

/// What a passphrase field means.
fn typed(passphrase: &str) -> LockKey {
    if passphrase.is_empty() { LockKey::Open } else { LockKey::Passphrase(passphrase.to_owned()) }
}

/// A lock without words: made with a passkey, or taken away with it.
#[component]
fn Passkey(props: &ChangeProps) -> Html {
    let set = use_call::<SetLock>(props.onchange.clone());
    let refused = use_state_eq(|| false);
    let (is_set, busy) = (props.is_set, set.state.is_busy());
    let onclick = {
        let (run, refused) = (set.run.clone(), refused.setter());
        Callback::from(move |_: MouseEvent| {
            let (run, refused) = (run.clone(), refused.clone());
            refused.set(false);
            browser::spawn(async move {
                let asked = if is_set {
                    browser::ask_passkey().await
                } else {
                    browser::make_passkey().await
                };
                match asked.map(LockKey::Passkey) {
                    None => refused.set(true),
                    Some(key) if is_set => run.emit(SetLock { current: key, new: LockKey::Open }),
                    Some(key) => run.emit(SetLock { current: LockKey::Open, new: key }),
                }
            });
        })
    };
    let error = set.state.error().map(|error| error_words(error, None));
    let error = error.or(refused.then(|| t!("passkey-refused"))).map(AttrValue::from);
    html! {
        <>
            <h2 class="form-title">{ t!("passkey-title") }</h2>
            <p class="form-lead">{ t!("passkey-lead") }</p>
            <p class="button-row">
                <Button label={if is_set { t!("lock-remove") } else { t!("passkey-make") }} {busy} {onclick} />
            </p>
            <ErrorText text={error} />
        </>
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
