// A session that ends while a form is being filled in: what was typed is there after signing in, and for nobody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { expectAccessible, picture } from "./support/page.mjs";
import { stage, usher, visit } from "./support/stage.mjs";

// The shortest session that there is.
const IDLE_MINUTES = 1;
const TYPED = { "#given": "Wren", "#family": "Halfway", "#note": "Half a sentence" };

stage({ settings: { idle_minutes: IDLE_MINUTES } });

/** A page on which an officer's session ended in the middle of a form, and who then signed in as `next`. */
async function interrupted(t, next) {
  const page = await visit(t, "officer");
  await page.goto(`${usher.url}/ask`);
  for (const [field, text] of Object.entries(TYPED)) await page.locator(field).fill(text);
  await wait(IDLE_MINUTES * 60_000 + 1_000);
  await page.getByRole("button", { name: /Continue to check/ }).click();
  await page.waitForURL(/\/sign-in/);
  await page.getByText("what you typed is kept").waitFor();
  assert.doesNotMatch(page.url(), /Halfway|Wren/);
  await expectAccessible(page);
  await picture(page, `sign-in again ${next}`);
  // The provider remembers the first: somebody else signs out there.
  if (next !== "officer") await page.context().clearCookies({ domain: "127.0.0.1" });
  await page.getByRole("button", { name: "Continue to sign in" }).click();
  const account = page.locator(`button[value="${next}"]`);
  const isHere = (url) => url.origin === usher.url && !url.pathname.startsWith("/sign-in");
  await Promise.race([page.waitForURL(isHere), account.click().then(() => page.waitForURL(isHere))]);
  assert.equal(new URL(page.url()).pathname, "/ask");
  return page;
}

const typed = (page) => Promise.all(Object.keys(TYPED).map((field) => page.locator(field).inputValue()));

test("sessions that end in the middle of a form", { concurrency: true }, async (t) => {
  await Promise.all([
    t.test("lose nothing that was typed", async (t) => {
      const page = await interrupted(t, "officer");
      assert.deepEqual(await typed(page), Object.values(TYPED));
      await page.goto(`${usher.url}/ask`);
      assert.deepEqual(await typed(page), ["", "", ""], "it is given back once");
    }),
    t.test("show it to nobody else", async (t) => {
      const page = await interrupted(t, "colleague");
      assert.deepEqual(await typed(page), ["", "", ""]);
      assert.doesNotMatch(await page.content(), /Halfway/);
    }),
  ]);
});
