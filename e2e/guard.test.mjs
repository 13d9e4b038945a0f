// Whom the console keeps out: other sites that send forms in a person's name, and people at pages that are not their role's.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { after, before, test } from "node:test";
import { startConsole } from "./support/console.mjs";
import { openPage, signIn, startBrowser } from "./support/page.mjs";
import { lateAtOnce, submit } from "./support/usher.mjs";

let browser, usher;
before(async () => {
  browser = await startBrowser();
  usher = await startConsole({ policy: lateAtOnce });
});
after(async () => {
  await browser?.close();
  await usher?.stop();
});

async function visit(t, account) {
  const page = await openPage(browser);
  t.after(() => page.context().close());
  if (account) await signIn(page, usher, account);
  return page;
}

// Forms of other sites.

const FORGED = { note: "Forged", reason: "Forged", request_id: "0190a000-0000-7000-8000-000000000001" };
const fields = Object.entries(FORGED).map(([name, value]) => `<input name="${name}" value="${value}">`);
const page = (action) => `<!DOCTYPE html><html lang="en"><title>Elsewhere</title><form method="post" action="${action}">${fields.join("")}<button>Win</button></form></html>`;

/** A site at this address that shows a form for `action`; over TLS under localhost browsers count it as the console's own site. */
async function elsewhere(t, scheme, host, action) {
  const show = (_, res) => res.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(action));
  const server = scheme === "https" ? createHttps(usher.prepared, show) : createHttp(show);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${scheme}://${host}:${server.address().port}/`;
}

const events = async (enquiry) => (await usher.cli("operator", "enquiry", "history", enquiry)).events.length;

// Runs in a page: sends the form by script, with the cookies that the browser lets it have.
const send = ([action, forged, mode]) =>
  fetch(action, { method: "POST", mode, credentials: "include", body: new URLSearchParams(forged) }).then(
    (answer) => answer.status,
    () => "hidden",
  );

for (const [scheme, host] of [["http", "127.0.0.1"], ["http", "localhost"], ["https", "127.0.0.1"], ["https", "localhost"]]) {
  test(`a form of ${scheme}://${host} with another port is refused`, async (t) => {
    const { enquiryId } = await submit(usher, { family: "Forged" });
    const action = `${usher.url}/enquiries/${enquiryId}/withdraw`;
    const officer = await visit(t, "officer");
    await officer.goto(`${usher.url}/enquiries/${enquiryId}`);
    const before = await events(enquiryId);
    const other = await officer.context().newPage();
    const site = await elsewhere(t, scheme, host, action);
    await other.goto(site);
    const answered = other.waitForResponse((response) => response.url() === action && response.request().method() === "POST");
    await other.getByRole("button", { name: "Win" }).click();
    assert.equal((await answered).status(), 403);
    const another = await officer.context().newPage();
    await another.goto(site);
    for (const mode of ["no-cors", "cors"]) assert.ok(["hidden", 0].includes(await another.evaluate(send, [action, FORGED, mode])), mode);
    assert.equal(await events(enquiryId), before, "nothing came of it");
    // The same from the console's own page is done: it is the other site that is refused, and the person is still signed in.
    assert.equal(await officer.evaluate(send, [action, FORGED, "same-origin"]), 200);
    assert.ok((await events(enquiryId)) > before);
  });
}

// Every page for every role.

const ACCOUNTS = { officer: "officer", manager: "manager", adapter: "desk", operator: "operator", inspector: "inspector" };
const matrix = readFileSync(new URL("../tests/it/console.golden", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => line.split(/\s+/))
  .map(([path, ...roles]) => ({ path, roles }));
const NO_RECORD = "0190a000-0000-7000-8000-000000000001";

/** The path with the ids of what there is, and of what there is not. */
const filled = (path, enquiry) =>
  path
    .replace("{enquiry}", enquiry)
    .replace("{record}", enquiry)
    .replace("{number}", "1")
    .replace("{responder}", "hackney")
    .replace("{kind}", "coverage")
    .replace("{case}", NO_RECORD);

// What is no page of its own: pieces that a page's scripts ask for. Streams never end, so that nothing is read but the status.
const PIECES = { "/ask/where": { method: "POST", body: "", headers: { "content-type": "application/x-www-form-urlencoded" } } };
const STREAM = { headers: { accept: "text/event-stream" } };
const piece = async ([path, request]) => {
  const stop = new AbortController();
  const { status, url } = await fetch(path, { ...request, signal: stop.signal });
  stop.abort();
  return { status, at: new URL(url).pathname };
};

/** What somebody gets at `path`, and where it led; in a page of theirs. */
async function tried(page, path) {
  const request = path.endsWith("/live") ? STREAM : PIECES[path];
  if (!request) {
    const response = await page.goto(`${usher.url}${path}`);
    return { status: response.status(), at: new URL(page.url()).pathname };
  }
  await page.goto(`${usher.url}/accessibility`);
  return page.evaluate(piece, [path, request]);
}

for (const [role, account] of Object.entries(ACCOUNTS)) {
  test(`every page tried by the ${role}`, async (t) => {
    const { enquiryId } = await submit(usher, { family: "Matrix" });
    const page = await visit(t, account);
    for (const { path, roles } of matrix) {
      const { status } = await tried(page, filled(path, enquiryId));
      const allowed = path.includes("{case}") || path.includes("{number}") ? [200, 404] : [200];
      assert.ok((roles.includes(role) ? allowed : [403]).includes(status), `${role} at ${path}: ${status}`);
    }
  });
}

test("every page tried by nobody leads to signing in, and no piece of a page does", async (t) => {
  const { enquiryId } = await submit(usher, { family: "Nobody" });
  const page = await visit(t);
  for (const { path } of matrix) {
    const { status, at } = await tried(page, filled(path, enquiryId));
    if (path.endsWith("/live") || path in PIECES) assert.equal(status, 401, path);
    else assert.equal(at, "/sign-in", path);
  }
});
