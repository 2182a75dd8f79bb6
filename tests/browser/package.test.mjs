// The npm package as it is packed: installed into projects with Vite and without a bundler, it translates in both; its
// types are what TypeScript takes. KLARTEXT_PACKAGE names the tarball.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { open, startServer } from "./harness/harness.mjs";

const TARBALL = process.env.KLARTEXT_PACKAGE;
const TOOLS = fileURLToPath(new URL("package/node_modules/", import.meta.url));
const skip = TARBALL ? false : "KLARTEXT_PACKAGE has to name the packed package (`cargo xtask test browser` does)";

/** A translation on a machine that does other things too may take its time, in ms. */
const PATIENCE = 90_000;

const run = promisify(execFile);
const npm = ["--offline", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error"];

const ARTICLE = `
<article id="article">
  <h1>Ein neuer Chip aus Dresden</h1>
  <p>Die Firma hat am Montag einen <a href="#mehr">neuen Chip</a> vorgestellt. Er rechnet doppelt so schnell wie sein Vorgänger.</p>
  <p>Im Sommer soll er in den Handel kommen. Der Preis ist noch nicht bekannt.</p>
</article>
<klartext-article for="#article"></klartext-article>
<button id="ask">Ask</button> <output></output>`;

const page = (head) => `<!doctype html>
<html lang="de"><head><meta charset="utf-8"><title>Ein Artikel</title>${head}</head><body>${ARTICLE}</body></html>`;

/** The script of both projects. It uses element and API as their types describe them. */
const SCRIPT = `
import "klartext";
import type { KlartextArticle } from "klartext";
import { Translator } from "klartext/translator";

const element: KlartextArticle = document.querySelector("klartext-article")!;
const sentences: string[] = [];
element.addEventListener("sentence", (event) => sentences.push(event.detail.english));
element.addEventListener("error", (event) => console.error(event.detail.code, event.detail.message));
element.addEventListener("done", (event) => {
  const words: number = event.detail.stats.words;
  document.body.dataset.done = JSON.stringify({ words, sentences, state: element.state });
});

document.querySelector<HTMLButtonElement>("#ask")!.addEventListener("click", async () => {
  const translator = await Translator.create({ sourceLanguage: "de", targetLanguage: "en" });
  const english: string = await translator.translate("Guten Morgen.");
  translator.destroy();
  document.querySelector("output")!.textContent = english;
});
`;

/** The same without its types. */
const plain = SCRIPT.replace(/^import type .*\n/m, "").replace(/<HTMLButtonElement>|: (?:KlartextArticle|number|string(?:\[\])?)(?= =)|!(?=[.;])/g, "");

/** What TypeScript has to complain about, beside what it has to take. */
const WRONG = `
import "klartext";
import { Translator } from "klartext/translator";

const element = document.createElement("klartext-article");
// @ts-expect-error There is no such mode.
element.mode = "above";
// @ts-expect-error The method takes the place of the boolean of all elements.
const wrong: boolean = element.translate;
// @ts-expect-error There is no such detail.
element.addEventListener("sentence", (event) => event.detail.french);
// @ts-expect-error A language is missing.
const translator: Promise<Translator> = Translator.create({ sourceLanguage: "de" });
export { wrong, translator };
`;

/** A project that has the package installed. */
let project;

before(async () => {
  if (skip) return;
  project = await mkdtemp(join(tmpdir(), "klartext-package-"));
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", private: true, type: "module" }));
  await run("npm", ["install", ...npm, TARBALL], { cwd: project });
  // The tools are installed once, for all runs.
  for (const tool of ["vite", "typescript"]) await symlink(join(TOOLS, tool), join(project, "node_modules", tool));
  await writeFile(join(project, "index.html"), page('<script type="module" src="/main.ts"></script>'));
  await writeFile(join(project, "main.ts"), SCRIPT);
  const config = 'import klartext from "klartext/vite";\nexport default { plugins: [klartext()], base: process.env.BASE };\n';
  await writeFile(join(project, "vite.config.js"), config);
});

after(async () => {
  if (project) await rm(project, { recursive: true, force: true });
});

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves a folder as any simple server does, below a path. Returns its address. */
async function serve(t, folder, base = "/") {
  const port = await startServer(t, async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname.startsWith(base) ? pathname.slice(base.length) || "index.html" : "";
    const content = await readFile(join(folder, name)).catch(() => null);
    if (!content) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream" }).end(content);
  });
  return `http://127.0.0.1:${port}${base}`;
}

/** Fails unless the page at an address translates its article when it is asked to, and a text. */
async function assertTranslates(t, address) {
  const visit = await open(t);
  const { page, requests, errors } = visit;
  await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  await page.goto(address);
  const button = page.locator("klartext-article").getByRole("button", { name: "Read in English" });
  await button.waitFor();
  assert.deepEqual(requests.filter((it) => /\.(?:wasm|bin|spm)\b|worker-/.test(it)), [], "nothing is loaded before the click");
  await button.click();
  await page.locator("body[data-done]").waitFor({ timeout: PATIENCE });
  const { words, sentences, state } = JSON.parse(await page.locator("body").getAttribute("data-done"));
  assert.equal(state, "translated");
  assert.ok(words > 20, `${words} words`);
  assert.equal(sentences.length, 5);
  for (const english of sentences) assert.match(english, /\p{L}/u);
  await page.locator("#ask").click();
  await page.locator("output:not(:empty)").waitFor({ timeout: PATIENCE });
  const { origin } = new URL(address);
  assert.deepEqual(requests.filter((it) => /^https?:/.test(it) && new URL(it).origin !== origin), [], "requests to others");
  assert.deepEqual(errors, []);
}

test("a project with Vite takes the engine along, for an address of any depth", { skip }, async (t) => {
  for (const base of ["/", "/news/today/", "./"]) {
    await run(process.execPath, [join(TOOLS, "vite/bin/vite.js"), "build", "--logLevel=warn"], {
      cwd: project,
      env: { ...process.env, BASE: base },
    });
    const names = await readdir(join(project, "dist"), { recursive: true });
    assert.equal(names.filter((name) => name.endsWith(".wasm")).length, 3, "every engine, and each once");
    await assertTranslates(t, await serve(t, join(project, "dist"), base === "./" ? "/some/where/" : base));
  }
});

test("Vite's server for development has the engine as well", { skip }, async (t) => {
  const vite = spawn(process.execPath, [join(TOOLS, "vite/bin/vite.js"), "--host=127.0.0.1", "--port=0"], {
    cwd: project,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => vite.kill());
  for await (const line of createInterface(vite.stdout)) {
    const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(line)?.[0];
    if (address) return void (await assertTranslates(t, address));
  }
  assert.fail("the server has ended");
});

test("a project without a bundler serves the package as it is", { skip }, async (t) => {
  const folder = join(project, "plain");
  await mkdir(folder);
  await symlink(join(project, "node_modules"), join(folder, "node_modules"));
  const dist = "/node_modules/klartext/dist";
  const imports = { klartext: `${dist}/klartext.js`, "klartext/translator": `${dist}/translator.js` };
  const head = `<script type="importmap">${JSON.stringify({ imports })}</script><script type="module">${plain}</script>`;
  await writeFile(join(folder, "index.html"), page(head));
  await assertTranslates(t, await serve(t, folder));
});

test("TypeScript takes what is right and nothing else", { skip }, async () => {
  await writeFile(join(project, "wrong.ts"), WRONG);
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom", "dom.iterable"],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts", "wrong.ts"] }));
  const compiled = run(process.execPath, [join(TOOLS, "typescript/bin/tsc"), "--project", project]);
  await assert.doesNotReject(compiled, "tsc's output is in the error");
});

test("everything that the package names is in it", { skip }, async () => {
  const root = join(project, "node_modules/klartext");
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const paths = (value) => (typeof value === "string" ? [value] : Object.values(value).flatMap(paths));
  const named = [...paths(manifest.exports), manifest.types, manifest.customElements, ...manifest.sideEffects];
  for (const path of named.filter((path) => !path.includes("*"))) assert.ok((await stat(join(root, path))).isFile(), path);
  const names = await readdir(root);
  for (const name of ["README.md", "LICENSE-MIT", "LICENSE-APACHE"]) assert.ok(names.includes(name), name);
  const elements = JSON.parse(await readFile(join(root, manifest.customElements), "utf8"));
  for (const { path } of elements.modules) assert.ok((await stat(join(root, path))).isFile(), path);
  const all = await readdir(join(root, "dist"), { recursive: true });
  assert.deepEqual(all.filter((name) => /\.(?:map|br|part)$/.test(name) || name.includes("reader")), [], "nothing superfluous");
});
