// A real node: the binary as people start it, in a folder of its own, ended by its process id.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = process.env.INTERSPACE_BIN;
if (!BINARY) throw new Error("INTERSPACE_BIN must name the binary under test");

/** Longest wait for what must come. It is no measure of speed: only what hangs gets here. */
export const PATIENCE_MS = 120_000;

/** Without anything that the environment would choose for the binary. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith("INTERSPACE_")),
);

/** Tries until there is an answer. */
export async function eventually(what, attempt) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await attempt();
    if (found) return found;
    if (Date.now() > until) throw new Error(`it never came to this: ${what}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** A folder that is gone when it is removed. */
export function folder() {
  return mkdtemp(join(tmpdir(), "interspace-browser-"));
}

/** A process of ours that says something, with everything that it has said. */
export class Running {
  constructor(command, args) {
    this.said = "";
    this.child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    this.ended = new Promise((ended) => this.child.once("exit", ended));
    for (const pipe of [this.child.stdout, this.child.stderr]) {
      pipe.on("data", (text) => (this.said += text));
    }
  }

  async says(words) {
    await eventually(`${words} in: ${this.said}`, () => {
      if (this.said.includes(words)) return true;
      if (this.child.exitCode !== null) throw new Error(`it ended: ${this.said}`);
      return false;
    });
  }

  async end(signal = "SIGTERM") {
    if (this.child.exitCode === null) this.child.kill(signal);
    await this.ended;
  }
}

/** A node that runs. */
export class Node extends Running {
  /** `demo`, which tells its story and goes on. */
  static demo(dir) {
    return new Node(dir, ["demo", "--keep", dir]);
  }

  /** `up`, once it can be spoken to. */
  static async up(dir, ...more) {
    const node = new Node(dir, ["up", "--dir", dir, ...more]);
    await node.says("its interface is at http://");
    return node;
  }

  constructor(dir, args) {
    super(BINARY, args);
    this.dir = dir;
  }

  /** Runs a command and gives what it says on standard output. */
  run(...args) {
    return new Promise((done, failed) => {
      execFile(BINARY, [...args, "--dir", this.dir], { env }, (why, out, err) => {
        if (why) failed(new Error(`${args.join(" ")}: ${out}${err}`));
        else done(out);
      });
    });
  }

  async json(...args) {
    return JSON.parse(await this.run(...args, "-o", "json"));
  }

  /** A link that signs in once. */
  async link(...as) {
    return (await this.json("open", ...as)).link;
  }

  /** Founds a space and makes it what a file says. */
  async found(name, file) {
    await this.run("space", "create", name);
    const path = join(this.dir, "space.toml");
    await writeFile(path, file);
    await this.run("-s", name, "apply", "-f", path);
  }
}

/** Removes a folder of ours. */
export function remove(dir) {
  return rm(dir, { recursive: true, force: true });
}
