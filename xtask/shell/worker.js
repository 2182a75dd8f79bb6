// The engine's worker: loads the engine, whose start function does the rest. A failure before that is told in the
// protocol's own form, since there is no engine yet to tell it.

/** The smallest module with a SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** What kind of failure it is, in the protocol's words. */
function code(cause) {
  if (typeof WebAssembly !== "object" || !WebAssembly.validate(SIMD)) return "no-simd";
  if (cause instanceof RangeError) return "out-of-memory";
  // A module that cannot be fetched is a TypeError, one that does not compile a CompileError.
  return cause instanceof TypeError ? "network" : "internal";
}

// The engine's loop runs in promises. What goes wrong in them would stay in the worker; reported, it is the worker's
// `error` event, by which the page sees that the engine is dead.
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  reportError(event.reason);
});

/**
 * Has the service worker's cache hold the engine, which it sees passing from the second visit on only. The browser has
 * just loaded these files and does not ask for them again.
 */
async function keep(...addresses) {
  const cache = await caches.open("klartext");
  for (const address of addresses) {
    if (!(await cache.match(address))) await cache.add(address);
  }
}

// The script of the GPU's worker, which the engine starts when it wants it.
self.klartextGpu = "{{gpu-worker.js}}";

try {
  const { default: start } = await import("{{engine.js}}");
  await start({ module_or_path: "{{engine.wasm}}" });
  // Where the browser forbids it, the reader works as long as there is a network.
  keep("{{engine.js}}", "{{engine.wasm}}").catch(() => {});
} catch (cause) {
  self.postMessage({ type: "failed", job: null, error: { code: code(cause), message: String(cause) } });
}
