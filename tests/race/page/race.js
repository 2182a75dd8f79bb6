// The race: every engine translates the same text once to warm up and then once in every round. What came of it is in
// the promise `window.race`, for the script that opened the page.

import { Fxtranslate, Klartext } from "./engines.js";

const element = (id) => document.getElementById(id);

function status(text) {
  element("status").textContent = text;
  console.log(text);
}

/** Appends a row to a part of the table. */
function row(part, title, cells) {
  const line = document.createElement("tr");
  for (const [index, text] of [title, ...cells].entries()) {
    const cell = document.createElement(part === "names" || index === 0 ? "th" : "td");
    cell.textContent = text;
    line.append(cell);
  }
  element(part).append(line);
}

const rate = (words, ms) => ((1000 * words) / ms).toFixed(1);

async function race() {
  const plan = await (await fetch("race.json")).json();
  const words = plan.lines.flatMap((line) => line.split(/\s+/).filter(Boolean)).length;

  const klartext = new Klartext("klartext", "simd128", 1);
  const relaxed = new Klartext("klartext_relaxed", null, 1);
  const everywhere = new Klartext("klartext_all", null, null);
  const fxtranslate = new Fxtranslate();
  const engines = [klartext, relaxed, everywhere, fxtranslate];
  for (const engine of engines) {
    status(`${engine.name} starts`);
    await engine.start(plan);
  }
  row("names", "Round", engines.map((engine) => engine.name));

  status("warming up");
  const sentences = await klartext.sentences(plan.lines);
  await relaxed.translate(plan.lines);
  await everywhere.translate(plan.lines);
  await fxtranslate.translate(sentences);
  const texts = new Map([
    [klartext, plan.lines],
    [relaxed, plan.lines],
    [everywhere, plan.lines],
    [fxtranslate, sentences],
  ]);

  const results = new Map(engines.map((engine) => [engine, []]));
  for (let round = 1; round <= plan.rounds; round++) {
    status(`round ${round} of ${plan.rounds}`);
    // Nobody is always the first.
    for (const engine of round % 2 ? engines : engines.toReversed()) {
      results.get(engine).push(await engine.translate(texts.get(engine)));
    }
    const rates = engines.map((engine) => rate(words, results.get(engine).at(-1).ms));
    row("rounds", String(round), rates);
    console.log(rates.map((rate, index) => `${engines[index].name} ${rate}`).join(", ") + " words a second");
  }

  const [ours, others, all, theirs] = engines.map((engine) => results.get(engine).at(-1).outputs);
  for (const other of [others, all]) {
    if (JSON.stringify(ours) !== JSON.stringify(other)) throw new Error("Klartext's engines make different texts");
  }
  status("done");
  return {
    words,
    sentences: sentences.length,
    equal: ours.filter((output, index) => output === theirs[index]).length,
    ...Object.fromEntries(engines.map((engine) => [engine.name, report(engine, results.get(engine))])),
  };
}

/** What is kept of an engine's rounds. */
function report(engine, results) {
  return {
    kernels: engine.kernels,
    ready_ms: engine.readyMs,
    seconds: results.map(({ ms }) => ms / 1000),
    first_ms: results.map(({ firstMs }) => firstMs),
    memory_bytes: results.at(-1).memory,
  };
}

window.race = race();
window.race.catch((error) => status(`The race was called off: ${error.message}`));
