// Whom the console keeps out: other sites that send forms in a person's name, and people at pages that are not their role's.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { test } from "node:test";
import { browser, stage, usher, visit } from "./support/stage.mjs";
import { lateAtOnce, london, submit } from "./support/usher.mjs";

stage({ policy: lateAtOnce });

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
const ROW = { case: "01AB1234526/1", hearing_at: "", court: "B01IX", stage: "court-report", report: "oral", indicators: "lives-with-children", family_name: "Matrix", home_postcode: "E8 1EA" };

/** An enquiry with a check and an alert of Hackney's, and a case on the court's list. */
async function scene() {
  const { enquiryId } = await submit(usher, { family: "Matrix" });
  const row = { ...ROW, hearing_at: london(new Date(Date.now() + 3 * 3_600_000)) };
  const list = [Object.keys(row), Object.values(row)].map((line) => line.join(",")).join("\n");
  await usher.cli("court", "case", "import", "--list", await usher.file("list.csv", list));
  const { cases } = await usher.cli("court", "case", "list");
  return { enquiryId, caseId: cases[0].id };
}

/** The path with the ids of what there is. */
const filled = (path, { enquiryId, caseId }) =>
  path
    .replace("{enquiry}", enquiryId)
    .replace("{record}", enquiryId)
    .replace("{number}", "1")
    .replace("{responder}", "hackney")
    .replace("{kind}", "coverage")
    .replace("{case}", caseId);

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
    const there = await scene();
    const page = await visit(t, account);
    for (const { path, roles } of matrix) {
      const { status } = await tried(page, filled(path, there));
      assert.equal(status, roles.includes(role) ? 200 : 403, `${role} at ${path}`);
    }
  });
}

test("every page tried by nobody leads to signing in, and no piece of a page does", async (t) => {
  const there = await scene();
  const page = await visit(t);
  for (const { path } of matrix) {
    const { status, at } = await tried(page, filled(path, there));
    if (path.endsWith("/live") || path in PIECES) assert.equal(status, 401, path);
    else assert.equal(at, "/sign-in", path);
  }
});

// Every act, sent as its form sends it: by whoever may not, and then by one who may, so that it is their standing that was refused.

const inThreeDays = () => london(new Date(Date.now() + 72 * 3_600_000));
const dateOf = (name, local) => ({ [`${name}-day`]: local.slice(8, 10), [`${name}-month`]: local.slice(5, 7), [`${name}-year`]: local.slice(0, 4) });

/** In an order in which each is possible: the path, whoever does it, what is sent, and to which enquiry where it is not the first. */
const ACTS = [
  ["/alerts/{record}/{number}/acknowledge", "operator", { note: "Ringing them." }],
  ["/desk/checks/{enquiry}/{number}/accept", "adapter", {}],
  ["/desk/checks/{enquiry}/{number}/ask", "adapter", { question: "Which school?" }],
  ["/checks/{enquiry}/{number}/supply", "officer", { reply: "Gayhurst." }],
  ["/desk/checks/{enquiry}/{number}/accept", "adapter", {}],
  ["/desk/checks/{enquiry}/{number}/release", "adapter", { reason: "anybody" }],
  ["/enquiries/{enquiry}/decide-without", "officer", { decision: "proceed_without", name: "Sam Senior" }],
  ["/checks/{enquiry}/{number}/answer-by-phone", "operator", { disposition: "not_known", "given-name": "Wanda Worker", number: "020 7946 0123", do: "send" }],
  ["/checks/{enquiry}/{number}/receive", "officer", { version: "1" }],
  ["/desk/checks/{enquiry}/{number}/answer", "adapter", { disposition: "not_known", do: "send" }],
  ["/enquiries/{enquiry}/reassign", "manager", { name: "Pat Practitioner" }],
  ["/enquiries/{enquiry}/record-sentence", "officer", () => ({ outcome: "custody", ...dateOf("date", london(new Date())) }), "heard"],
  ["/enquiries/{enquiry}/move-hearing", "officer", () => ({ ...dateOf("to", inThreeDays()), "to-time": "10:00", reason: "Put back" })],
  ["/desk/checks/{enquiry}/{number}/redirect", "adapter", { whose: "known", authority: "E09000007" }, "passed"],
  ["/checks/{enquiry}/{number}/reroute", "operator", { authority: "E09000012" }, "lost"],
  ["/checks/{enquiry}/{number}/close", "operator", { reason: "duplicate" }, "closed"],
  ["/enquiries/{enquiry}/withdraw", "officer", { note: "Case dropped" }, "dropped"],
  ["/cases/{case}/set-aside", "officer", { requirement: "1", reason: "not_indicated" }],
  ["/cases/{case}/reassign", "manager", { name: "Pat Practitioner" }],
];
// What is asked of these changes nothing.
const LOOKS_UP = ["/ask", "/ask/where", "/desk/search", "/search", "/unroutable"];

/** The roles that may not open it. */
const shutOut = (path) => Object.keys(ACCOUNTS).filter((role) => !matrix.find((line) => line.path === path).roles.includes(role));

/** How much happened to what the path names, but for who looked. */
async function happened(path, { enquiryId, caseId }) {
  const [kind, id] = path.startsWith("/cases/") ? ["case", caseId] : ["enquiry", enquiryId];
  const { events } = await usher.cli("operator", kind, "history", id);
  return events.filter((event) => !/viewed/i.test(event.type ?? event.kind)).length;
}

test("every act sent by whoever may not is refused, and nothing comes of it", async (t) => {
  const { enquiryId, caseId } = await scene();
  const enquiries = { first: enquiryId };
  for (const name of ["passed", "closed", "dropped"]) enquiries[name] = (await submit(usher, { family: name })).enquiryId;
  enquiries.heard = (await submit(usher, { family: "Heard", hours: 0 })).enquiryId;
  enquiries.lost = (await submit(usher, { family: "Lost", postcode: "ZZ99 9ZZ" })).enquiryId;
  const pages = { nobody: await visit(t) };
  for (const [role, account] of Object.entries(ACCOUNTS)) pages[role] = await visit(t, account);
  for (const page of Object.values(pages)) await page.goto(`${usher.url}/accessibility`);
  for (const [path, doer, given, whose = "first"] of ACTS) {
    const fields = typeof given === "function" ? given() : given;
    const there = { enquiryId: enquiries[whose], caseId };
    const action = usher.url + filled(path, there);
    const post = (role) => pages[role].evaluate(send, [action, { request_id: randomUUID(), ...fields }, "same-origin"]);
    const before = await happened(path, there);
    for (const role of shutOut(path)) assert.equal(await post(role), 403, `${role} at ${path}`);
    assert.equal(await post("nobody"), 401, path);
    assert.equal(await happened(path, there), before, `nothing came of ${path}`);
    assert.equal(await post(doer), 200, `${doer} at ${path}`);
    assert.ok((await happened(path, there)) > before, `${path} is done by whoever may`);
  }
  for (const path of LOOKS_UP) {
    for (const role of shutOut(path)) assert.equal(await pages[role].evaluate(send, [usher.url + path, {}, "same-origin"]), 403, `${role} at ${path}`);
  }
});

test("no page that takes what is sent is left out above", async (t) => {
  const there = await scene();
  const tested = [...ACTS.map(([path]) => path), ...LOOKS_UP];
  const others = matrix.filter(({ path }) => !tested.includes(path));
  for (const [role, account] of Object.entries(ACCOUNTS)) {
    const page = await visit(t, account);
    await page.goto(`${usher.url}/accessibility`);
    for (const { path, roles } of others) {
      const status = await page.evaluate(send, [usher.url + filled(path, there), {}, "same-origin"]);
      assert.equal(status, roles.includes(role) ? 405 : 403, `${role} at ${path}`);
    }
  }
});
