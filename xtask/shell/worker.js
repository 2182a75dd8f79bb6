// The engine's worker: loads the engine, whose start function does the rest. A failure before that is told in the
// protocol's own form, since there is no engine yet to tell it.

/** The smallest module with a SIMD instruction. */
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

/** The smallest module with a relaxed one: `i32x4.relaxed_dot_i8x16_i7x16_add_s` of three parameters. */
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32, 1, 32, 2,
  253, 147, 2, 11,
]);

/**
 * What stands behind this script's address: `?kernels=simd128` wants the plain engine, `?embedded` says that the page is
 * another's. The script's own address counts, not the worker's: on another origin's page a worker imports this script.
 */
const wishes = new URL(import.meta.url).searchParams;

// What a security policy forbids looks like a failure of the network. Another's page, whose policy this may be, is told.
if (wishes.has("embedded")) {
  addEventListener("securitypolicyviolation", ({ disposition, effectiveDirective, blockedURI }) => {
    if (disposition !== "enforce") return;
    self.postMessage({ type: "violation", message: `${effectiveDirective} forbids ${blockedURI}` });
  });
}

/** The engine that suits this browser: its two files. */
function engine() {
  return wishes.get("kernels") !== "simd128" && WebAssembly.validate(RELAXED)
    ? ["{{engine-relaxed.js}}", "{{engine-relaxed.wasm}}"]
    : ["{{engine.js}}", "{{engine.wasm}}"];
}

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

/** The address of a file beside this script, wherever that is. */
function beside(name) {
  return new URL(name, import.meta.url);
}

/**
 * The script of the GPU's worker. A worker's script has to be of the page's origin, so that of another is imported; as it
 * runs, since a policy takes what stands at the beginning of a worker for one, and not for a script.
 */
function gpuWorker() {
  const script = beside("{{gpu-worker.js}}");
  if (wishes.has("embedded")) script.search = "?embedded";
  if (script.origin === self.origin) return script.href;
  const failed = '(cause) => postMessage({ type: "failed", reason: String(cause) })';
  const source = `import(${JSON.stringify(script.href)}).catch(${failed});`;
  return URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
}

// The engine starts it when it wants it.
self.klartextGpu = gpuWorker();

try {
  const [script, module] = engine().map(beside);
  const { default: start } = await import(script.href);
  await start({ module_or_path: module });
  // Another's page keeps what it wants. Where the browser forbids it, the reader works as long as there is a network.
  if (!wishes.has("embedded")) keep(script.href, module.href).catch(() => {});
} catch (cause) {
  self.postMessage({ type: "failed", job: null, error: { code: code(cause), message: String(cause) } });
}
