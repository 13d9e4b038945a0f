// What web/app.js adds to pages: live parts, fields that ask, forms that are sent once.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { startLook } from "./support/look.mjs";
import { openPage, startBrowser } from "./support/page.mjs";

const BOARD = `<main><h1>Overdue</h1>
<p data-live-lost role="alert" hidden>Connection lost.</p><p data-live-held hidden>Updates wait.</p>
<p role="status" data-live-status="Overdue"></p>
<button type="button" data-live-pause aria-pressed="false" hidden>Pause updates</button>
<label data-live-only hidden><input type="checkbox" data-live-sound> Sound</label>
<div data-live-url="/live" data-live-count="1"><p>old</p><a href="#x">link</a></div></main>`;

let browser, server, lines, page;
before(async () => {
  browser = await startBrowser();
  server = await startLook("builtin");
  server.page("/board", "Overdue", BOARD);
  server.on("/live", (_, res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(":\n\n");
    lines.push(res);
  });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});
beforeEach(async () => {
  lines = [];
  await page?.context().close();
  page = await openPage(browser);
});

const send = (html, count) => lines.at(-1).write(`event: html\ndata: ${JSON.stringify({ html, count })}\n\n`);
const seen = (text) => page.getByText(text, { exact: true }).waitFor();
const titled = (title) => page.waitForFunction((title) => document.title === title, title);
async function open() {
  await page.goto(`${server.url}/board`);
  await until(() => lines.length > 0);
}
async function until(condition) {
  for (const end = Date.now() + 30_000; !condition(); ) {
    assert.ok(Date.now() < end, `${condition} did not come true`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test("an event replaces the part and tells the count", async () => {
  await open();
  await titled("(1) Overdue");
  send("<p>new</p>", 3);
  await seen("new");
  await titled("(3) Overdue");
  await seen("Overdue: 3");
  send("<p>none</p>", 0);
  await titled("Overdue");
});

test("while updates are paused the count goes on and the content waits", async () => {
  await open();
  await page.getByRole("button", { name: "Pause updates" }).click();
  send("<p>new</p>", 2);
  await titled("(2) Overdue");
  await seen("old");
  const button = page.getByRole("button", { name: "Resume updates" });
  assert.equal(await button.getAttribute("aria-pressed"), "true");
  await button.click();
  await seen("new");
});

test("content waits while it has the focus", async () => {
  await open();
  await page.getByRole("link", { name: "link" }).focus();
  send("<p>new</p>", 2);
  await seen("Updates wait.");
  await seen("old");
  await page.getByRole("button", { name: "Pause updates" }).focus();
  await seen("new");
  assert.ok(await page.getByText("Updates wait.").isHidden());
});

test("a sound comes with more, where it is wanted", async () => {
  await page.addInitScript(() => {
    window.sounds = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...args) {
      window.sounds += 1;
      return start.apply(this, args);
    };
  });
  await open();
  send("<p>new</p>", 2);
  await titled("(2) Overdue");
  assert.equal(await page.evaluate(() => window.sounds), 0);
  await page.getByLabel("Sound").check();
  assert.equal(await page.evaluate(() => window.sounds), 2, "to hear what to listen for");
  send("<p>newer</p>", 3);
  await page.waitForFunction(() => window.sounds === 4);
  send("<p>less</p>", 1);
  await titled("(1) Overdue");
  assert.equal(await page.evaluate(() => window.sounds), 4);
});

test("a lost connection is told, and comes back by itself", async () => {
  await open();
  lines.at(-1).destroy();
  await seen("Connection lost.");
  await until(() => lines.length > 1);
  send("<p>back</p>", 1);
  await seen("back");
  await page.getByText("Connection lost.").waitFor({ state: "hidden" });
});

test("a server that says nothing counts as lost", async () => {
  server.page("/quiet", "Quiet", BOARD.replace("data-live-url", 'data-live-silence="1" data-live-url'));
  await page.goto(`${server.url}/quiet`);
  await seen("Connection lost.");
});

test("without scripts there is neither a button nor a box that does nothing", async () => {
  page = await openPage(browser, { script: false });
  await page.goto(`${server.url}/board`);
  assert.equal(await page.getByRole("button").count(), 0);
  assert.ok(await page.getByText("Sound").isHidden());
  await seen("old");
});

test("a postcode and what goes along with it go in a body, and the answer comes into the page", async () => {
  const asked = [];
  server.page("/ask", "Ask", '<main><h1>Ask</h1><form><label>Postcode <input name="home" data-postcode-url="/areas" data-postcode-with="court kind" data-target="areas"></label><div id="areas" role="status"></div><label>Court <input name="court"></label><label>Police <input name="kind" type="checkbox" value="police"></label><label>Note <input name="note"></label></form></main>');
  server.on("/areas", async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    asked.push(`${req.method} ${req.url} ${body}`);
    res.end("<p>Hackney</p>");
  });
  await page.goto(`${server.url}/ask`);
  await page.getByLabel("Postcode").pressSequentially("E8 1EA");
  await seen("Hackney");
  assert.equal(asked.at(-1), "POST /areas home=E8+1EA&court=");
  await page.getByLabel("Note").fill("Of nobody's concern");
  await page.getByLabel("Court").fill("B01IX");
  await page.getByLabel("Police").check();
  await until(() => asked.at(-1) === "POST /areas home=E8+1EA&court=B01IX&kind=police");
});

test("a form is sent once, and again after Back", async () => {
  let sent = 0;
  server.page("/form", "Form", '<main><h1>Form</h1><form method="post" action="/sent" data-submit-once><button name="a" value="b">Send</button></form></main>');
  server.page("/other", "Other", "<main><h1>Other</h1></main>");
  server.on("/sent", (_, res) => {
    sent += 1;
    res.writeHead(204).end(); // the browser stays where it is
  });
  const button = page.getByRole("button", { name: "Send" });
  const arrived = () => page.evaluate(() => fetch("/other").then((answer) => answer.text()));
  await page.goto(`${server.url}/form`);
  await button.click();
  await until(() => sent === 1);
  assert.equal(await button.getAttribute("aria-disabled"), "true");
  await button.click({ force: true });
  await arrived();
  assert.equal(sent, 1);
  await page.goto(`${server.url}/other`);
  await page.goBack();
  await button.click();
  await until(() => sent === 2);
});
