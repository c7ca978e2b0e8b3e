// Keeps a page live: exchanges the parts that changed, counts how long ago things were, says what
// happened to those who listen, and shows whether the node is heard. Without it a page is complete.

/** A node that is not heard for so long is lost; it says something every 15 s. */
const SILENCE_MS = 40_000;
/** Between two tries where the browser does not try by itself. */
const RETRY_MS = 3_000;
/** Between two announcements, so that they can be listened to. */
const ANNOUNCE_MS = 2_000;
/** Changes that are announced one by one. */
const ANNOUNCED_MAX = 3;

const live = document.querySelector("#live");
const state = document.querySelector("#state");
const words = document.querySelector("#state-words");
const said = document.querySelector("#said");

/** What the node's clock is ahead of ours. */
let aheadMs = 0;
let source = null;
let silence = 0;
let lostAt = null;
let news = new Map();
let announcing = 0;

/** A span of time in its largest unit, in the words of moment.rs. */
function ago(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** Counts, in all of `root`. */
function count(root) {
  const now = Date.now() + aheadMs;
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const counted = ago(now - Date.parse(time.dateTime));
    if (time.textContent !== counted) time.textContent = counted;
  }
}

/** Where the focus is inside `old`, as a way to find it again in what takes its place. */
function focusIn(old) {
  const active = document.activeElement;
  if (!active || !old.contains(active)) return () => {};
  const able = (root) => [...root.querySelectorAll("a[href], button, summary, [tabindex]")];
  const index = able(old).indexOf(active);
  const href = active.getAttribute("href");
  return (fresh) => {
    const there = able(fresh);
    const same = href && there.find((element) => element.getAttribute("href") === href);
    (same || there[index] || document.querySelector("#main"))?.focus({ preventScroll: true });
  };
}

/** Puts `fresh` where `old` is: what is open stays open, what is scrolled stays scrolled. */
function exchange(old, fresh) {
  for (const open of old.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  if (old.outerHTML === fresh.outerHTML) return;
  const refocus = focusIn(old);
  const scrolled = [...old.querySelectorAll(".wide")].map((wide) => wide.scrollLeft);
  old.replaceWith(fresh);
  fresh.querySelectorAll(".wide").forEach((wide, at) => (wide.scrollLeft = scrolled[at] ?? 0));
  refocus(fresh);
}

/** Draws the eye to what changed, for those who want things to move. */
function flash(part) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  part.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 700, easing: "ease-out" });
}

/** What each part says, by its id. */
function sayings(root) {
  const parts = [...root.querySelectorAll("[data-part]")];
  return new Map(parts.map((part) => [part.id, part.dataset.says ?? ""]));
}

/** Shows what the node tells: all of the sheet, or the parts that changed. */
function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  count(template.content);
  const sheet = document.querySelector("#sheet");
  const before = sayings(sheet);
  const whole = template.content.querySelector("#sheet");
  if (whole && whole.dataset.shape !== sheet.dataset.shape) {
    exchange(sheet, whole);
  } else {
    for (const part of [...template.content.querySelectorAll("[data-part]")]) {
      const old = document.getElementById(part.id);
      if (old) exchange(old, part);
    }
  }
  for (const [id, says] of sayings(document)) {
    if (!says || before.get(id) === says) continue;
    news.set(id, says);
    flash(document.getElementById(id));
  }
  announce();
}

/** Says what happened since it was last said: the newest of each part, and not everything. */
function announce() {
  if (announcing || news.size === 0) return;
  const all = [...news.values()];
  news = new Map();
  const more = all.length > ANNOUNCED_MAX ? `. ${all.length - ANNOUNCED_MAX} more changes` : "";
  said.textContent = all.slice(0, ANNOUNCED_MAX).join(". ") + more;
  announcing = setTimeout(() => {
    announcing = 0;
    announce();
  }, ANNOUNCE_MS);
}

/** The node was heard. */
function heard() {
  clearTimeout(silence);
  silence = setTimeout(again, SILENCE_MS);
  if (lostAt) said.textContent = "Live again";
  lostAt = null;
  state.dataset.state = "live";
  words.textContent = "live";
}

/** The node is not heard; since when, stays. */
function lost() {
  clearTimeout(silence);
  if (lostAt) return;
  lostAt = new Date(Date.now() + aheadMs);
  const time = lostAt.toISOString().slice(11, 19);
  state.dataset.state = "lost";
  words.textContent = `reconnecting since ${time} UTC`;
  said.textContent = words.textContent;
}

/** Begins anew. */
function again() {
  lost();
  source?.close();
  connect();
}

/** The browser gave up: it is said why, or tried again. */
async function refused() {
  source.close();
  const status = await fetch(location.href, { cache: "no-store" }).then(
    (answer) => answer.status,
    () => 0,
  );
  if (status === 401 || status === 403 || status === 404) {
    state.dataset.state = "lost";
    words.textContent = "no longer signed in: reload the page";
    said.textContent = words.textContent;
  } else {
    setTimeout(() => document.visibilityState === "visible" && connect(), RETRY_MS);
  }
}

function connect() {
  source?.close();
  source = new EventSource(live.dataset.events);
  source.addEventListener("show", (event) => {
    heard();
    show(event.data);
    live.dataset.position = event.lastEventId;
  });
  source.addEventListener("alive", (event) => {
    aheadMs = Number(event.data) - Date.now();
    heard();
  });
  source.addEventListener("error", () => {
    lost();
    if (source.readyState === EventSource.CLOSED) refused();
  });
}

if (live) {
  aheadMs = Number(live.dataset.now) - Date.now();
  setInterval(() => count(document), 1000);
  connect();
  // A browser opens few connections to a node: what nobody sees gives its own back.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      connect();
    } else {
      clearTimeout(silence);
      source?.close();
    }
  });
}
