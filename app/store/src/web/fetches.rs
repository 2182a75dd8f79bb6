//! Requests by `fetch`, each read by a task of its own into one queue.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, AbortSignal, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestInit, Response, Url,
};

use super::{describe, field, scope, wait};
use crate::control::Control;
use crate::network::{Head, Incoming, Network, Target};
use crate::plan::FetchId;

/// The browser's network.
#[derive(Debug)]
pub struct Fetches {
    queue: Rc<RefCell<Queue>>,
    control: Control,
}

#[derive(Debug, Default)]
struct Queue {
    arrived: VecDeque<(FetchId, Incoming)>,
    /// Requests whose answers are wanted. What else arrives is dropped.
    running: BTreeMap<FetchId, AbortController>,
    waker: Option<Waker>,
}

impl Fetches {
    /// No requests yet. Waiting ends early when `control` is used.
    #[must_use]
    pub fn new(control: Control) -> Self {
        Self { queue: Rc::default(), control }
    }
}

impl Queue {
    /// Whether anybody wants more of this request's answer.
    fn push(&mut self, id: FetchId, incoming: Incoming) -> bool {
        if !self.running.contains_key(&id) {
            return false;
        }
        self.arrived.push_back((id, incoming));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
        true
    }
}

impl Network for Fetches {
    fn now(&self) -> f64 {
        super::now()
    }

    fn start(&mut self, id: FetchId, target: Target<'_>, range: Option<Range<u64>>) {
        let queue = self.queue.clone();
        let controller = match AbortController::new() {
            Ok(controller) => controller,
            // There is no browser with `fetch` streams and without this.
            Err(error) => return queue.borrow_mut().arrived.push_back((id, failed(&error))),
        };
        let (url, signal) = (address(target), controller.signal());
        self.queue.borrow_mut().running.insert(id, controller);
        spawn_local(async move {
            let end = match answer(url, range, &signal, id, &queue).await {
                Ok(()) => Incoming::End,
                Err(error) => failed(&error),
            };
            let mut queue = queue.borrow_mut();
            queue.push(id, end);
            queue.running.remove(&id);
        });
    }

    fn abort(&mut self, id: FetchId) {
        let mut queue = self.queue.borrow_mut();
        queue.arrived.retain(|(whose, _)| *whose != id);
        let controller = queue.running.remove(&id);
        // The browser may call back while it aborts.
        drop(queue);
        if let Some(controller) = controller {
            controller.abort();
        }
    }

    async fn next(&mut self, until: Option<f64>) -> Option<(FetchId, Incoming)> {
        if let Some(arrived) = self.queue.borrow_mut().arrived.pop_front() {
            return Some(arrived);
        }
        let (queue, control, wish) = (&self.queue, &self.control, self.control.wish());
        let mut timer = until.map(|until| Timer::new(until - super::now()));
        poll_fn(|context| {
            let mut queue = queue.borrow_mut();
            if let Some(arrived) = queue.arrived.pop_front() {
                return Poll::Ready(Some(arrived));
            }
            let over = timer.as_mut().is_some_and(|timer| Pin::new(&mut timer.over).poll(context).is_ready());
            if over || control.wish() != wish {
                return Poll::Ready(None);
            }
            queue.waker = Some(context.waker().clone());
            control.wake(context.waker());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Fetches {
    fn drop(&mut self) {
        let running = std::mem::take(&mut self.queue.borrow_mut().running);
        running.values().for_each(AbortController::abort);
    }
}

/// The address of a request.
fn address(target: Target<'_>) -> std::result::Result<String, JsValue> {
    let Some(path) = target.path else { return Ok(target.manifest.to_owned()) };
    let folder = match target.mirror {
        // A folder's address ends with a slash, or its last part would be replaced.
        Some(mirror) => {
            Url::new_with_base(&format!("{}/", mirror.trim_end_matches('/')), target.manifest)?.href()
        }
        None => target.manifest.to_owned(),
    };
    Ok(Url::new_with_base(path, &folder)?.href())
}

/// Sends a request and puts its answer into the queue, except for its end.
async fn answer(
    url: std::result::Result<String, JsValue>,
    range: Option<Range<u64>>,
    signal: &AbortSignal,
    id: FetchId,
    queue: &RefCell<Queue>,
) -> std::result::Result<(), JsValue> {
    let request = RequestInit::new();
    request.set_signal(Some(signal));
    // What is kept is kept in the store, and mirrors need not know which page asks.
    request.set_referrer_policy(ReferrerPolicy::NoReferrer);
    request.set_cache(if range.is_some() { RequestCache::NoStore } else { RequestCache::NoCache });
    if let Some(range) = range {
        let headers = Headers::new()?;
        headers.set("Range", &format!("bytes={}-{}", range.start, range.end - 1))?;
        request.set_headers_headers(&headers);
    }
    let response: Response = wait(scope().fetch_with_str_and_init(&url?, &request)).await?.unchecked_into();
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let head = Head {
        status: response.status(),
        content_range: header("Content-Range"),
        retry_after: header("Retry-After"),
    };
    if !queue.borrow_mut().push(id, Incoming::Head(head)) {
        return Ok(());
    }
    let Some(body) = response.body() else { return Ok(()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    loop {
        let step = wait(reader.read()).await?;
        if field(&step, "done").is_truthy() {
            return Ok(());
        }
        let bytes: Uint8Array = field(&step, "value").unchecked_into();
        if !queue.borrow_mut().push(id, Incoming::Data(bytes.to_vec())) {
            return Ok(());
        }
    }
}

fn failed(error: &JsValue) -> Incoming {
    Incoming::Failed(describe(error))
}

/// The browser's timer. Dropping it stops it.
struct Timer {
    over: JsFuture,
    handle: Option<i32>,
}

impl Timer {
    fn new(ms: f64) -> Self {
        let mut handle = None;
        let over = Promise::new(&mut |resolve: Function, _| {
            // Rounded up, so that the time has come when it fires.
            let ms = ms.clamp(0.0, f64::from(i32::MAX)).ceil() as i32;
            handle = scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms).ok();
        });
        Self { over: JsFuture::from(over), handle }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(handle) = self.handle {
            scope().clear_timeout_with_handle(handle);
        }
    }
}
