// A cut link turns its cells stale, and says since when. It is slow: silence takes 150 s to be one.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { SCHEMES, SIZES, Visitor, launch } from "./browser.js";
import { linked } from "./cut.js";

/** Two and a half beats of 60 s, and time to show it. */
const STALE_MS_MAX = 200_000;
const FAR = '.cell[data-says*=" in Target: Live: "]';

let pair, browser;

before(async () => {
  browser = await launch();
  pair = await linked();
});

after(async () => {
  await browser?.close();
  await pair?.end();
});

test("a cut link turns its cells stale and says since when", async () => {
  const visitor = await Visitor.signedIn(browser, await pair.source.link());
  const { page } = visitor;
  await visitor.goto("/spaces/Source/");
  await visitor.live();
  assert.match(await page.textContent(FAR), /heard \d+ (s|min) ago/);
  const heard = await page.getAttribute(`${FAR} .heard time`, "datetime");
  const position = await page.getAttribute("#live", "data-position");
  await pair.cut();
  // At once, and long before anything is stale.
  await page.waitForSelector("#w .silent");
  const told = await page.textContent("#w");
  assert.match(told, /no connection to the server since \d\d:\d\d:\d\d UTC: /);
  assert.match(await page.textContent(FAR), /no connection since \d\d:\d\d UTC; heard \d+ (s|min) ago/);
  assert.equal(await page.$(`${FAR}.stale`), null, "silence is known only later");
  await pictures(visitor, "cut");
  await page.waitForSelector(`${FAR}.stale`, { timeout: STALE_MS_MAX });
  const text = await page.textContent(`${FAR} .silent`);
  assert.match(text, /not heard since \d\d:\d\d UTC, \d+ min ago/);
  assert.ok((await page.textContent(FAR)).includes("1.0.0"), "what was known is still shown");
  const since = await page.getAttribute(`${FAR} .silent time`, "datetime");
  assert.ok(Date.parse(since) >= Date.parse(heard), `${since} is before ${heard}`);
  assert.equal(await page.getAttribute("#live", "data-position"), position, "no entry came");
  const near = await page.$$('.cell.near:not(.stale)[data-says*=" in Live: "]');
  assert.equal(near.length, 1, "what is here is as fresh as ever");
  visitor.fine();
  await pictures(visitor, "stale");
  await visitor.context.close();
});

/** Waits until the page is drawn in this scheme: colours of two schemes have no contrast. */
async function drawn(page, colorScheme) {
  await page.waitForFunction((scheme) => matchMedia(`(prefers-color-scheme: ${scheme})`).matches, colorScheme);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/** The page as it is, accessible at every size and in every scheme, and drawn where asked for. */
async function pictures(visitor, name) {
  const { page } = visitor;
  for (const viewport of SIZES) {
    for (const colorScheme of SCHEMES) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      await drawn(page, colorScheme);
      await visitor.accessible(`${name} at ${viewport.width}, ${colorScheme}`);
      if (process.env.INTERSPACE_SCREENSHOTS !== "write") continue;
      const folder = fileURLToPath(new URL("../../ops/screenshots/", import.meta.url));
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${name}-${viewport.width}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
}
