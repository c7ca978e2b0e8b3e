// The pages of the demo's node: they tell its story while it happens, live and without a script.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { join } from "node:path";
import { SCHEMES, SIZES, Visitor, launch } from "./browser.js";
import { Node, eventually, folder, remove } from "./node.js";

const DASHBOARD = "/spaces/DevTest%20Space/";
/** Deployments over which the delay is measured. */
const MEASURED = 20;

let dir, node, browser, version;

before(async () => {
  dir = await folder();
  browser = await launch();
  node = Node.demo(join(dir, "node"));
});

after(async () => {
  await browser?.close();
  await node?.end();
  await remove(dir);
});

/** The cell of an environment on a page. */
const cell = (place) => `.cell[data-says*=" in ${place}: "]`;

test("the page tells the story while it is told", async () => {
  const link = await eventually("a node", () => node.link().catch(() => null));
  const visitor = await Visitor.signedIn(browser, link);
  const { page } = visitor;
  await eventually("a space", async () => (await visitor.goto(DASHBOARD)).status() === 200);
  visitor.wrong.length = 0;
  // Gone as soon as the page is loaded again.
  await page.evaluate(() => (globalThis.neverLoadedAgain = true));
  const seen = new Set();
  const look = async () => {
    const says = await page.$$eval("[data-says]", (all) => all.map((one) => one.dataset.says));
    says.forEach((one) => seen.add(one));
    return says;
  };
  await eventually("the end of the story", async () => {
    await look();
    return node.said.includes("Ctrl-C stops it");
  });
  const wanted = [" in Dev: 0.2.0 failed", " in Test: ", " in Prod EU: Production: "];
  const end = await eventually("all of it on the page", async () => {
    const says = await look();
    return wanted.every((part) => says.some((one) => one.includes(part))) && says;
  });
  assert.equal(end.filter((one) => one.includes(" succeeded")).length, 5, end.join("\n"));
  assert.ok(seen.size > end.length, "it was seen as it came, not only at its end");
  assert.ok(await page.evaluate(() => globalThis.neverLoadedAgain));
  version = (await page.textContent(`${cell("Test")} .version a`)).trim();
  visitor.fine();
  await visitor.context.close();
});

test("a deployment in another space appears without loading again", async () => {
  const visitor = await Visitor.signedIn(browser, await node.link());
  const { page } = visitor;
  await visitor.goto(DASHBOARD);
  await visitor.live();
  const place = "Prod EU: Staging";
  await page.evaluate((selector) => {
    const shown = () => document.querySelector(`${selector} .since time`)?.dateTime;
    let before = shown();
    globalThis.delays = [];
    new MutationObserver(() => {
      const now = shown();
      // What is shown is when the deployment ended, by the clock of the same machine.
      if (now && now !== before) globalThis.delays.push(Date.now() - Date.parse(now));
      before = now;
    }).observe(document.querySelector("#live"), { childList: true, subtree: true });
  }, cell(place));
  for (let number = 1; number <= MEASURED; number += 1) {
    const id = ["--command-id", `measured ${number}`];
    await node.run("-s", "Prod EU", "--as", "erik", ...id, "deploy", "Interspace", version, "--to", "Staging");
    await eventually("the deployment on the page", () =>
      page.evaluate((most) => globalThis.delays.length >= most, number),
    );
  }
  const delays = await page.evaluate(() => globalThis.delays);
  const sorted = [...delays].sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)];
  console.log(
    `delay from the end of a deployment in another space to the page: median ${median} ms, ` +
      `least ${sorted[0]} ms, most ${sorted.at(-1)} ms, of ${sorted.length}`,
  );
  assert.equal(delays.length, MEASURED, "each of them was shown, and none twice");
  visitor.fine();
  await visitor.context.close();
});

test("what is open and has the focus stays so while parts are exchanged", async () => {
  const visitor = await Visitor.signedIn(browser, await node.link());
  const { page } = visitor;
  await visitor.goto(DASHBOARD);
  await visitor.live();
  const focused = `${cell("Prod EU: Staging")} .since a`;
  await page.focus(focused);
  const before = await page.getAttribute(`${cell("Prod EU: Staging")} .since time`, "datetime");
  const again = ["--command-id", "focus", "deploy", "Interspace", version, "--to", "Staging"];
  await node.run("-s", "Prod EU", "--as", "erik", ...again);
  const time = `${cell("Prod EU: Staging")} .since time`;
  await eventually("another part", async () => (await page.getAttribute(time, "datetime")) !== before);
  const kept = await page.$eval(focused, (link) => link === document.activeElement);
  assert.ok(kept, "the focus is on what took its place");
  await page.click(focused);
  await visitor.live();
  await page.click("details summary >> nth=0");
  await node.run("-s", "Prod EU", "--as", "erik", "--command-id", "open", ...again.slice(2));
  await page.waitForTimeout(500);
  assert.ok(await page.$eval("details", (one) => one.open), "what was opened stays open");
  visitor.fine();
  await visitor.context.close();
});

/** Every page, by a name for its picture. */
async function pages(visitor) {
  const { page } = visitor;
  await visitor.goto(DASHBOARD);
  const link = (selector) => page.getAttribute(selector, "href");
  return {
    spaces: "/",
    dashboard: DASHBOARD,
    journey: await link(`${cell("Test")} .version a`),
    failed: await link(`${cell("Dev")} .attempt a`),
    receipt: await link(`${cell("Prod EU: Production")} .since a`),
    target: "/spaces/Prod%20EU/",
    nowhere: "/nowhere",
    "sign-in": "/sign-in",
  };
}

test("every page is complete without a script", async () => {
  const link = await node.link();
  const visitor = await Visitor.signedIn(browser, link, { javaScriptEnabled: false });
  const all = await pages(visitor);
  const says = {
    spaces: ["DevTest Space", "Prod EU", "Prod US"],
    dashboard: [version, "succeeded by erik", "Prod EU: Production", "heard", "as of", "Links"],
    journey: ["created", "promoted", "accepted by erik", "deployment to Dev began", "result reported"],
    receipt: ["the signature was checked just now", "smoke test", "Why it runs there"],
    nowhere: ["Nothing here"],
    "sign-in": ["Token"],
  };
  for (const [name, words] of Object.entries(says)) {
    await visitor.goto(all[name]);
    const text = await visitor.page.textContent("main");
    for (const word of words) assert.ok(text.includes(word), `${name} does not say ${word}: ${text}`);
  }
  await visitor.goto("/");
  await visitor.page.click('button:has-text("Sign out")');
  await visitor.page.waitForURL("**/sign-in");
  assert.equal((await visitor.goto(DASHBOARD)).status(), 401);
  visitor.fine();
  await visitor.context.close();
});

test("every page is accessible and fits, on a phone and beside, dark and light", async () => {
  const pictures = fileURLToPath(new URL("../../ops/screenshots/", import.meta.url));
  const write = process.env.INTERSPACE_SCREENSHOTS === "write";
  if (write) await mkdir(pictures, { recursive: true });
  for (const viewport of SIZES) {
    for (const colorScheme of SCHEMES) {
      const options = { viewport, colorScheme };
      const visitor = await Visitor.signedIn(browser, await node.link(), options);
      for (const [name, path] of Object.entries(await pages(visitor))) {
        await visitor.goto(path);
        if (await visitor.page.$("#live")) await visitor.live();
        await visitor.page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished)));
        const what = `${name} at ${viewport.width}, ${colorScheme}`;
        await visitor.accessible(what);
        const wide = await visitor.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${what} is ${wide} wide`);
        const file = join(pictures, `${name}-${viewport.width}-${colorScheme}.png`);
        if (write) await visitor.page.screenshot({ path: file, fullPage: true });
      }
      visitor.fine();
      await visitor.context.close();
    }
  }
});

test("a node that is gone is not shown as live", async () => {
  const visitor = await Visitor.signedIn(browser, await node.link());
  await visitor.goto(DASHBOARD);
  await visitor.live();
  visitor.fine();
  await node.end();
  await visitor.page.waitForSelector('#state[data-state="lost"]');
  const words = await visitor.page.textContent("#state");
  assert.match(words, /reconnecting since \d\d:\d\d:\d\d UTC/);
  await visitor.context.close();
});
