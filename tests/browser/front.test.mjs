// The front page: how old the headlines are, and the headlines in English.

import assert from "node:assert/strict";
import { test } from "node:test";
import { url } from "./harness/harness.mjs";
import { eventually, openReader } from "./harness/reader.mjs";

test("headlines say how old they are by the reader's clock", async (t) => {
  const list = await (await fetch(url("/articles/index.json"))).json();
  const newest = list[0];
  const midnight = Date.parse(`${newest.date.slice(0, 10)}T00:00:00+01:00`);
  for (const [days, said] of [[0, "today"], [1, "yesterday"], [17, "17 days ago"]]) {
    const visit = await openReader(t);
    // Late in the evening, when it is the next day in no time zone but the wrong one.
    await visit.page.clock.setFixedTime(midnight + (days * 24 + 23.5) * 3_600_000);
    await visit.go("/");
    const time = visit.page.locator(`.story:has(a[href="/article/${newest.slug}"]) time`);
    assert.equal(await time.textContent(), said);
    assert.equal(await time.getAttribute("datetime"), newest.date);
  }
});

test("the front page can be read in English", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  const texts = page.locator(".story :is(.topic, h2, .standfirst)");
  await texts.first().waitFor();
  const german = await texts.allTextContents();
  const toggle = page.getByRole("switch", { name: "In English" });
  assert.equal(await toggle.getAttribute("aria-checked"), "false");
  await toggle.click();
  await page.locator(".status[data-phase=done]").waitFor();
  assert.equal(await page.locator(".story [data-lang=de]").count(), 0);
  assert.deepEqual([...new Set(await page.locator(".story [data-lang]").evaluateAll((all) => all.map((it) => it.lang)))], ["en"]);
  for (const text of await texts.allTextContents()) assert.ok(text.trim());
  await toggle.click();
  assert.deepEqual(await texts.allTextContents(), german);
});

test("whoever changes their mind about the headlines' language gets the last one wanted", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/");
  await page.locator(".story").first().waitFor();
  const toggle = page.getByRole("switch", { name: "In English" });
  for (let clicks = 0; clicks < 3; clicks += 1) await toggle.click();
  await page.locator(".status[data-phase=done]").waitFor();
  await eventually(() => page.locator(".story [data-lang=de]").count(), 0);
});
