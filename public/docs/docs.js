// The documentation's own script: the events of the first example, and the playground for the Translator API.

const DE_EN = { sourceLanguage: "de", targetLanguage: "en" };

/** How many events the list keeps. */
const KEPT = 6;

const find = (id) => document.getElementById(id);

/** Lists what an element tells. */
function follow(element, list) {
  const say = (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    if (list.firstElementChild?.textContent.startsWith("No events")) list.replaceChildren();
    list.append(item);
    while (list.children.length > KEPT) list.firstElementChild.remove();
  };
  const percent = (share) => `${Math.round(100 * share)} %`;
  const texts = {
    statechange: ({ state }) => `statechange: ${state}`,
    ready: ({ model, version, device, load_ms }) => `ready: ${model} ${version} on ${device} after ${Math.round(load_ms)} ms`,
    sentence: ({ english, confidence }) => `sentence (${percent(confidence)}): ${english}`,
    done: ({ stats }) => `done: ${stats.words} words in ${Math.round(stats.total_ms)} ms`,
    error: ({ code, message }) => `error ${code}: ${message}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    element.addEventListener(name, ({ target, detail }) => {
      if (target === element) say(text(detail));
    });
  }
}

/** What the playground has in its hands: a translator once there is one, and what stops the work. */
const play = { api: null, translator: null, stop: null };

/** The API, fetched when it is first wanted. */
function api() {
  play.api ??= import("/embed/translator.js");
  // What did not arrive is asked for again.
  play.api.catch(() => {
    play.api = null;
  });
  return play.api;
}

const say = (text) => {
  find("status").textContent = text;
};

async function translator(signal) {
  if (play.translator) return play.translator;
  const { Translator } = await api();
  const monitor = (it) => {
    it.addEventListener("downloadprogress", ({ loaded }) => say(loaded < 1 ? `Loading the model: ${Math.round(100 * loaded)} %` : "Opening the model"));
  };
  // The signal goes on to end the translator when it is made, so creation gets one of its own that does not.
  const creation = new AbortController();
  const stop = () => creation.abort(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    play.translator = await Translator.create({ ...DE_EN, monitor, signal: creation.signal });
    return play.translator;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function translate(signal) {
  const output = find("english");
  output.textContent = "";
  say("Opening the translator");
  const ready = await translator(signal);
  signal.throwIfAborted();
  say("Translating");
  const began = performance.now();
  const reader = ready.translateStreaming(find("german").value, { signal }).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    output.append(value);
  }
  say(`Done in ${Math.round(performance.now() - began)} ms`);
}

/** Does something that can be stopped, and tells how it ended. */
async function work(act) {
  play.stop?.abort();
  const stop = (play.stop = new AbortController());
  find("stop").disabled = false;
  try {
    await act(stop.signal);
  } catch (error) {
    if (play.stop === stop) say(error.name === "AbortError" ? "Stopped" : `${error.name}: ${error.message}`);
  } finally {
    if (play.stop === stop) find("stop").disabled = true;
  }
}

async function detect() {
  const { LanguageDetector } = await api();
  const detector = await LanguageDetector.create();
  const [best] = await detector.detect(find("german").value);
  detector.destroy();
  const name = new Intl.DisplayNames("en", { type: "language" }).of(best.detectedLanguage);
  say(best.detectedLanguage === "und" ? "Nobody can tell" : `${name}, ${Math.round(100 * best.confidence)} % sure`);
}

follow(find("logged"), find("log"));
find("playground").addEventListener("submit", (event) => {
  event.preventDefault();
  work(translate);
});
find("stop").addEventListener("click", () => play.stop?.abort());
find("detect").addEventListener("click", () => work(detect));
