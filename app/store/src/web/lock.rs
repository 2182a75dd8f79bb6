//! The lock that one tab has at a time, by Web Locks. It ends with the tab that has it, however that ends.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::{failure, field, scope, wait};
use crate::error::Result;

const NAME: &str = "klartext-models";

/// The lock, held or not.
#[derive(Debug, Default)]
pub(super) struct Lock {
    /// Ends the promise that the browser keeps the lock for.
    release: Option<Function>,
}

impl Lock {
    /// Takes it; false while another tab has it. A browser without Web Locks has no such tabs that we know of.
    pub(super) async fn take(&mut self) -> Result<bool> {
        let locks = field(&scope().navigator(), "locks");
        if self.release.is_some() || locks.is_falsy() {
            return Ok(true);
        }
        let release = Rc::new(RefCell::new(None));
        let answer = Promise::new(&mut |answer, refuse| {
            let release = release.clone();
            let granted = Closure::once_into_js(move |lock: JsValue| -> JsValue {
                let granted = !lock.is_falsy();
                // A promise's own functions do not throw.
                let _ = answer.call1(&JsValue::UNDEFINED, &granted.into());
                if !granted {
                    return JsValue::UNDEFINED;
                }
                Promise::new(&mut |resolve, _| drop(release.replace(Some(resolve)))).into()
            });
            if let Err(error) = request(&locks, &granted) {
                let _ = refuse.call1(&JsValue::UNDEFINED, &error);
            }
        });
        let granted = wait(answer).await.map_err(|error| failure(&error))?.is_truthy();
        self.release = release.take();
        Ok(granted)
    }

    /// Gives it back.
    pub(super) fn release(&mut self) {
        if let Some(release) = self.release.take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}

/// `locks.request(NAME, { ifAvailable: true }, granted)`.
fn request(locks: &JsValue, granted: &JsValue) -> std::result::Result<(), JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &true.into())?;
    let request: Function = field(locks, "request").dyn_into()?;
    request.apply(locks, &Array::of3(&NAME.into(), &options, granted)).map(drop)
}
