// The race: every engine translates the same text once to warm up and then once in every round. What came of it is in
// the promise `window.race`, for the script that opened the page.

import { Klartext, Opponent } from "./engines.js";

/** How many of the sentences that an engine translates differently are shown. */
const EXAMPLES = 3;

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

const count = (lines) => lines.flatMap((line) => line.split(/\s+/).filter(Boolean)).length;

async function race() {
  const plan = await (await fetch("race.json")).json();
  const klartext = new Klartext("klartext_simd128", "simd128", 1);
  status(`${klartext.name} starts`);
  await klartext.start(plan);
  // Klartext gets the lines and cuts them itself; the others get the sentences that it cuts.
  const sentences = await klartext.sentences(plan.lines);
  const few = sentences.slice(0, plan.slow_sentences);
  const contestants = [
    { engine: klartext, text: plan.lines, of: sentences },
    { engine: new Klartext("klartext_relaxed", null, 1), text: plan.lines, of: sentences },
    { engine: new Klartext("klartext_all_workers", null, null), text: plan.lines, of: sentences },
    ...[
      { engine: new Opponent("fxtranslate_simd128", "fxtranslate/crate-worker.js", { module: true }), of: sentences },
      { engine: new Opponent("bergamot", "bergamot/worker.js"), of: sentences },
      { engine: new Opponent("fxtranslate_npm", "fxtranslate/npm-worker.js"), of: few },
    ].map((contestant) => ({ ...contestant, text: contestant.of })),
  ].map((contestant) => ({ ...contestant, words: count(contestant.of), results: [] }));

  for (const { engine, text } of contestants) {
    status(`${engine.name} warms up`);
    if (engine !== klartext) await engine.start(plan);
    await engine.translate(text);
  }
  row("names", "Round", contestants.map(({ engine }) => engine.name));
  for (let round = 1; round <= plan.rounds; round++) {
    status(`round ${round} of ${plan.rounds}`);
    // Nobody is always the first.
    for (const { engine, text, results } of round % 2 ? contestants : contestants.toReversed()) {
      results.push(await engine.translate(text));
    }
    const rates = contestants.map(({ words, results }) => ((1000 * words) / results.at(-1).ms).toFixed(1));
    row("rounds", String(round), rates);
    console.log(rates.map((rate, index) => `${contestants[index].engine.name} ${rate}`).join(", ") + " words a second");
  }

  const ours = contestants[0].results.at(-1).outputs;
  status("bergamot with exact products");
  const exact = new Opponent("bergamot_exact", "bergamot/worker.js", { exact: true });
  await exact.start(plan);
  const { outputs } = await exact.translate(few);
  exact.stop();
  status("done");
  return {
    words: count(sentences),
    sentences: sentences.length,
    contestants: Object.fromEntries(
      contestants.map((contestant) => [contestant.engine.name, report(contestant, ours)]),
    ),
    bergamot_exact: { sentences: few.length, equal: equal(outputs, ours) },
  };
}

const equal = (outputs, ours) => outputs.filter((output, index) => output === ours[index]).length;

/** What is kept of an engine's rounds. */
function report({ engine, of, words, results }, ours) {
  const { outputs, memory } = results.at(-1);
  const differences = outputs.flatMap((output, index) =>
    output === ours[index] ? [] : [{ source: of[index], klartext: ours[index], other: output }],
  );
  return {
    kernels: engine.kernels,
    sentences: of.length,
    words,
    equal: equal(outputs, ours),
    differences: differences.slice(0, EXAMPLES),
    ready_ms: engine.readyMs,
    seconds: results.map(({ ms }) => ms / 1000),
    first_ms: results.map(({ firstMs }) => firstMs),
    memory_bytes: memory,
  };
}

window.race = race();
window.race.catch((error) => status(`The race was called off: ${error.message}`));
