// Pages that stand further in: cases of a court's list, what a search finds, a borough's question, and the hearings of today in each
// of their lists. In every look; every one is looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { expectAccessible, expectNarrow, picture } from "./support/page.mjs";
import { stage, usher, visit } from "./support/stage.mjs";
import { lateAtOnce, london, submit } from "./support/usher.mjs";

stage({ policy: lateAtOnce });

const LOOKS = { "without scripts": { script: false }, "at 400 %": { width: 320, height: 256 }, "without npm": { look: "builtin" } };

/** A test in each look, of an officer; `look(name)` looks at their page. */
function eachLook(name, steps) {
  for (const [wanted, options] of Object.entries(LOOKS)) {
    test(`${name}: ${wanted}`, async (t) => {
      await farFromMidnight();
      const page = await visit(t, "officer", options);
      const look = async (shown) => {
        await picture(page, `${shown} ${wanted}`);
        await expectAccessible(page);
        await expectNarrow(page);
        assert.doesNotMatch(await page.title(), /Kim|Sam/, "a title names somebody");
      };
      await steps(page, look);
    });
  }
}

// What is heard today is so until midnight: a test that would meet it begins after it.
async function farFromMidnight() {
  while (london(new Date()).includes("T23:5")) await wait(1000);
}

const today = () => london(new Date()).slice(0, 10);
/** Lies ahead whenever this is played. */
const tonight = () => `${today()}T23:59`;

const COLUMNS = "case,hearing_at,court,stage,report,in_custody,indicators,family_name,given_names,born,crn,home_postcode";
let people = 0;

/** Somebody new: a family name, a number of probation's, and a place on the court's list. */
function somebody(family) {
  people += 1;
  return { family: `${family}${people}`, crn: `X3207${40 + people}`, name: `01AB1234526/${people}` };
}

/** Puts a case of somebody on the court's list of today, as courts do. */
async function listed({ family, crn, name }) {
  const row = [name, tonight(), "B01IX", "court-report", "oral", "no", "lives-with-children", family, "Kim", "1990-04-30", crn, "E8 1EA"];
  const list = await usher.file(`${crn}.csv`, `${COLUMNS}\n${row.join(",")}\n`);
  const { registeredCount } = await usher.cli("court", "case", "import", "--list", list);
  assert.equal(registeredCount, 1);
}

/** An enquiry about somebody that is heard today and answered; its receipt. */
async function answered({ family, crn }) {
  const sent = await submit(usher, { family, hearing: tonight(), more: ["--crn", crn] });
  await usher.cli("hackney", "check", "accept", `${sent.enquiryId}/1`);
  await usher.cli("hackney", "check", "answer", `${sent.enquiryId}/1`, "--disposition", "not-known");
  return sent;
}

const main = (page) => page.getByRole("main");
const press = (page, name) => main(page).getByRole("button", { name, exact: true }).click();
const follow = (page, name) => main(page).getByRole("link", { name }).first().click();
const showing = (page, text) => main(page).getByText(text).first().waitFor();
const done = (page, notice) => page.getByRole("alert").getByText(notice).waitFor();
const faulted = (page, field) => page.getByRole("alert").locator(`a[href="#${field}"]`).waitFor();
const row = (page, text) => main(page).getByRole("row").filter({ hasText: text });

eachLook("a case is looked at, a check of it set aside, and it is handed over", async (page, look) => {
  const who = somebody("Aside");
  await listed(who);
  await page.goto(`${usher.url}/cases`);
  await look("cases");
  await follow(page, `Kim ${who.family}`);
  await page.getByRole("heading", { name: /^Case / }).waitFor();
  await showing(page, `On the court’s list as ${who.name}`);
  await look("case");
  await follow(page, /^Set it aside/);
  await showing(page, "There is no earlier answer about this person that is recent enough");
  await look("set aside");
  await press(page, "Set the check aside");
  await faulted(page, "reason");
  await look("set aside refused");
  await page.locator('[name=reason][value="asked_elsewhere"]').check();
  await press(page, "Set the check aside");
  await faulted(page, "note");
  await page.locator("#note").fill("Rang the duty desk on Monday.");
  await press(page, "Set the check aside");
  await done(page, "The check is set aside.");
  await showing(page, "Rang the duty desk on Monday.");
  await look("case set aside");
  await follow(page, "Hand over to another practitioner");
  await look("case hand over");
  await press(page, "Hand over");
  await faulted(page, "name");
  await look("case hand over refused");
  await page.locator("#name").fill("Pat Practitioner");
  await press(page, "Hand over");
  await done(page, "The case is handed over, with its open enquiries.");
  await showing(page, "Pat Practitioner");
  await look("case handed over");
  await page.goto(`${usher.url}/hearings`);
  await page.getByRole("heading", { name: "Today, set aside" }).waitFor();
  await row(page, who.family).waitFor();
  await look("hearings set aside");
});

eachLook("an earlier answer is named in the place of a new check", async (page, look) => {
  const who = somebody("Earlier");
  const { enquiryId, reference } = await answered(who);
  await listed(who);
  await page.goto(`${usher.url}/cases`);
  await follow(page, `Kim ${who.family}`);
  await follow(page, /^Set it aside/);
  await main(page).getByLabel(new RegExp(`\\(${reference}\\): not known to them`)).check();
  await page.locator('[name=reason][value="up_to_date_already"]').check();
  await look("set aside for an earlier answer");
  await press(page, "Set the check aside");
  await done(page, "The check is set aside.");
  await look("case with an earlier answer");
  await follow(page, `The answer in enquiry ${reference}`);
  await page.waitForURL(`${usher.url}/enquiries/${enquiryId}#check-1`);
});

eachLook("what nobody has asked about stands before the hearings of today, and what is read after them", async (page, look) => {
  const [unasked, open, read] = [somebody("Unasked"), somebody("Open"), somebody("Read")];
  await listed(unasked);
  await submit(usher, { family: open.family, hearing: tonight() });
  const { enquiryId } = await answered(read);
  await usher.cli("court", "enquiry", "receive", `${enquiryId}/1`);
  await page.goto(`${usher.url}/hearings`);
  const titles = (await page.getByRole("heading", { level: 2 }).allInnerTexts()).filter((title) => title.startsWith("Today"));
  assert.deepEqual(titles.slice(0, 3), ["Today, to be asked", "Today", "Today, every answer read"]);
  const places = await Promise.all([unasked, open, read].map(({ family }) => row(page, family).boundingBox()));
  assert.ok(places[0].y < places[1].y && places[1].y < places[2].y, "in this order");
  await row(page, read.family).getByText("Answered and read").waitFor();
  await look("hearings in each list");
  await row(page, unasked.family).getByRole("link", { name: /^Ask now/ }).click();
  await page.waitForURL(/\/ask\?case=/);
  assert.equal(await page.locator("#family").inputValue(), unasked.family, "what the list says is filled in");
  await look("ask about a case");
});

eachLook("enquiries and cases are found by reference, by CRN, and by court and day", async (page, look) => {
  const who = somebody("Found");
  const { enquiryId, reference } = await answered(who);
  await listed(who);
  const [year, month, day] = today().split("-");
  const search = async (fields, shown) => {
    await page.goto(`${usher.url}/search`);
    if (fields.court) await page.locator("#court").selectOption(fields.court);
    for (const [field, value] of Object.entries(fields)) if (field !== "court") await page.locator(`#${field}`).fill(value);
    await press(page, "Search");
    await page.getByRole("status").waitFor();
    assert.equal(new URL(page.url()).search, "", "what was looked for is in no address");
    await look(`search by ${shown}`);
    return {
      enquiry: await main(page).locator(`a[href="/enquiries/${enquiryId}"]`).count(),
      cases: await main(page).getByRole("link", { name: `Kim ${who.family}` }).count(),
    };
  };
  assert.deepEqual(await search({ reference }, "reference"), { enquiry: 1, cases: 0 });
  assert.deepEqual(await search({ crn: who.crn.toLowerCase() }, "CRN"), { enquiry: 1, cases: 1 });
  const heard = { court: "B01IX", "day-day": day, "day-month": month, "day-year": year };
  assert.deepEqual(await search(heard, "court and day"), { enquiry: 1, cases: 1 });
  assert.deepEqual(await search({ crn: "X999999" }, "what is not there"), { enquiry: 0, cases: 0 });
  await page.goto(`${usher.url}/search`);
  await press(page, "Search");
  await faulted(page, "reference");
  await look("search refused");
});

eachLook("a borough's question is answered", async (page, look) => {
  const { family } = somebody("Question");
  const { enquiryId } = await submit(usher, { family, hearing: tonight() });
  await usher.cli("hackney", "check", "accept", `${enquiryId}/1`);
  await usher.cli("hackney", "check", "ask", `${enquiryId}/1`, "--question", "Which of the two addresses is current?");
  await page.goto(`${usher.url}/enquiries/${enquiryId}`);
  await look("enquiry with a question");
  await follow(page, /^Answer the question of/);
  await showing(page, "Which of the two addresses is current?");
  await look("supply");
  await press(page, "Send answer");
  await faulted(page, "reply");
  await look("supply refused");
  await page.locator("#reply").fill("The second.");
  await press(page, "Send answer");
  await done(page, "Your answer has gone to the borough.");
  await look("enquiry with the reply");
});
