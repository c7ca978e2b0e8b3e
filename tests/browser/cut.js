// Two nodes that reach each other over a carrier, and a way to cut it. Everything that knows which
// carrier that is, is here.

import { createServer } from "node:net";
import { join } from "node:path";
import { Node, Running, eventually, folder, remove } from "./node.js";

/** Two environments, each deployed to by a person, and a project that takes no time. */
const file = (name, more) => `
[space]
name = "${name}"
[[environments]]
name = "Live"
[[lifecycles]]
name = "Standard"
${more}`;

const SOURCE = file(
  "Source",
  `[[lifecycles.phases]]
name = "Live"
environments = ["Live"]
[[lifecycles.phases]]
name = "Target"
spaces = ["Target"]
automatic = true
[[projects]]
name = "App"
lifecycle = "Standard"
[[projects.steps]]
name = "nothing"
run = ["true"]
`,
);

const TARGET = file(
  "Target",
  `[[lifecycles.phases]]
name = "Live"
environments = ["Live"]
automatic = true
[[acceptances]]
from = "Source"
project = "App"
lifecycle = "Standard"
automatic = true
`,
);

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/** Two nodes that are linked; `source` shows what `target` deployed. */
export async function linked() {
  const dir = await folder();
  const port = await freePort();
  const store = ["-js", "-sd", join(dir, "carrier")];
  const server = process.env.INTERSPACE_NATS_SERVER ?? "nats-server";
  const carrier = new Running(server, ["-a", "127.0.0.1", "-p", String(port), ...store]);
  await carrier.says("Server is ready");
  const nats = ["--nats", `nats://127.0.0.1:${port}`];
  const source = await Node.up(join(dir, "source"), ...nats);
  const target = await Node.up(join(dir, "target"), ...nats);
  await source.found("Source", SOURCE);
  await target.found("Target", TARGET);
  const [ours, theirs] = [join(dir, "source.cert"), join(dir, "target.cert")];
  await source.run("certificate", "export", "-f", ours);
  await target.run("certificate", "export", "-f", theirs);
  await source.run("certificate", "import", theirs, "--accept-results");
  const grants = ["--accept-releases", "App", "--send-results", "full"];
  await target.run("certificate", "import", ours, ...grants);
  await source.run("release", "create", "App", "1.0.0");
  await source.run("deploy", "App", "1.0.0", "--to", "Live");
  await eventually("the result of the target", async () => {
    const cells = await source.json("dashboard");
    return cells.some((cell) => cell.remote && cell.version === "1.0.0" && cell.fresh);
  });
  return {
    source,
    /** From now on nothing gets through. */
    cut: () => carrier.end("SIGKILL"),
    async end() {
      for (const running of [source, target, carrier]) await running.end();
      await remove(dir);
    },
  };
}
