// What axe-core says of every page and state, light and dark, wide and narrow; and that nothing is wider than a phone.

import { test } from "node:test";
import {
  MODEL,
  assertNoSideways,
  eventually,
  goToArticle,
  longText,
  openReader,
  paste,
  phase,
  underWay,
} from "./harness/reader.mjs";

const SLUG = "router-luecke-uplink";
const LOOKS = ["light", "dark"].flatMap((colorScheme) => [1280, 360].map((width) => ({ colorScheme, width })));

/** Looks at the page as it is now in every way that a reader may. */
async function assertFit(visit) {
  const { page } = visit;
  // What moves from one colour to another would be judged on its way.
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await visit.assertAccessible();
  }
  await page.setViewportSize({ width: 320, height: 640 });
  await assertNoSideways(page);
  await page.setViewportSize({ width: 1280, height: 900 });
}

test("the front page, in German and in English", async (t) => {
  const visit = await openReader(t);
  await visit.go("/");
  await visit.page.locator(".story").first().waitFor();
  await assertFit(visit);
  await visit.page.getByRole("switch", { name: "In English" }).click();
  await visit.page.locator(".status[data-phase=done]").waitFor();
  await assertFit(visit);
});

test("a translated article, in all its views", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await goToArticle(visit, SLUG);
  await phase(page, "done");
  await page.locator(".related").waitFor();
  await assertFit(visit);
  await page.locator(".engine summary").click();
  await page.locator(".article .sentence").nth(5).dispatchEvent("click");
  await eventually(() => page.locator("[data-marked]").count(), 2);
  for (const view of ["English only", "German"]) {
    await page.getByRole("button", { name: view, exact: true }).click();
    await assertFit(visit);
  }
});

test("an article while its model is fetched, and when it was stopped", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route(MODEL, () => {});
  await goToArticle(visit, SLUG);
  await page.getByTestId("load-bytes").filter({ hasText: "MB" }).waitFor();
  await assertFit(visit);
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  await assertFit(visit);
});

test("an article that was stopped half-way", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, longText(20));
  await underWay(page, 8);
  await page.getByRole("button", { name: "Cancel" }).click();
  await phase(page, "cancelled");
  await assertFit(visit);
});

test("the box for a text, and what it objects to", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/paste");
  await page.getByLabel("German text").waitFor();
  await assertFit(visit);
  await page.getByRole("button", { name: "Read in English" }).click();
  await page.locator("[aria-invalid=true]").waitFor();
  await assertFit(visit);
  await visit.go("/paste/read");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await assertFit(visit);
});

test("the page of models, with its forms and what goes wrong", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/models");
  const card = page.getByTestId("model").first();
  await card.waitFor();
  await card.locator("summary").click();
  await page.getByLabel("Open model files…").setInputFiles([
    { name: "model.deen.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(64) },
    { name: "vocab.deen.spm", mimeType: "application/octet-stream", buffer: Buffer.alloc(64) },
  ]);
  await assertFit(visit);
  await page.getByRole("button", { name: "Check and keep" }).click();
  await page.getByTestId("model-trouble").waitFor();
  await card.getByRole("button", { name: /^Download/ }).click();
  await card.getByRole("button", { name: "Remove" }).click();
  await assertFit(visit);
});

test("failures", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route(MODEL, (route) => route.fulfill({ status: 404, body: "missing" }));
  await goToArticle(visit, SLUG);
  await phase(page, "failed");
  await page.getByTestId("failure").locator("summary").click();
  await assertFit(visit);
  await visit.go("/article/no-such-article");
  await page.getByTestId("failure").waitFor();
  await assertFit(visit);
  await visit.go("/nowhere");
  await page.getByRole("heading", { level: 1 }).waitFor();
  await assertFit(visit);
});

test("words without a place to break do not widen the page", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await paste(visit, `Rindfleischetikettierungsüberwachung\n\n${"x".repeat(300)} und ${"https://example.org/".repeat(8)}.`);
  await phase(page, "done");
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 640 });
    await assertNoSideways(page);
  }
});
