//! A thread of its own for one computation: the same program once more, in a dedicated worker.
//!
//! ```text
//!  page ── module, address of its glue ──► key-worker.js: loads it, `serve` listens
//!       ◄─ (ready) ──
//!       ── request ──►
//!       ◄─ answer ───     and the worker is ended, with all of its memory
//! ```
//!
//! The page's content security policy lets `register-sw.js` alone name a worker; it leaves the function
//! [`MAKER`] behind.

use futures::{StreamExt, channel::mpsc};
use js_sys::{Function, Object, Reflect, Uint8Array, global};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use super::page::{self, Listener};

/// Makes the worker.
const MAKER: &str = "vollyKeyWorker";

/// Ends with the last handle.
struct Running(Worker);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.terminate();
    }
}

fn start() -> Option<Running> {
    let make: Function = Reflect::get(&global(), &MAKER.into()).ok()?.dyn_into().ok()?;
    Some(Running(make.call0(&JsValue::UNDEFINED).ok()?.dyn_into().ok()?))
}

/// Has `request` answered in a worker; `None` where there is none to be had.
pub async fn ask(request: &[u8]) -> Option<Vec<u8>> {
    let worker = start()?;
    let (told, mut tell) = mpsc::channel(4);
    let hear = |event: &'static str| {
        let mut told = told.clone();
        Listener::new(worker.0.clone().into(), event, move |event| {
            let data = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
            // One answer is waited for at a time, and nothing is said after it.
            let _ = told.try_send(data);
        })
    };
    let _listeners = [hear("message"), hear("error")];
    let program = Object::new();
    let glue = page::glue()?;
    Reflect::set(&program, &"module".into(), &wasm_bindgen::module()).ok()?;
    Reflect::set(&program, &"glue".into(), &glue.into()).ok()?;
    worker.0.post_message(&program).ok()?;
    tell.next().await??;
    let bytes = Uint8Array::from(request);
    worker.0.post_message(&bytes).ok()?;
    bytes.fill(0, 0, bytes.length());
    let answer: Uint8Array = tell.next().await??.dyn_into().ok()?;
    Some(answer.to_vec())
}

/// Whether this is such a worker; it answers with `answer` from now on then.
pub fn serve(answer: impl Fn(&[u8]) -> Vec<u8> + 'static) -> bool {
    let Ok(scope) = global().dyn_into::<DedicatedWorkerGlobalScope>() else { return false };
    let to = scope.clone();
    let handler = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let Ok(request) = event.data().dyn_into::<Uint8Array>() else { return };
        let answer = answer(&request.to_vec());
        // A page that is gone has ended this worker as well.
        let _ = to.post_message(&Uint8Array::from(answer.as_slice()));
    });
    scope.set_onmessage(Some(handler.as_ref().unchecked_ref()));
    handler.forget();
    scope.post_message(&JsValue::TRUE).is_ok()
}
