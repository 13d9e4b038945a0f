// A real broker in a folder of its own, with the console and clients of each kind. Builds nothing: USHER_BIN is the program.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const program = process.env.USHER_BIN ?? join(root, "target/debug/usher");
const READY_MILLISECONDS = 60_000;

// Clients of the wire: a court's gateway, the operators, and a borough's adapter.
const CLIENTS = {
  court: { role: "officer", courts: ["*"] },
  manager: { role: "manager", courts: ["*"] },
  operator: { role: "operator", courts: ["*"] },
  hackney: { role: "adapter", responders: ["hackney"] },
};

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

const toml = (table) =>
  Object.entries(table)
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`)
    .join("");

/** A folder with an authority, the broker's certificate and those of its clients. `ca` is what a test's own server needs. */
export async function prepare() {
  const folder = await mkdtemp(join(tmpdir(), "usher-e2e-"));
  const tls = join(folder, "tls");
  const pki = (...args) => run(program, ["pki", ...args, "--dir", tls]);
  await pki("init", "--trust-domain", "usher.example");
  await pki("issue", "--name", "server", "--server", "--host", "localhost", "--host", "127.0.0.1");
  for (const name of Object.keys(CLIENTS)) {
    await pki("issue", "--name", name, "--uri", `spiffe://usher.example/${name}`);
  }
  const file = (name) => readFile(join(tls, name), "utf8");
  const [ca, cert, key] = await Promise.all([file("ca.pem"), file("server.pem"), file("server.key")]);
  return { folder, ca, cert, key };
}

/**
 * Starts a broker in what `prepare` made; stop it with `stop()`.
 * console: TOML of [console] and what is below it, given the console's port; none without it.
 * policy: from the text of config/policy.toml to the one in force.
 */
export async function startUsher({ prepared, console, policy = (text) => text }) {
  const { folder } = prepared;
  const [rpc, metrics, web] = [await freePort(), await freePort(), await freePort()];
  const identities = Object.entries(CLIENTS).map(
    ([name, standing]) => `[[identities]]\n${toml({ uri: `spiffe://usher.example/${name}`, ...standing })}`,
  );
  for (const name of ["responders", "agreements"]) await cp(join(root, "config", name), join(folder, name), { recursive: true });
  await writeFile(join(folder, "policy.toml"), policy(await readFile(join(root, "config/policy.toml"), "utf8")));
  const parts = [
    `[rpc]\nlisten = "127.0.0.1:${rpc}"\n`,
    `[metrics]\nlisten = "127.0.0.1:${metrics}"\n`,
    `[store]\npath = "store"\n`,
    `[policy]\nfile = "policy.toml"\n`,
    console?.(web) ?? "",
    ...identities,
  ];
  await writeFile(join(folder, "usher.toml"), parts.join("\n"));
  const client = (name) => join(folder, `${name}.toml`);
  for (const name of Object.keys(CLIENTS)) {
    const table = { server: `https://localhost:${rpc}`, ca: "tls/ca.pem", cert: `tls/${name}.pem`, key: `tls/${name}.key` };
    const person = '[person]\nname = "Alex Example"\npost = "Example post"\ncontact = "020 7946 0123"\n';
    await writeFile(client(name), toml(table) + person);
  }
  const child = spawn(program, ["serve", "--config", join(folder, "usher.toml")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said = (said + text).slice(-20_000)));
  await ready(child, metrics, () => said);
  return {
    url: `https://localhost:${web}`,
    log: () => said,
    /** Runs the real command line as one of CLIENTS, and returns what it printed as JSON. */
    async cli(name, ...args) {
      const { stdout } = await run(program, [...args, "--client", client(name), "--format", "json"]);
      return JSON.parse(stdout);
    },
    /** Writes a file into the broker's folder, for the command line, and returns its path. */
    async file(name, text) {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill("SIGTERM");
        await once(child, "exit");
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ready(child, port, said) {
  for (const end = Date.now() + READY_MILLISECONDS; Date.now() < end; await wait(50)) {
    if (child.exitCode !== null) break;
    if ((await status(port)) === 200) return;
  }
  child.kill("SIGKILL");
  throw new Error(`usher is not ready:\n${said()}`);
}

const status = (port) =>
  new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port, path: "/readyz", timeout: 1000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    call.on("error", () => resolve(undefined)).end();
  });

/** [console] with this identity provider, these groups, each { group, role, courts } or { group, role, responders }, and more settings. */
export function consoleOf(identity, groups, settings = {}) {
  return (port) =>
    [
      `[console]\n${toml({ listen: `127.0.0.1:${port}`, sign_in: "oidc", public_url: `https://localhost:${port}`, ...settings })}`,
      `[console.oidc]\n${toml(identity.settings)}`,
      ...groups.map((group) => `[[console.groups]]\n${toml(group)}`),
    ].join("\n");
}

/** A policy by which operators are told of an oral report's checks that nobody has taken on after so many minutes. */
export const lateAfter = (minutes) => (text) =>
  text.replace(
    /(\[\[ladder\.oral\.step\]\][^\n]*\nname = "chase"\n)at = .*\nunless = .*\naudience = .*\n/,
    `$1at = "submitted + ${minutes} min"\nunless = "accepted"\naudience = ["adapter", "borough_desk", "operator"]\n`,
  );

/** As soon as they are open. */
export const lateAtOnce = lateAfter(0);

/** Submits an enquiry about an invented person, heard so many `hours` from now or at `hearing`, as courts write it. Returns the receipt. */
export function submit(usher, { family = "Example", postcode = "E8 1EA", report = "oral", hours = 3, hearing = inHours(hours), more = [] } = {}) {
  const about = ["--family", family, "--given", "Sam", "--born", "1990-04-30", "--home", postcode, "--concern", "domestic-abuse"];
  return usher.cli("court", "enquiry", "submit", "--court", "B01IX", "--hearing", hearing, "--report", report, ...about, ...more);
}

const inHours = (hours) => london(new Date(Date.now() + hours * 3_600_000));

/** A moment as courts write it: 2026-11-23T14:00. */
export const london = (moment) =>
  moment.toLocaleString("sv-SE", { timeZone: "Europe/London", dateStyle: "short", timeStyle: "short" }).replace(" ", "T");
