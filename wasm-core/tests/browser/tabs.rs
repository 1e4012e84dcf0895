//! Tabs: one leads, the others are views, and a change that was acknowledged survives the leader.
//!
//! Two `Core`s in one page are two tabs: they share nothing but the lock, the channel and the
//! database. The engine is the real one; the network layer never connects.

use std::{cell::RefCell, rc::Rc};

use futures::{StreamExt, channel::mpsc};
use idb::Factory;
use js_sys::Uint8Array;
use volly_core::{
    api::{Call, Core, CreateInvite, Event, GetSnapshot, Notice, Snapshot, Start, StartFailure},
    driver::Network,
    engine::Engine,
    store::indexed_db::IndexedDb,
};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::BroadcastChannel;

struct Tab {
    core: Core,
    notices: mpsc::Receiver<Notice>,
}

/// A network layer that never connects.
fn silent() -> impl FnMut() -> Network + 'static {
    let ends = Rc::new(RefCell::new(Vec::new()));
    move || {
        let (actions, taken) = mpsc::channel(99);
        let (given, events) = mpsc::channel(1);
        ends.borrow_mut().push((taken, given));
        Network { actions, events }
    }
}

fn storage() -> web_sys::Storage {
    web_sys::window().unwrap().local_storage().unwrap().unwrap()
}

async fn delete(name: &str) {
    Factory::new().unwrap().delete(name).unwrap().await.unwrap();
}

/// No database, no witness.
async fn clean(name: &str) {
    storage().remove_item(&format!("{name}.identity")).unwrap();
    delete(name).await;
}

impl Tab {
    fn open(name: &str) -> Self {
        let (sender, notices) = mpsc::channel(99);
        let sender = RefCell::new(sender);
        let on_notice = move |notice| sender.borrow_mut().try_send(notice).unwrap();
        Self { core: Core::open_with::<Engine>(name, silent(), on_notice), notices }
    }

    async fn next(&mut self) -> Notice {
        self.notices.next().await.unwrap()
    }

    /// Waits for the next `Ready`.
    async fn ready(&mut self) -> Snapshot {
        loop {
            if let Notice::Ready(snapshot) = self.next().await {
                return *snapshot;
            }
        }
    }

    async fn call<C: Call>(&self, call: C) -> C::Reply {
        self.core.call(call).await.unwrap()
    }

    async fn start(&self) {
        self.call(Start { name: "Alice".into() }).await;
    }
}

#[wasm_bindgen_test]
async fn a_view_sees_what_the_leader_does_and_the_other_way_round() {
    clean("views").await;
    let mut leader = Tab::open("views");
    assert_eq!(leader.ready().await.profile, None);
    let mut view = Tab::open("views");
    assert_eq!(view.ready().await.profile, None);
    view.start().await;
    for tab in [&mut leader, &mut view] {
        let name = loop {
            if let Notice::Event(Event::Profile(profile)) = tab.next().await {
                break profile.name;
            }
        };
        assert_eq!(name, "Alice");
    }
    assert_eq!(view.call(GetSnapshot {}).await, leader.call(GetSnapshot {}).await);
}

#[wasm_bindgen_test]
async fn when_the_leader_closes_a_view_takes_over_with_all_that_was_acknowledged() {
    clean("takeover").await;
    let mut first = Tab::open("takeover");
    first.ready().await;
    let mut tabs = [Tab::open("takeover"), Tab::open("takeover")];
    for tab in &mut tabs {
        tab.ready().await;
    }
    tabs[1].start().await;
    let invite = tabs[1].call(CreateInvite {}).await;
    drop(first);
    for tab in &mut tabs {
        let snapshot = tab.ready().await;
        assert_eq!(snapshot.profile.unwrap().name, "Alice");
        assert_eq!(snapshot.invites[0].id, invite.id);
    }
    let [second, mut third] = tabs;
    drop(second);
    assert_eq!(third.ready().await.invites[0].id, invite.id);
}

#[wasm_bindgen_test]
async fn a_database_that_vanished_starts_anew_only_when_told_to() {
    clean("lost").await;
    let mut tab = Tab::open("lost");
    tab.ready().await;
    tab.start().await;
    drop(tab);
    delete("lost").await;
    let mut tab = Tab::open("lost");
    while tab.next().await != Notice::Failed(StartFailure::DatabaseVanished) {}
    // Another tab finds the same, and both go on when one of them is told to.
    let mut other = Tab::open("lost");
    while other.next().await != Notice::Failed(StartFailure::DatabaseVanished) {}
    tab.core.forget_and_start_anew();
    assert_eq!(tab.ready().await.profile, None);
    assert_eq!(other.ready().await.profile, None);
    drop(tab);
    assert_eq!(other.ready().await.profile, None);
}

#[wasm_bindgen_test]
async fn a_database_that_is_deleted_under_the_leader_is_not_made_anew() {
    clean("under").await;
    let mut tab = Tab::open("under");
    tab.ready().await;
    tab.start().await;
    delete("under").await;
    tab.core.call(CreateInvite {}).await.unwrap_err();
    while tab.next().await != Notice::Failed(StartFailure::DatabaseVanished) {}
    // Had the leader written, there would be rows without a key.
    IndexedDb::open("under").await.unwrap();
}

#[wasm_bindgen_test]
async fn a_leader_of_another_build_is_named() {
    clean("builds").await;
    let mut leader = Tab::open("builds");
    leader.ready().await;
    let mut view = Tab::open("builds");
    view.ready().await;
    // An `Up` in a layout that nobody knows, and bytes that are nothing at all.
    let channel = BroadcastChannel::new("builds").unwrap();
    channel.post_message(&"nothing".into()).unwrap();
    channel.post_message(&Uint8Array::from([9; 40].as_slice())).unwrap();
    let mut up = [0xAA; 40];
    up[0] = 1;
    channel.post_message(&Uint8Array::from(up.as_slice())).unwrap();
    assert_eq!(view.next().await, Notice::Failed(StartFailure::OtherVersion));
    // The leader is its own master, and answers on.
    leader.start().await;
    drop(leader);
    assert_eq!(view.ready().await.profile.unwrap().name, "Alice");
    channel.close();
}
