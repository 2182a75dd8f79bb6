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
  const here = new URL(import.meta.url);
  const [script, module] = ["{{gpu.js}}", "{{gpu.wasm}}"].map((name) => new URL(name, here));
  const { default: start } = await import(script.href);
  await start({ module_or_path: module });
  if (!here.searchParams.has("embedded")) keep(here.href, script.href, module.href).catch(() => {});
} catch (cause) {
  self.postMessage({ type: "failed", reason: String(cause) });
}
