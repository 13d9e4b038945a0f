// Each role's main tasks from start to end, through a real sign-in, with and without scripts; every page on the way is looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectAccessible, expectNarrow, picture } from "./support/page.mjs";
import { stage, usher, visit } from "./support/stage.mjs";
import { lateAtOnce, submit } from "./support/usher.mjs";

stage({ policy: lateAtOnce });

const press = (page, name) => page.getByRole("main").getByRole("button", { name }).last().click();

async function look(page, name) {
  await picture(page, name);
  await expectAccessible(page);
}

// Tomorrow, so that a test at midnight plays on one day; weekends are days of hearings too here.
const tomorrow = new Date(Date.now() + 24 * 3_600_000);
const HEARING = { day: tomorrow.getDate(), month: tomorrow.getMonth() + 1, year: tomorrow.getFullYear() };

async function ask(page, family, { script = true }) {
  await page.goto(`${usher.url}/ask`);
  await look(page, "ask");
  await press(page, /Continue to check/);
  await page.getByRole("heading", { name: "There is a problem" }).waitFor();
  await look(page, "ask refused");
  await page.locator("#given").fill("Sam");
  await page.locator("#family").fill(family);
  await page.locator("#address-1-role").selectOption("home");
  await page.locator("#address-1-postcode").fill("E8 1EA");
  await page.locator("[name=child-1-given]").fill("Bea");
  await page.locator("#purpose").selectOption("court_report");
  await page.locator("#report").selectOption("oral");
  await page.locator("#court").selectOption("B01IX");
  for (const [part, value] of Object.entries(HEARING)) await page.locator(`#hearing-${part}`).fill(String(value));
  await page.locator("#hearing-time").fill("2pm");
  await page.locator('[name=kind][value="children_social_care"]').check();
  // Scripts tell it at once, beside the postcode; without them a button does.
  if (!script) await press(page, "Show who will be asked");
  const told = script ? page.locator("#address-1-postcode-where") : page.getByRole("status");
  await told.getByText(/Too early to say|Likely in time|Doubtful|Not before the hearing/).first().waitFor();
  await look(page, `ask foreseen ${script ? "at once" : "by a button"}`);
  await press(page, /Continue to check/);
  await page.getByRole("heading", { name: /Check your answers/ }).waitFor();
  await look(page, "ask check");
  await page.locator('main button[value="send"]').click();
  await page.waitForURL(/\/enquiries\/[^/]+\/sent$/);
  await look(page, "ask sent");
  return page.url().split("/").at(-2);
}

for (const [name, options] of Object.entries({ "with scripts": {}, "without scripts": { script: false }, narrow: { width: 320 } })) {
  test(`an enquiry is asked, answered and read: ${name}`, async (t) => {
    const officer = await visit(t, "officer", options);
    const enquiry = await ask(officer, `Example${name.length}`, options);
    const desk = await visit(t, "desk", options);
    await look(desk, `desk ${name}`);
    await desk.goto(`${usher.url}/desk/checks/${enquiry}/1`);
    await look(desk, `desk check ${name}`);
    await desk.goto(`${usher.url}/desk/checks/${enquiry}/1/accept`);
    await look(desk, `desk accept ${name}`);
    await press(desk, "Take it on");
    await desk.waitForURL((url) => !url.pathname.endsWith("/accept"));
    await desk.goto(`${usher.url}/desk/checks/${enquiry}/1/answer`);
    await look(desk, `desk answer ${name}`);
    await desk.locator('[name=disposition][value="known_relevant"]').check();
    await desk.locator('[name="remark-1-kind"]').selectOption({ index: 1 });
    await desk.locator('[name="remark-1-text"]').fill("An invented remark.");
    await desk.locator('[name="remark-1-handling"][value="not_to_defendant"]').check();
    await press(desk, "Continue");
    await look(desk, `desk answer check ${name}`);
    await desk.locator('main button[value="send"]').click();
    await desk.waitForURL((url) => !url.pathname.endsWith("/answer"));
    await officer.goto(`${usher.url}/hearings`);
    await look(officer, `hearings ${name}`);
    await officer.goto(`${usher.url}/enquiries/${enquiry}`);
    await officer.getByText("Do not disclose to the defendant").first().waitFor();
    await look(officer, `enquiry ${name}`);
    if (options.width) for (const page of [officer, desk]) await expectNarrow(page);
    await officer.goto(`${usher.url}/checks/${enquiry}/1/receive?version=1`);
    await look(officer, `receive ${name}`);
    await press(officer, "Mark as read");
    await officer.waitForURL((url) => !url.pathname.endsWith("/receive"));
    await officer.goto(`${usher.url}/enquiries/${enquiry}`);
    await officer.getByText("Answered and read").first().waitFor();
  });
}

test("an enquiry is asked one page at a time", async (t) => {
  const page = await visit(t, "officer", {});
  await page.goto(`${usher.url}/ask`);
  await page.getByRole("link", { name: "Fill it in one page at a time" }).click();
  const fill = [
    () => page.locator("#family").fill("Stepwise"),
    async () => {
      await page.locator("#address-1-role").selectOption("home");
      await page.locator("#address-1-postcode").fill("E8 1EA");
    },
    () => page.locator("[name=child-1-given]").fill("Bea"),
    () => {},
    async () => {
      await page.locator("#purpose").selectOption("court_report");
      await page.locator("#report").selectOption("oral");
      await page.locator("#court").selectOption("B01IX");
      for (const [part, value] of Object.entries(HEARING)) await page.locator(`#hearing-${part}`).fill(String(value));
      await page.locator("#hearing-time").fill("2pm");
    },
    () => {},
  ];
  for (const [place, put] of fill.entries()) {
    await page.getByText(`Step ${place + 1} of ${fill.length}`).waitFor();
    await put();
    await look(page, `ask page ${place + 1}`);
    await press(page, /^Continue/);
  }
  await page.getByRole("heading", { name: /Check your answers/ }).waitFor();
  await page.locator('main button[value="send"]').click();
  await page.waitForURL(/\/enquiries\/[^/]+\/sent$/);
});

// What each role opens from its navigation, and the forms behind the first enquiry.
const PAGES = {
  officer: ["/hearings", "/cases", "/ask", "/alerts", "/search", "/help", "/enquiries/E", ...acts("decide-without", "record-sentence", "move-hearing", "withdraw", "reassign"), "/checks/E/1/close"],
  manager: ["/outstanding", "/reports", "/reports/coverage", "/reports/timeliness", "/reports/outstanding", "/reports/late-answers", "/help"],
  desk: ["/desk", "/desk/alerts", "/desk/figures", "/help", "/desk/checks/E/1", "/desk/checks/E/1/ask", "/desk/checks/E/1/redirect", "/desk/checks/E/1/release"],
  operator: ["/board", "/unroutable", "/responders", "/responders/hackney", "/search", "/help", "/checks/U/1/reroute", "/checks/E/1/answer-by-phone"],
  inspector: ["/reports", "/board", "/responders", "/search", "/help"],
};

function acts(...names) {
  return names.map((name) => `/enquiries/E/${name}`);
}

for (const [name, options] of Object.entries({ wide: {}, "at 400 %": { width: 320, height: 256 }, "without npm": { look: "builtin" } })) {
  for (const [account, paths] of Object.entries(PAGES)) {
    test(`pages of the ${account}: ${name}`, async (t) => {
      const open = await submit(usher, { family: "Walk" });
      const lost = await submit(usher, { family: "Lost", postcode: "EH1 1RE" });
      const page = await visit(t, account, options);
      for (const path of paths) {
        const at = path.replace("/E", `/${open.enquiryId}`).replace("/U", `/${lost.enquiryId}`);
        const response = await page.goto(`${usher.url}${at}`);
        assert.equal(response.status(), 200, at);
        assert.doesNotMatch(await page.title(), /Walk|Lost/, "a title names somebody");
        await look(page, `${account} ${path.slice(1).replaceAll("/", "-")} ${name}`);
        await expectNarrow(page);
      }
    });
  }
}

test("whoever signs out at the provider is signed out here", async (t) => {
  const page = await visit(t, "inspector");
  await page.goto(`${usher.url}/board`);
  const other = await page.context().newPage();
  await usher.identity.signOut(other);
  await page.goto(`${usher.url}/board`);
  assert.match(page.url(), /\/sign-in/);
});

test("a whole task by the keyboard alone, with the focus in sight", async (t) => {
  const page = await visit(t, "operator");
  await submit(usher, { family: "Keys" });
  await page.goto(`${usher.url}/board`);
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to main content" });
  assert.ok(await skip.evaluate((link) => link === document.activeElement));
  await tabTo(page, /Look after it/);
  const outline = await page.evaluate(() => {
    const { outlineStyle, boxShadow, backgroundColor } = getComputedStyle(document.activeElement);
    return { outlineStyle, boxShadow, backgroundColor };
  });
  assert.ok(outline.boxShadow !== "none" || outline.outlineStyle !== "none", JSON.stringify(outline));
  await page.keyboard.press("Enter");
  await page.waitForURL(/acknowledge$/);
  await tabTo(page, /^Look after it$/);
  await page.keyboard.press("Enter");
  await page.getByText("You are looking after this alert.").waitFor();
});

async function tabTo(page, name) {
  for (let step = 0; step < 80; step += 1) {
    const text = await page.evaluate(() => (["A", "BUTTON"].includes(document.activeElement.tagName) ? document.activeElement.textContent.trim() : ""));
    if (name.test(text)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${name}`);
}
