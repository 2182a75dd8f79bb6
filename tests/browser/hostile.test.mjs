// Texts that nobody should paste, and addresses that lead nowhere: nothing runs, nothing is lost, and it is said why.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertWhole, bare, blocks, goToArticle, openReader, paste, phase } from "./harness/reader.mjs";

test("without a text there is nothing to read, and that is said", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/paste/read");
  await page.getByRole("heading", { name: "There is no text" }).waitFor();
  await page.getByRole("main").getByRole("link", { name: "Paste a text" }).click();
  await page.getByRole("button", { name: "Read in English" }).click();
  const alert = page.getByRole("alert").filter({ hasText: "There is no text yet" });
  await alert.waitFor();
  const box = page.getByLabel("German text");
  assert.equal(await box.getAttribute("aria-invalid"), "true");
  assert.ok(await box.evaluate((element) => element === document.activeElement), "the box has the focus");
  await box.fill("Ein Satz.");
  await alert.waitFor({ state: "detached" });
});

test("a text that is too long is refused, and stays in the box", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await visit.go("/paste");
  const text = "Das ist ein Satz unter vielen. ".repeat(150_000);
  const box = page.getByLabel("German text");
  await box.fill(text);
  await page.getByRole("button", { name: "Read in English" }).click();
  await page.getByRole("alert").filter({ hasText: /This text has .+; at most .+ can be read at once/ }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/paste");
  assert.equal((await box.inputValue()).length, text.length);
  assert.equal(await page.evaluate(() => globalThis.workers), 0);
});

test("markup in a pasted text is text: nothing runs, nothing is asked for, nothing is linked", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  const text =
    "Vorsicht vor fremden Texten im Netz\n\n" +
    "Hier steht <script>globalThis.broken = 1</script> mitten im Satz. Dann folgt <img src=\"/nirgendwo.png\" " +
    "onerror=\"globalThis.broken = 2\"> noch etwas. Ein [Link](javascript:globalThis.broken=3) führt nirgends hin.\n\n" +
    "Auch [dieser](data:text/html,x) und [jener](//example.org/x) nicht, und <a href=\"javascript:globalThis.broken=4\" " +
    "onclick=\"globalThis.broken = 5\">dieser hier</a> ebenfalls nicht. <iframe srcdoc=\"<script>parent.broken=6</script>\">" +
    "</iframe><style>body{display:none}</style> Das war es.";
  await paste(visit, text);
  await phase(page, "done");
  const german = (await assertWhole(page)).map(({ german }) => german).join("\n");
  assert.equal(bare(german), bare(text));
  const article = page.locator(".article");
  assert.equal(await article.locator("script, img, iframe, style, a[onclick], [onerror]").count(), 0);
  assert.equal(await article.locator(".cell a").count(), 0);
  for (const sentence of await article.locator(".cell .sentence").all()) await sentence.dispatchEvent("click");
  assert.equal(await page.evaluate(() => globalThis.broken), undefined);
  assert.deepEqual(await page.evaluate(() => globalThis.stopped), [], "the security policy had nothing to stop");
  assert.ok(!visit.requests.some((address) => address.includes("nirgendwo")));
  visit.assertNoForeignRequests();
  visit.assertNoErrors();
});

test("texts that are no articles are read too", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  for (const text of ["Hallo.", "🙂🙂🙂", "a".repeat(300), "\u202e\u0000\ufffd ß", "1\n2\n3\n"]) {
    await paste(visit, text);
    await phase(page, "done");
    assert.ok((await blocks(page)).length > 0, JSON.stringify(text.slice(0, 20)));
  }
  await goToArticle(visit, "kolibri-k1-dresden");
  await phase(page, "done");
  visit.assertNoErrors();
});

test("addresses that lead nowhere say so, and lead back", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  for (const [path, heading] of [
    ["/article/no-such-article", "There is no such article"],
    ["/article/%3Cimg%20src=x%3E", "There is no such article"],
    ["/nowhere", "There is no such page"],
  ]) {
    await visit.go(path);
    await page.getByRole("heading", { name: heading }).waitFor();
    assert.equal(await page.locator("h1").count(), 1, path);
    await page.getByRole("main").getByRole("link", { name: "Back to headlines" }).click();
    await page.locator(".story").first().waitFor();
  }
});

test("when the list of articles does not come, that is said, and trying again brings it", async (t) => {
  const answers = {
    "is not there": (route) => route.fulfill({ status: 404, body: "missing" }),
    "meets a fault": (route) => route.fulfill({ status: 500, body: "fault" }),
    "is no list": (route) => route.fulfill({ contentType: "application/json", body: "{}" }),
    "is lost on the way": (route) => route.abort(),
  };
  for (const [name, answer] of Object.entries(answers)) {
    const visit = await openReader(t);
    const { page } = visit;
    await page.route("**/articles/index.json", answer);
    await visit.go("/");
    const failure = page.getByTestId("failure");
    await failure.waitFor();
    assert.equal(await failure.getAttribute("role"), "alert");
    await page.unroute("**/articles/index.json");
    // A list that is not there is no passing trouble.
    if (name === "is not there") await page.reload();
    else await failure.getByRole("button", { name: "Try again" }).click();
    await page.locator(".story").first().waitFor();
    assert.equal(await failure.count(), 0, name);
  }
});

test("when an article does not come, that is said, and trying again brings it", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  const file = "**/articles/kolibri-k1-dresden.html";
  await page.route(file, (route) => route.fulfill({ status: 503, body: "fault" }));
  await visit.go("/article/kolibri-k1-dresden");
  await page.getByTestId("failure").waitFor();
  await page.unroute(file);
  await page.getByRole("button", { name: "Try again" }).click();
  await phase(page, "done");
  await assertWhole(page);
});

test("articles without a related one, and a broken list, can be read all the same", async (t) => {
  const visit = await openReader(t);
  await visit.page.route("**/articles/index.json", (route) => route.fulfill({ status: 500, body: "fault" }));
  await goToArticle(visit, "kolibri-k1-dresden");
  await phase(visit.page, "done");
  assert.equal(await visit.page.locator(".related").count(), 0);
});

test("an article's file cannot run anything either", async (t) => {
  const visit = await openReader(t);
  const { page } = visit;
  await page.route("**/articles/kolibri-k1-dresden.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body:
        "<article><h1>Titel <script>globalThis.broken = 1</script>mit Folgen</h1><img src=/nirgendwo.png " +
        "onerror='globalThis.broken = 2'><p onclick='globalThis.broken = 3'>Ein <a href='javascript:globalThis.broken=4'>" +
        "Link</a>, ein <a href='java&#10;script:globalThis.broken=5'>zweiter</a> und ein <a href='https://example.org/'>" +
        "dritter</a>.</p><iframe srcdoc='<script>parent.broken=6</script>'></iframe><style>main{display:none}</style>" +
        "<p>Das war es.</p></article>",
    }),
  );
  await goToArticle(visit, "kolibri-k1-dresden");
  await phase(page, "done");
  const addresses = await page.locator(".article .cell a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.deepEqual([...new Set(addresses)], ["https://example.org/"]);
  await page.locator(".article [data-kind=paragraph] .sentence").first().dispatchEvent("click");
  assert.equal(await page.evaluate(() => globalThis.broken), undefined);
  assert.equal(await page.locator(".article :is(script, img, iframe, style)").count(), 0);
  assert.ok(!visit.requests.some((address) => address.includes("nirgendwo")));
});
