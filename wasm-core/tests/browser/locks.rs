//! Web Locks: one leader, and the next one when it goes.

use futures::{FutureExt, channel::oneshot, future::join};
use volly_core::platform::{executor::spawn, lock::acquire};
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen_test]
async fn the_second_waits_for_the_first_and_then_takes_over() {
    let first = acquire("takeover").await.unwrap();
    let (done, second) = oneshot::channel();
    spawn(async move {
        let _ = done.send(acquire("takeover").await.unwrap());
    });
    let mut second = second.fuse();
    // Another name is granted after the request above has reached the lock manager.
    drop(acquire("elsewhere").await.unwrap());
    assert!((&mut second).now_or_never().is_none(), "two hold one lock");
    drop(first);
    drop(second.await.unwrap());
    drop(acquire("takeover").await.unwrap());
}

#[wasm_bindgen_test]
async fn whoever_gave_up_waiting_does_not_keep_the_lock() {
    let first = acquire("given-up").await.unwrap();
    assert!(acquire("given-up").now_or_never().is_none());
    let third = acquire("given-up");
    let (third, ()) = join(third, async move { drop(first) }).await;
    drop(third.unwrap());
}
