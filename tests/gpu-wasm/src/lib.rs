//! The GPU's operations against their plain burn compositions, one by one on random shapes, in a browser.
#![cfg(target_arch = "wasm32")]

#[path = "../../../model-core/tests/support/ops.rs"]
#[expect(dead_code, reason = "the CPU's tests use more of it")]
mod checks;

use model_core::device::Gpu;
use wasm_bindgen::prelude::*;

/// 2e-4 where numbers are of the order of 1, as natively.
const TOLERANCE: f32 = 2e-4;

/// Checks all of them. What is wrong is a panic, and on the console.
///
/// # Errors
/// If there is no GPU.
#[wasm_bindgen]
pub async fn check() -> Result<(), JsError> {
    console_error_panic_hook::set_once();
    let gpu = Gpu::find().await?;
    checks::check_gpu(&gpu.device, TOLERANCE).await;
    Ok(())
}
