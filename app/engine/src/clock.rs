//! A clock of the browser's.

use wasm_bindgen::prelude::*;

use crate::scope;

/// How often a helper is looked at, in milliseconds.
const LOOK_MS: i32 = 1000;

/// Something that is done every second until this is dropped.
pub(crate) struct Clock {
    interval: i32,
    _act: Closure<dyn FnMut()>,
}

impl Clock {
    /// None if the browser has no clocks left.
    pub(crate) fn start(act: impl FnMut() + 'static) -> Option<Self> {
        let act = Closure::<dyn FnMut()>::new(act);
        let interval = scope()
            .set_interval_with_callback_and_timeout_and_arguments_0(act.as_ref().unchecked_ref(), LOOK_MS)
            .ok()?;
        Some(Self { interval, _act: act })
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        scope().clear_interval_with_handle(self.interval);
    }
}
