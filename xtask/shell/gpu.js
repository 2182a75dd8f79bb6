// The GPU's worker: loads its engine, whose start function does the rest. A failure before that is told in the helper's
// own form, since there is no engine yet to tell it.

// What goes wrong in promises would stay in the worker; reported, it is the worker's `error` event.
self.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  reportError(event.reason);
});

/** As in the engine's worker: the service worker has not seen these files passing on a first visit. */
async function keep(...addresses) {
  const cache = await caches.open("klartext");
  for (const address of addresses) {
    if (!(await cache.match(address))) await cache.add(address);
  }
}

try {
  const { default: start } = await import("{{gpu.js}}");
  await start({ module_or_path: "{{gpu.wasm}}" });
  keep(location.href, "{{gpu.js}}", "{{gpu.wasm}}").catch(() => {});
} catch (cause) {
  self.postMessage({ type: "failed", reason: String(cause) });
}
