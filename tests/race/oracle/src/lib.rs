//! The engine that Klartext is raced against, as a module that a worker loads.

use fxtranslate::engine::Engine;
use wasm_bindgen::prelude::*;

/// A loaded model.
#[wasm_bindgen]
pub struct Oracle(Engine);

#[wasm_bindgen]
impl Oracle {
    /// Loads a model from its files.
    ///
    /// # Errors
    /// If the files are not as the engine wants them.
    #[wasm_bindgen(constructor)]
    pub fn new(model: &[u8], vocabulary: &[u8]) -> Result<Oracle, JsError> {
        let engine = Engine::from_bytes(model, vocabulary, vocabulary);
        engine.map(Self).map_err(|error| JsError::new(&error))
    }

    /// Translates sentences as one batch.
    pub fn translate(&self, sentences: Vec<String>) -> Vec<String> {
        let sentences: Vec<&str> = sentences.iter().map(String::as_str).collect();
        self.0.translate_batch(&sentences)
    }
}

/// Which kernels the module was compiled with.
#[wasm_bindgen]
pub fn kernels() -> String {
    fxtranslate::gemm::backend().to_owned()
}
