// The service worker: keeps a release of the reader on the device, so that it opens without a network, and changes to
// the next release when the reader is asked to. What it was built with is told by its version.

const VERSION = "{{version}}";

/** The files of this release: their addresses, and what their content has to be. */
const FILES = {{files}};

/** The engines, of which a device needs one or two: kept from their first use on. */
const ENGINES = {{engines}};

/** Holds the files of this release and, until no page needs them, of the one before. The engine's worker knows it too. */
const CACHE = "klartext";

/** Holds what another program shared, until the page takes it. */
const INBOX = "klartext-inbox";
const SHARED = "/paste/shared";

/** How long a slow network may keep a person from what the device has, in ms. */
const PATIENCE = 2_500;

/** What stands before the kind in the name of a file that never changes. */
const HASH = /-[0-9a-f]{12}(?=\.\w+$)/;

/** The key of a file in the cache, which is another one for another content. */
function key(address) {
  return HASH.test(address) ? address : `${address}?${FILES[address]}`;
}

/** The address of an engine without its hash: the same in every release. */
function stem(address) {
  return address.replace(HASH, "");
}

/** What an entry of the cache is called there. */
function address(request) {
  const { pathname, search } = new URL(request.url);
  return pathname + search;
}

/** Downloads what this release has and the device has not. What arrives stays, even if something else does not. */
async function install() {
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(address));
  const used = new Set([...kept].map(stem));
  const engines = Object.entries(ENGINES).filter(([name]) => used.has(stem(name)));
  const missing = [...Object.entries(FILES), ...engines].filter(([name]) => !kept.has(key(name)));
  const get = async ([name, integrity]) => {
    // The browser's own cache may have a hashed file, which is then the right one; of others it may have old ones.
    const response = await fetch(name, { integrity, cache: HASH.test(name) ? "default" : "no-cache" });
    if (!response.ok) throw new Error(`${name}: status ${response.status}`);
    await cache.put(key(name), response);
  };
  await Promise.all(missing.map(get));
}

/** Removes what is of no use to this release, unless a page may be open that is of another. */
async function sweep() {
  const { installing, waiting } = self.registration;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (installing || waiting || windows.length > 1) return;
  const needed = new Set([...Object.keys(FILES), ...Object.keys(ENGINES)].map(key));
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    if (!needed.has(address(request)) && !isManifest(new URL(request.url))) await cache.delete(request);
  }
}

/** Whether the address is of what is beside the reader: the demonstration, the documents, what other pages embed. */
function isBeside({ pathname }) {
  return /^\/(demo|docs|embed)(\/|$)/.test(pathname);
}

/** Whether the address is one of the reader's pages: the server has no file there and answers with the page's shell. */
function isPage({ pathname }) {
  return pathname === "/index.html" || !pathname.slice(pathname.lastIndexOf("/")).includes(".");
}

/** Whether the address is that of a model's manifest. The model itself is kept elsewhere. */
function isManifest({ pathname }) {
  return /^\/models\/[^/]+\/manifest\.json$/.test(pathname);
}

/** The kept file of that name, if it is there. */
async function keptFile(name) {
  return (await caches.open(CACHE)).match(name, { ignoreVary: true });
}

/** What is left of the patience: none, once the network kept somebody waiting, until it answers again. */
let patience = PATIENCE;

/** The network's answer, or what is kept if the network has none, or none in time. */
async function freshOrKept(fresh, name) {
  const heard = fresh.then(
    (answer) => {
      patience = PATIENCE;
      return answer;
    },
    () => undefined,
  );
  const late = new Promise((resolve) => setTimeout(resolve, patience, "late"));
  const answer = await Promise.race([heard, late]);
  if (answer === "late") patience = 0;
  // A redirection of a page has status 0, and is the browser's to follow.
  else if (answer && answer.status < 500) return answer;
  return (await keptFile(name)) ?? fresh;
}

/** The network's answer to a navigation, which the browser may have asked for already. */
async function navigation(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

/** A page: the newest release if the network is there, else the kept one. */
function page(event) {
  const fresh = navigation(event);
  event.waitUntil(fresh.catch(() => undefined).then(sweep));
  return freshOrKept(fresh, key("/"));
}

/** A file that never changes under its address. One that this release does not know is not kept. */
async function unchanging(request, name) {
  const kept = await keptFile(key(name));
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok && (name in FILES || name in ENGINES)) {
    const copy = response.clone();
    await (await caches.open(CACHE)).put(key(name), copy);
  }
  return response;
}

/** A model's manifest: small, and worth having without a network. */
async function manifest(request, name) {
  const response = await fetch(request);
  if (response.ok) {
    const copy = response.clone();
    await (await caches.open(CACHE)).put(name, copy);
  }
  return response;
}

/** Takes what another program shares. It stays on the device: no server hears of it. */
async function receive(request) {
  const headers = { "content-type": request.headers.get("content-type") };
  const cache = await caches.open(INBOX);
  await cache.put(SHARED, new Response(request.body, { headers }));
  return Response.redirect("/paste?shared", 303);
}

/** Hands what was shared to the page, once. */
async function handOver() {
  const shared = await (await caches.open(INBOX)).match(SHARED);
  await caches.delete(INBOX);
  return shared ?? new Response("Nothing was shared.\n", { status: 404 });
}

/** The answer to a request, or nothing: then it is the browser's business alone. */
function answer(event) {
  const { request } = event;
  const url = new URL(request.url);
  const name = url.pathname;
  if (url.origin !== location.origin || request.headers.has("range")) return undefined;
  if (name === SHARED && request.method === "POST") return receive(request);
  if (request.method !== "GET") return undefined;
  if (name === SHARED && request.mode !== "navigate") return handOver();
  if (isBeside(url)) return request.mode === "navigate" ? navigation(event) : undefined;
  if (request.mode === "navigate" && isPage(url)) return page(event);
  if (url.search !== "") return undefined;
  if (name.startsWith("/assets/")) return unchanging(request, name);
  if (isManifest(url)) return freshOrKept(manifest(request, name), name);
  if (!(name in FILES)) return undefined;
  return name.startsWith("/articles/") ? freshOrKept(fetch(request), key(name)) : unchanging(request, name);
}

/** Whether this is the first release on this device. */
let first = false;

self.addEventListener("install", (event) => {
  first = !self.registration.active;
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  // The pages of the first visit came without a service worker. Later ones change over by their own wish.
  const begin = async () => {
    if (first) await self.clients.claim();
    await self.registration.navigationPreload?.enable();
    await caches.delete(INBOX);
    await sweep();
  };
  event.waitUntil(begin());
});

self.addEventListener("fetch", (event) => {
  const answered = answer(event);
  if (answered) event.respondWith(answered);
});

self.addEventListener("message", (event) => {
  const { type, version } = event.data ?? {};
  if (type === "activate") event.waitUntil(self.skipWaiting());
  if (type === "compare" && version !== VERSION) event.source.postMessage({ type: "newer" });
  if (type === "compare" && version === VERSION) event.waitUntil(activateIfAlone());
});

/** A page that the network brought may be of this release already. If it is the only one, there is nothing to wait for. */
async function activateIfAlone() {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (windows.length === 1) await self.skipWaiting();
}
