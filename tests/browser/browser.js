// A real browser that notices what a page must not do: complain, break its policy, or ask another
// host for anything.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const AXE = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

/** The sizes at which pages are looked at. */
export const SIZES = [
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
];
export const SCHEMES = ["light", "dark"];

export function launch() {
  return chromium.launch({
    executablePath: process.env.INTERSPACE_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Somebody with a browser. */
export class Visitor {
  /** Signs in through a link that is good once. */
  static async signedIn(browser, link, options = {}) {
    const visitor = new Visitor(new URL(link).origin, []);
    visitor.context = await browser.newContext(options);
    visitor.page = await visitor.context.newPage();
    visitor.watch();
    await visitor.page.goto(link);
    await visitor.page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    return visitor;
  }

  constructor(origin, wrong) {
    this.origin = origin;
    this.wrong = wrong;
    /** The pages that were asked for and said no, as they were meant to. */
    this.refused = new Set();
  }

  watch() {
    this.page.on("console", (said) => {
      if (!["error", "warning"].includes(said.type())) return;
      this.wrong.push({ text: said.text(), url: said.location().url });
    });
    this.page.on("pageerror", (why) => this.wrong.push({ text: String(why) }));
    this.page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== this.origin) this.wrong.push({ text: request.url() });
    });
  }

  async goto(path) {
    const answer = await this.page.goto(this.origin + path);
    if (answer.status() >= 400) this.refused.add(answer.url());
    return answer;
  }

  /** Waits until the page says that it is live. */
  async live() {
    await this.page.waitForSelector('#state[data-state="live"]');
  }

  /** Every rule of axe-core, without exception. */
  async accessible(what) {
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() => globalThis.axe.run(document));
    const told = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n    ")}`,
    );
    assert.deepEqual(told, [], what);
  }

  /** Nothing was wrong so far. */
  fine() {
    const meant = ({ text, url }) =>
      this.refused.has(url) && text.startsWith("Failed to load resource");
    assert.deepEqual(this.wrong.filter((one) => !meant(one)), []);
  }
}
