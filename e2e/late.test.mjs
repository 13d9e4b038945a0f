// A check that goes overdue while the board lies open: on the page within 2 s of the moment that it was due.
import assert from "node:assert/strict";
import { test } from "node:test";
import { stage, usher, visit } from "./support/stage.mjs";
import { lateAfter, submit } from "./support/usher.mjs";

const PROMISED_MILLISECONDS = 2000;
// So many at a time, and each of them in time.
const CHECKS = 3;
// A machine that builds besides may hold a page up for a second or two: then so many are measured once more, on the same page, and all of
// those must be in time. What is slow of itself is slow both times.
const TRIES = 2;
const PATIENCE_MILLISECONDS = 240_000;

stage({ policy: lateAfter(1) });

test("what goes overdue is on the open board within 2 s", async (t) => {
  const page = await visit(t, "operator");
  await page.goto(`${usher.url}/board`);
  await page.evaluate(noteWhenShown);
  let waits;
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    waits = await measured(page, attempt);
    const [median, slowest] = [waits[Math.floor(CHECKS / 2)], waits.at(-1)];
    t.diagnostic(`on the page after ${median} ms in the median, ${slowest} ms at most`);
    assert.ok(waits[0] >= 0, "not before it is due");
    if (slowest <= PROMISED_MILLISECONDS) return;
  }
  assert.fail(`after ${waits.join(", ")} ms, ${TRIES} times over`);
});

/** How long after the moment that each was due it was on the page, the quickest first. */
async function measured(page, attempt) {
  const references = [];
  for (let check = 0; check < CHECKS; check += 1) references.push((await submit(usher, { family: `Late${attempt}${check}` })).reference);
  // Whoever clicks in the table has it in focus: what is late later must come all the same.
  await page.getByText(references[0]).first().waitFor({ timeout: PATIENCE_MILLISECONDS });
  await page.getByRole("cell").first().click({ position: { x: 2, y: 2 } });
  const isShown = ({ all }) => all.every((reference) => window.shown[reference]);
  await page.waitForFunction(isShown, { all: references }, { timeout: PATIENCE_MILLISECONDS });
  const shown = await page.evaluate(() => window.shown);
  const { alerts } = await usher.cli("operator", "alert", "list", "--each", "--audience", "operator");
  const wait = (reference) => shown[reference] - Date.parse(alerts.find((alert) => alert.reference === reference).dueTime);
  return references.map(wait).sort((one, other) => one - other);
}

// Runs in the page: keeps when each reference was first seen there.
function noteWhenShown() {
  window.shown = {};
  const look = () => {
    for (const [reference] of document.querySelector("main").innerText.matchAll(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]/g)) window.shown[reference] ??= Date.now();
  };
  new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
  look();
}
