// The console as people meet it: signing in and out, and the board of operators.
import assert from "node:assert/strict";
import { test } from "node:test";
import { builtAssets } from "./support/look.mjs";
import { expectAccessible, expectNarrow, picture, signIn } from "./support/page.mjs";
import { stage, usher, visit } from "./support/stage.mjs";
import { lateAtOnce, submit } from "./support/usher.mjs";

stage({ policy: lateAtOnce });

async function look(page, path, name) {
  await page.goto(`${usher.url}${path}`);
  await picture(page, name);
  await expectAccessible(page);
  await expectNarrow(page);
}

for (const [name, options] of Object.entries({
  wide: {},
  narrow: { width: 320 },
  "without scripts": { script: false },
  "without npm": { look: "builtin" },
})) {
  test(`pages are accessible: ${name}`, async (t) => {
    const page = await visit(t, undefined, options);
    await look(page, "/sign-in", `sign-in ${name}`);
    await look(page, "/accessibility", `accessibility ${name}`);
    await signIn(page, usher, "operator");
    for (const path of ["/board", "/help", "/sign-out", "/not-there"]) await look(page, path, `${path.slice(1)} ${name}`);
  });
}

test("a build with npm serves the GOV.UK look", { skip: !builtAssets() && "built without npm" }, async (t) => {
  const page = await visit(t);
  await page.goto(`${usher.url}/sign-in`);
  assert.equal(await page.locator('link[href$="/govuk-frontend.min.css"]').count(), 1);
});

test("what is late comes to an open board, and two operators see who looks after it", async (t) => {
  const [one, other] = [await visit(t, "operator"), await visit(t, "second")];
  for (const page of [one, other]) await page.goto(`${usher.url}/board`);
  const { reference } = await submit(usher);
  const link = (page) => page.getByRole("row").filter({ hasText: reference }).getByRole("link", { name: /Look after it/ });
  for (const page of [one, other]) await link(page).first().waitFor();
  await expectAccessible(one);
  await picture(one, "board with an alert");
  for (const page of [one, other]) await link(page).first().click();
  await expectAccessible(one);
  const press = (page) => page.getByRole("button", { name: "Look after it" }).click();
  await press(one);
  await one.getByRole("row").filter({ hasText: "Otis Operator" }).first().waitFor();
  // Who was slower is told, and may take it over knowing that.
  await press(other);
  await other.getByRole("alert").getByText("Otis Operator looks after it until").waitFor();
  await expectAccessible(other);
  await press(other);
  for (const page of [one, other]) await page.getByRole("row").filter({ hasText: "Sona Second" }).first().waitFor();
});

test("somebody in no group that usher knows is refused", async (t) => {
  const page = await visit(t, "nobody");
  await expectAccessible(page);
  await page.goto(`${usher.url}/board`);
  assert.match(page.url(), /\/sign-in/);
});

test("who has two roles chooses one", async (t) => {
  const page = await visit(t, "both");
  await page.getByRole("heading", { name: "Choose your role" }).waitFor();
  await expectAccessible(page);
});

test("after signing out nothing is shown", async (t) => {
  const page = await visit(t, "operator");
  await page.goto(`${usher.url}/sign-out`);
  await page.getByRole("main").getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You have signed out" }).waitFor();
  await page.getByRole("link", { name: "Sign out there too" }).waitFor();
  await page.goto(`${usher.url}/board`);
  assert.match(page.url(), /\/sign-in/);
});
