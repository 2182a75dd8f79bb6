// Text that was pasted: read as an article, whole and in order, whatever is in it.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { assertWhole, bare, openReader, paste, phase } from "./harness/reader.mjs";

/** One article as crawlers have it: everything glued together. */
const GLUED =
  "Startseite\n\nElbsilizium zeigt sparsamen Chip für Übersetzungenvor 17 TagenDas Dresdner Start-up Elbsilizium hat " +
  "am Montag einen Chip gezeigt, der Texte mit weniger als einem Watt übersetzt. „Wir rechnen dort, wo die Daten " +
  "liegen“, sagte Gründerin Jana Weidlich. Nach Angaben der Firma schafft er ca. 1.000 Wörter pro Sekunde. Ob das " +
  "stimmt, ließ sich am 3. Mai z. B. nicht prüfen. Die Serie soll im vierten Quartal beginnen.";

const SEED = new URL("../../../shared/seed/article.de.txt", import.meta.url);

/** For texts without marks of lists and headings, which are not part of a block's text. */
async function assertNothingLost(page, text) {
  const all = await assertWhole(page);
  assert.equal(bare(all.map(({ german, code }) => code ?? german).join("\n")), bare(text), "all of the text, in order");
  return all;
}

function one(all, kind) {
  const found = all.filter((block) => block.kind === kind);
  assert.equal(found.length, 1, `one block is the ${kind}`);
  return found[0];
}

test("a crawler's dump becomes an article: headline, date and text are told apart", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, GLUED);
  await phase(page, "done");
  const all = await assertNothingLost(page, GLUED);
  const [headline, date] = [one(all, "headline"), one(all, "date")];
  assert.equal(headline.german.trim(), "Elbsilizium zeigt sparsamen Chip für Übersetzungen");
  assert.equal(date.german.trim(), "vor 17 Tagen");
  assert.equal(date.english, "17 days ago");
  assert.ok(headline.index < date.index);
  const body = all.slice(date.index + 1);
  assert.deepEqual(
    body.flatMap(({ sentences }) => sentences.map(({ german }) => german.slice(0, 12))),
    ["Das Dresdner", "„Wir rechnen", "Nach Angaben", "Ob das stimm", "Die Serie so"],
  );
  assert.equal(await page.locator("h1").count(), 1);
  assert.equal(await page.evaluate(() => document.title), `${headline.english} – Klartext`);
  visit.assertNoErrors();
});

test("a real crawler's dump comes out whole", async (t) => {
  if (!existsSync(SEED)) return t.skip("skipped: a real dump needs ../shared/seed/article.de.txt");
  const text = readFileSync(SEED, "utf8");
  const visit = await openReader(t);
  await paste(visit, text);
  await phase(visit.page, "done");
  const all = await assertNothingLost(visit.page, text);
  const [headline, date] = [one(all, "headline"), one(all, "date")];
  const lines = text.split("\n");
  assert.ok(lines.includes(headline.german.trim()), "the headline is a line of its own");
  assert.match(date.german.trim(), /^vor \d+ Tagen$/);
  assert.equal(date.english, `${date.german.match(/\d+/)} days ago`);
  assert.ok(headline.index < date.index);
  const body = all.filter(({ index }) => index > date.index).flatMap(({ sentences }) => sentences);
  assert.ok(body.length > 10, "the body's sentences are told apart");
});

test("lists, quotations, code and links of a pasted text are kept as such", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(
    visit,
    "# Neue Version von Freiwerk\n\nVon Jana Muster\n\nFreiwerk 6.4 ist **fertig** und steht [zum Laden](https://example.org/f) " +
      "bereit. Es gibt viel Neues in dieser Version.\n\n- Tabellen laden schneller.\n- Der Befehl `frei --neu` ist neu.\n\n" +
      "> „Wir sind froh“, sagte ein Sprecher.\n\n```\nfrei --neu   # fertig\n```\n",
  );
  await phase(page, "done");
  const all = await assertWhole(page);
  assert.deepEqual(
    all.map(({ kind }) => kind),
    ["headline", "byline", "paragraph", "item", "item", "quote", "code"],
  );
  assert.equal(all.at(-1).code, "frei --neu   # fertig");
  for (const lang of ["de", "en"]) {
    const cell = page.locator(`.article .cell[data-lang=${lang}]`);
    assert.equal(await cell.locator("a").getAttribute("href"), "https://example.org/f");
    assert.equal(await cell.locator("code").textContent(), "frei --neu");
    assert.equal(await cell.locator("strong").count(), 1);
  }
});

test("the text stays in the box, also after a reload", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, GLUED);
  await page.locator(".article").waitFor();
  await page.getByRole("link", { name: "Back to the text" }).click();
  assert.equal(await page.getByLabel("German text").inputValue(), GLUED);
  await page.goBack();
  await page.reload();
  await phase(page, "done");
  await assertNothingLost(page, GLUED);
});
