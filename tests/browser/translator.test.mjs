// The Translator API: its shape, what it says and throws, what it does with the text, and what it costs the page.

import assert from "node:assert/strict";
import { test } from "node:test";
import { open, startServer, url } from "./harness/harness.mjs";

/** A translation on a machine that does other things too may take its time, in ms. */
const PATIENCE = 90_000;

const PAIR = { sourceLanguage: "de", targetLanguage: "en" };

/** White space of all kinds, and nothing to translate in one line. */
const TEXT = "  Guten Morgen.  Das ist ein Test!\r\n\r\n\tDie Sitzung beginnt.\n***\n\n Ende\u0000 gut. ";

/**
 * An empty page of the server's origin in which the API was imported as `api`; `pair` is German to English. The workers that
 * are alive are in `workers`, listeners on signals that were added and not removed are counted as `listeners`.
 */
async function openApi(t, { headers = {}, before, ...options } = {}) {
  const visit = await open(t, options);
  const { page } = visit;
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript(() => {
    globalThis.workers = new Set();
    globalThis.Worker = class extends Worker {
      constructor(...all) {
        super(...all);
        workers.add(this);
      }
      terminate() {
        workers.delete(this);
        super.terminate();
      }
    };
    globalThis.listeners = 0;
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    const count = (name, original, step) => {
      EventTarget.prototype[name] = function (...all) {
        if (this instanceof AbortSignal) globalThis.listeners += step;
        return original.apply(this, all);
      };
    };
    count("addEventListener", addEventListener, 1);
    count("removeEventListener", removeEventListener, -1);
  });
  if (before) await page.addInitScript(before);
  const body = "<!doctype html><title>Test</title><button>Press</button>";
  await page.route("**/blank", (route) => route.fulfill({ contentType: "text/html", headers, body }));
  await visit.go("/blank");
  await page.getByRole("button").click();
  await page.evaluate(async (pair) => {
    globalThis.pair = pair;
    globalThis.api = await import("/embed/translator.js");
    globalThis.Translator = api.Translator;
    /** What a promise or a call came to: its exception's name, or its value. */
    globalThis.outcome = async (act) => {
      try {
        return { value: await act() };
      } catch (error) {
        return { name: error?.name ?? error, code: error?.cause?.code ?? null };
      }
    };
  }, PAIR);
  return visit;
}

test("a translator is created, and says how far its download is", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const before = await Translator.availability(pair);
    const events = [];
    let promise;
    const monitor = (monitor) => {
      monitor.addEventListener("downloadprogress", ({ type, loaded, total, lengthComputable }) => {
        events.push({ type, loaded, total, lengthComputable });
      });
    };
    promise = Translator.create({ ...pair, monitor });
    await new Promise((resolve) => setTimeout(resolve));
    const during = await Translator.availability(pair);
    const translator = await promise;
    const count = events.length;
    const after = await Translator.availability(pair);
    const { sourceLanguage, targetLanguage } = translator;
    return { before, during, after, events, count, sourceLanguage, targetLanguage, workers: workers.size };
  });
  assert.equal(seen.before, "downloadable");
  assert.equal(seen.during, "downloading");
  assert.equal(seen.after, "available");
  assert.deepEqual([seen.sourceLanguage, seen.targetLanguage], ["de", "en"]);
  assert.equal(seen.workers, 1);
  const loaded = seen.events.map((event) => event.loaded);
  assert.equal(loaded[0], 0);
  assert.equal(loaded.at(-1), 1);
  assert.ok(loaded.every((value, index) => index === 0 || value > loaded[index - 1]), "increasing");
  assert.ok(loaded.every((value) => Number.isInteger(value * 0x10000)), "in steps");
  assert.ok(seen.events.every(({ type, total, lengthComputable }) => type === "downloadprogress" && total === 1 && lengthComputable));
  assert.equal(seen.count, seen.events.length, "no events after it was created");
});

test("what was downloaded is available at once on the next visit, without a click", async (t) => {
  const visit = await openApi(t);
  const { page } = visit;
  await page.evaluate(() => Translator.create(pair));
  await visit.go("/blank");
  const seen = await page.evaluate(async (pair) => {
    const { Translator } = await import("/embed/translator.js");
    const events = [];
    const monitor = (it) => {
      it.ondownloadprogress = ({ loaded }) => events.push(loaded);
    };
    const availability = await Translator.availability(pair);
    const english = await (await Translator.create({ ...pair, monitor })).translate("Guten Morgen.");
    return { availability, english, events };
  }, PAIR);
  assert.equal(seen.availability, "available");
  assert.match(seen.english, /[a-z]/);
  assert.deepEqual([seen.events[0], seen.events.at(-1)], [0, 1]);
});

test("a download needs a person's consent", async (t) => {
  const visit = await open(t);
  const { page } = visit;
  // Told by the page itself: whatever is evaluated in it from here counts as a person's doing.
  const script = `import { Translator } from "/embed/translator.js";
    const name = (targetLanguage) => Translator.create({ sourceLanguage: "de", targetLanguage }).then(() => "made", ({ name }) => name);
    console.log(await name("en"), await name("fr"));`;
  const body = `<!doctype html><title>Test</title><script type="module">${script}</script>`;
  await page.route("**/blank", (route) => route.fulfill({ contentType: "text/html", body }));
  const told = page.waitForEvent("console");
  await visit.go("/blank");
  assert.equal((await told).text(), "NotAllowedError NotSupportedError");
});

test("line breaks and spaces stay, what is no text is echoed, and the stream is the same text in sentences", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async (text) => {
    const translator = await Translator.create(pair);
    const english = await translator.translate(text);
    const stream = translator.translateStreaming(text);
    const kind = Object.prototype.toString.call(stream);
    const chunks = [];
    const reader = stream.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) chunks.push(next.value);
    const echoes = ["", " ", " \r\n\t\f", "\u0000", "--- *** !", "\ud800\n"];
    const echoed = await Promise.all(echoes.map((echo) => translator.translate(echo)));
    const same = await Promise.all(["eins", 2, null, { toString: () => "Ja." }].map((input) => translator.translate(input)));
    return { english, kind, chunks, echoes, echoed, same };
  }, TEXT);
  const gaps = (text) => text.replace(/[\p{L}\p{P}][\p{L}\p{P}' ]*[\p{L}\p{P}]|[\p{L}\p{P}]/gu, "x");
  const edges = /^ {2}(\S.*?)\r\n\r\n\t(\S.*?)\n\*\*\*\n\n (\S.*?)\0 (\S.*?) $/su;
  assert.match(seen.english, edges);
  assert.equal(gaps(seen.english), gaps("  X.  X X!\r\n\r\n\tX.\n***\n\n X\u0000 x. "));
  assert.notEqual(seen.english, TEXT);
  assert.equal(seen.kind, "[object ReadableStream]");
  assert.equal(seen.chunks.join(""), seen.english);
  assert.equal(seen.chunks.length, 6, "by sentence, and what stands after the last");
  assert.deepEqual(seen.echoed, seen.echoes);
  assert.ok(seen.same.every((english) => typeof english === "string" && english !== ""));
});

test("language tags: any German to any English, the malformed are errors, all else is unavailable", async (t) => {
  const { page } = await openApi(t);
  const availability = (sourceLanguage, targetLanguage) =>
    page.evaluate((pair) => outcome(() => Translator.availability(pair)), { sourceLanguage, targetLanguage });
  for (const [source, target] of [["de", "en"], ["de-AT", "en-GB"], ["de-Latn-DE", "en-Latn"], ["DE-ch-1996", "EN-us"], ["de-x-own", "en-u-ca-gregory"]]) {
    assert.deepEqual(await availability(source, target), { value: "downloadable" }, `${source} ${target}`);
  }
  for (const [source, target] of [["en", "de"], ["de", "fr"], ["de-Hebr", "en"], ["nds", "en"], ["de", "en-Shaw"], ["und", "en"], ["de", "de"]]) {
    assert.deepEqual(await availability(source, target), { value: "unavailable" }, `${source} ${target}`);
  }
  for (const tag of ["", "e", "de_DE", "Latn", "de-Lat", "deutsch-", "x", "de-"]) {
    assert.equal((await availability(tag, "en")).name, "RangeError", tag);
    assert.equal((await availability("de", tag)).name, "RangeError", tag);
  }
  const create = await page.evaluate(async () => [
    (await outcome(() => Translator.create({ sourceLanguage: "de_DE", targetLanguage: "en" }))).name,
    (await outcome(() => Translator.create({ sourceLanguage: "ja", targetLanguage: "en" }))).name,
  ]);
  assert.deepEqual(create, ["RangeError", "NotSupportedError"]);
});

test("the interface is as WebIDL says", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const translator = await Translator.create({ sourceLanguage: "DE-at", targetLanguage: "en-gb" });
    const shape = (holder) =>
      Object.fromEntries(
        Object.entries(Object.getOwnPropertyDescriptors(holder)).map(([name, { value, get, set, writable, enumerable, configurable }]) => [
          name,
          [get ? `get${set ? " set" : ""}` : typeof value, typeof value === "function" ? value.length : null, writable ?? null, enumerable, configurable],
        ]),
      );
    const wrong = { __proto__: Translator.prototype };
    const { create, availability } = Translator;
    const type = async (act) => (await outcome(act)).name;
    return {
      statics: shape(Translator),
      members: shape(Translator.prototype),
      tag: Object.prototype.toString.call(translator),
      languages: [translator.sourceLanguage, translator.targetLanguage],
      keys: Object.keys(translator),
      detached: await availability(pair),
      constructed: [await type(() => new Translator()), await type(() => Translator()), await type(() => new (class extends Translator {})())],
      branded: [
        await type(() => wrong.translate("a")),
        await type(() => wrong.translateStreaming("a")),
        await type(() => wrong.measureInputUsage("a")),
        await type(() => wrong.destroy()),
        ...["sourceLanguage", "targetLanguage", "inputQuota"].map((name) => {
          try {
            return wrong[name];
          } catch (error) {
            return error.name;
          }
        }),
      ],
      // A promise, and no exception, is what an operation that returns a promise answers with.
      promises: [wrong.translate("a"), create(), availability(), translator.translate()].map((it) => {
        it.catch(() => {});
        return it instanceof Promise;
      }),
      types: [
        await type(() => create()),
        await type(() => create(null)),
        await type(() => create(1)),
        await type(() => create({ sourceLanguage: "de" })),
        await type(() => create({ targetLanguage: "en" })),
        await type(() => create({ ...pair, signal: {} })),
        await type(() => create({ ...pair, signal: null })),
        await type(() => create({ ...pair, monitor: {} })),
        await type(() => availability("de")),
        await type(() => translator.translate()),
        await type(() => translator.translate(Symbol("a"))),
        await type(() => translator.translate("a", 1)),
        await type(() => translator.translate("a", { signal: "a" })),
        await type(() => translator.translateStreaming()),
        await type(() => translator.measureInputUsage()),
      ],
      fine: await type(() => translator.translate("Ja.", null)),
    };
  });
  const method = (length) => ["function", length, true, true, true];
  const attribute = ["get", null, null, true, true];
  assert.deepEqual(seen.statics, {
    length: ["number", null, false, false, true],
    name: ["string", null, false, false, true],
    prototype: ["object", null, false, false, false],
    availability: method(1),
    create: method(1),
  });
  assert.deepEqual(seen.members, {
    constructor: ["function", 0, true, false, true],
    translate: method(1),
    translateStreaming: method(1),
    measureInputUsage: method(1),
    destroy: method(0),
    sourceLanguage: attribute,
    targetLanguage: attribute,
    inputQuota: attribute,
  });
  assert.equal(seen.tag, "[object Translator]");
  assert.deepEqual(seen.languages, ["de-AT", "en-GB"]);
  assert.deepEqual(seen.keys, []);
  assert.equal(seen.detached, "available");
  for (const names of [seen.constructed, seen.branded, seen.types]) assert.ok(names.every((name) => name === "TypeError"), names.join());
  assert.deepEqual(seen.promises, [true, true, true, true]);
  assert.equal(seen.fine, undefined);
});

test("create() is stopped by its signal, and the download with it", async (t) => {
  const visit = await openApi(t);
  const seen = await visit.page.evaluate(async () => {
    const names = [];
    const note = async (promise) => names.push((await outcome(() => promise)).name);
    await note(Translator.create({ ...pair, signal: AbortSignal.abort() }));
    await note(Translator.create({ ...pair, signal: AbortSignal.abort("my reason") }));
    const atOnce = new AbortController();
    const promise = Translator.create({ ...pair, signal: atOnce.signal });
    atOnce.abort("at once");
    await note(promise);
    for (const moment of [0, 0.1, 1]) {
      const controller = new AbortController();
      const late = [];
      const monitor = (it) => {
        it.addEventListener("downloadprogress", ({ loaded }) => {
          if (controller.signal.aborted) late.push(loaded);
          else if (loaded >= moment) queueMicrotask(() => controller.abort(`at ${moment}`));
        });
      };
      await note(Translator.create({ ...pair, monitor, signal: controller.signal }));
      names.push(late.length);
      // Once the model is there it may stay; before that nobody wants it any more.
      if (moment < 1) names.push(workers.size);
    }
    const error = new Error("the monitor's own");
    const monitor = () => {
      throw error;
    };
    await note(Translator.create({ ...pair, monitor }).catch((reason) => Promise.reject({ name: reason === error })));
    return { names, listeners };
  });
  assert.deepEqual(seen.names, ["AbortError", "my reason", "at once", "at 0", 0, 0, "at 0.1", 0, 0, "at 1", 0, true]);
  assert.equal(seen.listeners, 0);
  assert.equal(await visit.page.evaluate(() => outcome(() => Translator.create(pair)).then(({ name }) => name ?? "made")), "made");
});

test("one of two stops waiting for the model, the other gets it", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const controller = new AbortController();
    const first = outcome(() => Translator.create({ ...pair, signal: controller.signal }));
    const second = Translator.create(pair);
    await new Promise((resolve) => setTimeout(resolve, 50));
    controller.abort("enough");
    const { name } = await first;
    return { name, english: await (await second).translate("Guten Morgen."), workers: workers.size };
  });
  assert.equal(seen.name, "enough");
  assert.match(seen.english, /[a-z]/);
  assert.equal(seen.workers, 1);
});

test("calls are stopped by their signals and by the translator's end, for the reason that was given", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const text = "Der Bundestag hat gestern ein neues Gesetz beschlossen. ".repeat(40);
    const translator = await Translator.create(pair);
    const rest = listeners;
    const names = {};
    const stopped = async (name, act) => {
      const controller = new AbortController();
      const promise = outcome(() => act(controller.signal));
      controller.abort(`${name} stopped`);
      names[name] = (await promise).name;
      names[`${name} again`] = (await outcome(() => act(controller.signal))).name;
    };
    const drain = (stream) => stream.pipeTo(new WritableStream());
    await stopped("translate", (signal) => translator.translate(text, { signal }));
    await stopped("measure", (signal) => translator.measureInputUsage(text, { signal }));
    await stopped("stream", (signal) => drain(translator.translateStreaming(text, { signal })));
    const controller = new AbortController();
    const stream = translator.translateStreaming(text, { signal: controller.signal });
    const reader = stream.getReader();
    await reader.read();
    controller.abort("amid");
    names.amid = (await outcome(async () => {
      while (!(await reader.read()).done);
    })).name;
    const cancelled = translator.translateStreaming(text).getReader();
    await cancelled.read();
    await cancelled.cancel("no more");
    names.usable = (await translator.translate("Ja.")) !== "";
    names.listeners = listeners - rest;
    const pending = [translator.translate(text), translator.measureInputUsage(text), drain(translator.translateStreaming(text))];
    const ends = pending.map((promise) => outcome(() => promise));
    translator.destroy();
    translator.destroy();
    names.destroyed = (await Promise.all(ends)).map(({ name }) => name);
    names.after = [
      (await outcome(() => translator.translate(text))).name,
      (await outcome(() => translator.translateStreaming(text))).name,
      (await outcome(() => translator.measureInputUsage(text))).name,
    ];
    names.attributes = [translator.sourceLanguage, translator.inputQuota > 0];
    const life = new AbortController();
    const mortal = await Translator.create({ ...pair, signal: life.signal });
    const last = outcome(() => mortal.translate(text));
    life.abort("its time has come");
    names.mortal = [(await last).name, (await outcome(() => mortal.translate("a"))).name];
    return names;
  });
  assert.deepEqual(seen, {
    translate: "translate stopped",
    "translate again": "translate stopped",
    measure: "measure stopped",
    "measure again": "measure stopped",
    stream: "stream stopped",
    "stream again": "stream stopped",
    amid: "amid",
    usable: true,
    listeners: 0,
    destroyed: ["AbortError", "AbortError", "AbortError"],
    after: ["AbortError", "AbortError", "AbortError"],
    attributes: ["de", true],
    mortal: ["its time has come", "its time has come"],
  });
});

test("too much text is refused, with the figures", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const translator = await Translator.create(pair);
    const text = "ä".repeat(translator.inputQuota / 2 + 1);
    const usage = await translator.measureInputUsage(text);
    const error = await translator.translate(text).catch((reason) => reason);
    return {
      name: error.name,
      native: typeof QuotaExceededError === "function" ? error.constructor === QuotaExceededError : null,
      isException: error instanceof DOMException,
      figures: [error.quota === translator.inputQuota, error.requested === usage, usage > translator.inputQuota],
    };
  });
  assert.equal(seen.name, "QuotaExceededError");
  assert.notEqual(seen.native, false);
  assert.equal(seen.isException, true);
  assert.deepEqual(seen.figures, [true, true, true]);
});

test("all translators share one worker, which ends a while after the last of them", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    api.configure({ idle: 200 });
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const all = await Promise.all([Translator.create(pair), Translator.create(pair), Translator.create(pair)]);
    const english = await Promise.all(all.map((translator) => translator.translate("Das ist ein Satz.")));
    const counts = [workers.size];
    all[0].destroy();
    all[1].destroy();
    await wait(500);
    counts.push(workers.size);
    all[2].destroy();
    const again = await Translator.create(pair);
    await wait(500);
    counts.push(workers.size);
    again.destroy();
    await wait(500);
    counts.push(workers.size);
    const late = await Translator.create(pair);
    counts.push((await late.translate("Das ist ein Satz.")) === english[0]);
    return { counts, same: new Set(english).size };
  });
  assert.deepEqual(seen, { counts: [1, 1, 1, 0, true], same: 1 });
});

test("a worker that dies fails what is under way, and another takes over", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const translator = await Translator.create(pair);
    const [worker] = workers;
    const promises = [1, 2].map((number) => outcome(() => translator.translate("Noch ein Satz, der lange dauert. ".repeat(20 * number))));
    await new Promise((resolve) => setTimeout(resolve, 20));
    worker.dispatchEvent(new ErrorEvent("error", { message: "the end", cancelable: true }));
    const ends = await Promise.all(promises);
    return { ends, english: await translator.translate("Guten Morgen."), workers: workers.size, isNew: !workers.has(worker) };
  });
  assert.deepEqual(seen.ends, Array(2).fill({ name: "OperationError", code: "worker-died" }));
  assert.match(seen.english, /[a-z]/);
  assert.deepEqual([seen.workers, seen.isNew], [1, true]);
});

test("without a network a download fails, and works when there is one", async (t) => {
  const { page } = await openApi(t);
  await page.route("**/models/**", (route) => route.abort());
  const outcome = await page.evaluate(() => outcome(() => Translator.create(pair)));
  assert.equal(outcome.name, "NetworkError");
  assert.equal(await page.evaluate(() => Translator.availability(pair)), "downloadable");
  await page.unroute("**/models/**");
  assert.match(await page.evaluate(async () => (await Translator.create(pair)).translate("Guten Morgen.")), /[a-z]/);
});

test("an engine that does not arrive is a network error", async (t) => {
  for (const pattern of ["**/assets/worker-*.js*", "**/assets/engine-*.wasm"]) {
    const { page } = await openApi(t);
    await page.route(pattern, (route) => route.abort());
    assert.deepEqual(await page.evaluate(() => outcome(() => Translator.create(pair))), { name: "NetworkError", code: "network" }, pattern);
    await page.unroute(pattern);
    assert.match(await page.evaluate(async () => (await Translator.create(pair)).translate("Guten Morgen.")), /[a-z]/);
  }
});

test("a security policy that forbids workers is told as such", async (t) => {
  const policy = "default-src 'self' 'unsafe-inline' 'unsafe-eval'; worker-src 'none'";
  const { page } = await openApi(t, { headers: { "content-security-policy": policy } });
  assert.deepEqual(await page.evaluate(() => outcome(() => Translator.create(pair))), { name: "NotSupportedError", code: "blocked" });
});

test("Trusted Types are respected", async (t) => {
  const allowed = "require-trusted-types-for 'script'; trusted-types klartext";
  const { page } = await openApi(t, { headers: { "content-security-policy": allowed } });
  assert.equal((await page.evaluate(() => outcome(async () => Boolean(await Translator.create(pair))))).value, true);
  const forbidden = await openApi(t, { headers: { "content-security-policy": "require-trusted-types-for 'script'; trusted-types other" } });
  assert.deepEqual(await forbidden.page.evaluate(() => outcome(() => Translator.create(pair))), { name: "NotSupportedError", code: "blocked" });
});

test("without WebAssembly nothing is available, and nothing is loaded", async (t) => {
  const { page } = await openApi(t, { before: () => delete globalThis.WebAssembly });
  const seen = await page.evaluate(async () => [
    await Translator.availability(pair),
    (await outcome(() => Translator.create(pair))).name,
    workers.size,
  ]);
  assert.deepEqual(seen, ["unavailable", "NotSupportedError", 0]);
});

test("translators that nobody reaches any more let go of the engine, and streams that somebody reads go on", async (t) => {
  const { page } = await openApi(t);
  const session = await page.context().newCDPSession(page);
  const collect = () => session.send("HeapProfiler.collectGarbage");
  const read = await page.evaluate(async () => {
    api.configure({ idle: 0 });
    globalThis.stream = (await Translator.create(pair)).translateStreaming("Das ist ein Satz. ".repeat(60));
    globalThis.reader = stream.getReader();
    return (await reader.read()).value;
  });
  await collect();
  const rest = await page.evaluate(async () => {
    let text = "";
    for (let next = await reader.read(); !next.done; next = await reader.read()) text += next.value;
    globalThis.stream = globalThis.reader = null;
    return text;
  });
  assert.ok((read + rest).split(".").length > 60, "the whole text");
  await page.waitForTimeout(100);
  for (let left = 1, tries = 0; left > 0; tries += 1) {
    assert.ok(tries < 50, "the worker ends");
    await collect();
    await page.waitForTimeout(100);
    left = await page.evaluate(() => workers.size);
  }
});

/** A page of another origin, with a security policy of its own. */
async function openHost(t, policy) {
  const visit = await open(t);
  visit.page.setDefaultTimeout(PATIENCE);
  const headers = { "content-type": "text/html", ...(policy && { "content-security-policy": policy }) };
  const port = await startServer(t, (_request, response) => {
    response.writeHead(200, headers).end("<!doctype html><title>Host</title><button>Press</button>");
  });
  await visit.page.goto(`http://127.0.0.1:${port}/`);
  await visit.page.getByRole("button").click();
  return visit;
}

/** What becomes of a text, long enough for all cores, in a page of another origin. */
function translatedIn(page) {
  return page.evaluate(async (module) => {
    const { Translator } = await import(module);
    try {
      const translator = await Translator.create({ sourceLanguage: "de", targetLanguage: "en" });
      return await translator.translate("Das ist ein Satz, den niemand sonst zu sehen bekommt. ".repeat(30));
    } catch (error) {
      return `${error.name} ${error.cause?.code}`;
    }
  }, url("/embed/translator.js"));
}

test("a page of another origin can use it", async (t) => {
  const visit = await openHost(t);
  assert.match(await translatedIn(visit.page), /^(?!\w+Error).*[a-z]/);
  visit.assertNoErrors();
});

test("under a strict policy of another origin it works with what has to be allowed, and says when it is not", async (t) => {
  const { origin } = new URL(url());
  const rules = { "script-src": `${origin} 'wasm-unsafe-eval'`, "worker-src": "blob:", "connect-src": origin };
  const policy = (changes) => ["default-src 'none'", ...Object.entries({ ...rules, ...changes }).map((rule) => rule.join(" "))].join("; ");
  assert.match(await translatedIn((await openHost(t, policy({}))).page), /^(?!\w+Error).*[a-z]/);
  for (const changes of [{ "worker-src": "'none'" }, { "script-src": origin }, { "connect-src": "'none'" }]) {
    const { page } = await openHost(t, policy(changes));
    assert.equal(await translatedIn(page), "NotSupportedError blocked", JSON.stringify(changes));
  }
});

test("the polyfill is installed where the API is missing, and in its place only by request", async (t) => {
  const { page } = await openApi(t);
  const seen = await page.evaluate(async () => {
    const shape = (name) => {
      const { writable, enumerable, configurable } = Object.getOwnPropertyDescriptor(globalThis, name);
      return [writable, enumerable, configurable];
    };
    const native = { Translator: class {}, LanguageDetector: class {}, CreateMonitor: class {} };
    const set = (values) => {
      for (const name of Object.keys(native)) {
        delete globalThis[name];
        if (name in values) Object.defineProperty(globalThis, name, { value: values[name], writable: true, configurable: true });
      }
    };
    set(native);
    const { install, Translator, LanguageDetector } = await import("/embed/polyfill.js");
    const kept = globalThis.Translator === native.Translator && globalThis.LanguageDetector === native.LanguageDetector;
    set({ Translator: native.Translator });
    const some = [install(), globalThis.Translator === native.Translator, globalThis.LanguageDetector === LanguageDetector];
    const all = [install({ force: true }), globalThis.Translator === Translator];
    set(native);
    await import("/embed/polyfill.js?force");
    const forced = Object.keys(native).every((name) => globalThis[name] !== native[name]);
    return { kept, some, all, forced, shapes: [shape("Translator"), shape("LanguageDetector")], ponyfill: api.Translator === Translator };
  });
  assert.deepEqual(seen, {
    kept: true,
    some: [["LanguageDetector", "CreateMonitor"], true, true],
    all: [["Translator"], true],
    forced: true,
    shapes: [[true, false, true], [true, false, true]],
    ponyfill: true,
  });
});
