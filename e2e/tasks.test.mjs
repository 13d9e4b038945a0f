// What people do with a check or an enquiry besides the straight way, each from the first page of their role to what came of it,
// with and without scripts; every page on the way is looked at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectAccessible, openPage, picture, signIn } from "./support/page.mjs";
import { browser, stage, usher } from "./support/stage.mjs";
import { lateAtOnce, submit } from "./support/usher.mjs";

stage({ policy: lateAtOnce });

const WAYS = { "with scripts": {}, "without scripts": { script: false } };

// Everybody signs in once for each way and then stays signed in, as people do.
const signedIn = new Map();

/** The page of somebody, at the first page of their role. */
async function visit(account, way) {
  const key = `${account} ${way}`;
  if (!signedIn.has(key)) {
    const page = await openPage(browser, WAYS[way]);
    await signIn(page, usher, account);
    signedIn.set(key, page);
  }
  const page = signedIn.get(key);
  await page.goto(usher.url);
  return page;
}

/** A test of the task with scripts and one without; `look(page, name)` is of that way. */
function task(name, steps) {
  for (const way of Object.keys(WAYS)) {
    test(`${name}: ${way}`, () =>
      steps({
        at: (account) => visit(account, way),
        async look(page, shown) {
          await picture(page, `${shown} ${way}`);
          await expectAccessible(page);
        },
      }));
  }
}

const main = (page) => page.getByRole("main");
const press = (page, name) => main(page).getByRole("button", { name, exact: true }).click();
const follow = (page, name) => main(page).getByRole("link", { name }).first().click();
const row = (page, reference) => main(page).getByRole("row").filter({ hasText: reference });
const followIn = (page, reference, name) => row(page, reference).getByRole("link", { name }).first().click();
const done = (page, notice) => page.getByRole("alert").getByText(notice).waitFor();
const showing = (page, text) => main(page).getByText(text).first().waitFor();
const headed = (page, name) => page.getByRole("heading", { name, level: 1 }).waitFor();

/** Sends a form before it is complete: it comes back with what is missing, and a link to each. */
async function refused(page, button, ...fields) {
  await press(page, button);
  for (const field of fields) {
    await page.getByRole("alert").locator(`a[href="#${field}"]`).waitFor();
    assert.equal(await page.locator(`#${field}`).count(), 1, `the link leads to ${field}`);
  }
  assert.match(await page.title(), /^Error: /);
}

const enquiryOf = ({ enquiryId }) => usher.cli("operator", "enquiry", "show", enquiryId);
const firstCheck = async (sent) => (await enquiryOf(sent)).checks[0];

task("a desk asks back and the officer supplies the answer", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Question" });
  const desk = await at("desk");
  await followIn(desk, sent.reference, "Question");
  await press(desk, "Take it on");
  await desk.waitForURL(/\/accept$/);
  await press(desk, "Take it on");
  await done(desk, "You have taken this check on.");
  await look(desk, "question desk check taken");
  await press(desk, "Ask the officer");
  await look(desk, "question ask");
  await refused(desk, "Send question", "question");
  await look(desk, "question ask refused");
  await desk.locator("#question").fill("Which school does Bea go to?");
  await press(desk, "Send question");
  await showing(desk, "No reply yet.");
  await look(desk, "question desk waits");

  const officer = await at("officer");
  await look(officer, "question hearings");
  await followIn(officer, sent.reference, /Answer the question of/);
  await showing(officer, "Which school does Bea go to?");
  await look(officer, "question supply");
  await refused(officer, "Send answer", "reply");
  await look(officer, "question supply refused");
  await officer.locator("#reply").fill("Gayhurst Primary.");
  await press(officer, "Send answer");
  await done(officer, "Your answer has gone to the borough.");
  await showing(officer, "Gayhurst Primary.");
  await look(officer, "question enquiry");

  const again = await at("desk");
  await followIn(again, sent.reference, "Question");
  await showing(again, "Gayhurst Primary.");
  await look(again, "question desk reply");
});

task("a desk passes on what is not theirs", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Elsewhere" });
  const desk = await at("desk");
  await followIn(desk, sent.reference, "Elsewhere");
  await press(desk, "It is not ours");
  await look(desk, "redirect");
  await refused(desk, "Pass it on", "whose");
  await look(desk, "redirect refused");
  await desk.getByRole("radio").first().check();
  await refused(desk, "Pass it on", "authority");
  assert.ok(await desk.getByRole("radio").first().isChecked(), "what was chosen is kept");
  await desk.locator("#authority").selectOption("E09000007");
  await press(desk, "Pass it on");
  await done(desk, "You have passed the check on.");
  assert.equal(await row(desk, sent.reference).count(), 0, "it has left the queue");
  await look(desk, "redirect queue");

  const officer = await at("officer");
  await followIn(officer, sent.reference, /Elsewhere/);
  await showing(officer, "Passed on to");
  await look(officer, "redirect enquiry");
  const { checks } = await enquiryOf(sent);
  assert.deepEqual(checks.map((check) => check.responderId), ["hackney", "camden"]);
});

task("an officer records what was decided at court", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Decided" });
  const officer = await at("officer");
  await followIn(officer, sent.reference, /Decided/);
  await follow(officer, "Record what was decided without an answer");
  await look(officer, "decide");
  await refused(officer, "Record what was decided", "decision");
  await look(officer, "decide refused");
  await officer.locator('[name=decision][value="proceed_without"]').check();
  await officer.locator("#note").fill("The court would not wait.");
  await refused(officer, "Record what was decided", "name");
  assert.equal(await officer.locator("#note").inputValue(), "The court would not wait.");
  await officer.locator("#name").fill("Sam Senior");
  await officer.locator("#post").fill("SPO");
  await press(officer, "Record what was decided");
  await showing(officer, "Authorised by Sam Senior, SPO");
  await showing(officer, "The court would not wait.");
  await look(officer, "decide enquiry");
});

task("an officer hands an enquiry over to another practitioner", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Handed" });
  const officer = await at("officer");
  await followIn(officer, sent.reference, /Handed/);
  await follow(officer, "Hand over to another practitioner");
  await look(officer, "hand over");
  await officer.locator("#team").fill("Thames");
  await refused(officer, "Hand over", "name");
  await look(officer, "hand over refused");
  assert.equal(await officer.locator("#team").inputValue(), "Thames", "what was typed is kept");
  await officer.locator("#name").fill("Pat Practitioner");
  await press(officer, "Hand over");
  await done(officer, "The enquiry is handed over.");
  await showing(officer, "Pat Practitioner");
  await look(officer, "hand over enquiry");
  await follow(officer, "Hand over to another practitioner");
  await showing(officer, /Held by Pat Practitioner/);
});

task("an operator routes a check that leads nowhere", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Nowhere", postcode: "ZZ99 9ZZ" });
  const operator = await at("operator");
  await operator.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Unroutable" }).click();
  await row(operator, sent.reference).waitFor();
  await look(operator, "reroute list");
  await refused(operator, "Look up", "postcode");
  await operator.locator("#postcode").fill("e8 1ea");
  await press(operator, "Look up");
  await operator.locator("#found").getByText("Hackney (E09000012)").waitFor();
  await look(operator, "reroute looked up");
  await followIn(operator, sent.reference, /Route it/);
  await look(operator, "reroute");
  await refused(operator, "Route check", "authority");
  await look(operator, "reroute refused");
  await operator.locator("#authority").selectOption("E09000012");
  await press(operator, "Route check");
  await done(operator, "The check has been routed, with its deadline as it was.");
  assert.equal(await row(operator, sent.reference).count(), 0, "it is unroutable no more");
  await look(operator, "reroute done");
  const { checks } = await enquiryOf(sent);
  assert.equal(checks.at(-1).responderId, "hackney");
  assert.ok(await row(await at("desk"), sent.reference).count(), "it is in the desk's queue");
});

task("an operator takes an answer over the telephone", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Telephone" });
  const operator = await at("operator");
  await row(operator, sent.reference).first().waitFor();
  await followIn(operator, sent.reference, /Answer by telephone/);
  await look(operator, "phone");
  await operator.locator('[name=disposition][value="known_nothing_relevant"]').check();
  await operator.locator('[name="remark-1-kind"]').selectOption("narrative");
  await operator.locator('[name="remark-1-text"]').fill("Closed last year.");
  await refused(operator, "Continue", "given-name", "number");
  assert.equal(await operator.locator('[name="remark-1-text"]').inputValue(), "Closed last year.");
  await look(operator, "phone refused");
  await operator.locator("#given-name").fill("Wanda Worker");
  await operator.locator("#number").fill("020 7946 0123");
  await press(operator, "Continue");
  await showing(operator, "Given by Wanda Worker, over 020 7946 0123.");
  await look(operator, "phone check");
  assert.deepEqual((await firstCheck(sent)).answers, [], "nothing is recorded yet");
  await press(operator, "Change it");
  assert.equal(await operator.locator("#given-name").inputValue(), "Wanda Worker");
  await press(operator, "Continue");
  await press(operator, "Record answer");
  await operator.waitForURL(`${usher.url}/board`);
  await look(operator, "phone done");
  const [answer] = (await firstCheck(sent)).answers;
  assert.equal(answer.byPhone.number, "020 7946 0123");
  assert.equal(answer.byPhone.givenBy.name, "Wanda Worker");

  const officer = await at("officer");
  await followIn(officer, sent.reference, /^Sam Telephone/);
  await showing(officer, "Closed last year.");
  await look(officer, "phone enquiry");
});

task("a check is closed by two operators", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Twice" });
  const one = await at("operator");
  await followIn(one, sent.reference, /Close it/);
  await showing(one, "Another person must confirm it where you choose: another reason.");
  await look(one, "close");
  await one.locator('[name=reason][value="other"]').check();
  await refused(one, "Close this check", "note");
  await look(one, "close refused");
  await one.locator("#note").fill("Moved abroad");
  await press(one, "Close this check");
  await done(one, "You have proposed to close the check. Another person must confirm it");
  await showing(one, "Closing proposed by");
  await look(one, "close proposed");
  assert.equal((await firstCheck(sent)).state, "CHECK_STATE_WAITING", "one is not enough");
  await follow(one, /Close this check/);
  await showing(one, "You proposed this: another person must confirm it.");
  await look(one, "close proposed again");

  const second = await at("second");
  await row(second, sent.reference).getByText(/Closing proposed by Otis Operator/).first().waitFor();
  await look(second, "close board");
  await followIn(second, sent.reference, /Close it/);
  await showing(second, "Moved abroad");
  await look(second, "close confirm");
  assert.ok(await second.locator('[name=reason][value="other"]').isChecked(), "the proposed reason is chosen");
  await press(second, "Confirm and close this check");
  await done(second, "The check is closed.");
  await look(second, "close done");
  assert.equal((await firstCheck(sent)).state, "CHECK_STATE_CLOSED");
});

task("an operator looks after an alert, with a note", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Noted" });
  const operator = await at("operator");
  await followIn(operator, sent.reference, /Look after it/);
  await look(operator, "acknowledge");
  await operator.locator("#note").fill("x".repeat(4001));
  await refused(operator, "Look after it", "note");
  await look(operator, "acknowledge refused");
  await operator.locator("#note").fill("Rang the duty desk.");
  await press(operator, "Look after it");
  await done(operator, "You are looking after this alert.");
  await row(operator, sent.reference).getByText(/Otis Operator, until/).first().waitFor();
  assert.equal(await operator.getByText("Rang the duty desk.").count(), 0, "notes do not stand on the wall");
  await look(operator, "acknowledge board");
  const second = await at("second");
  await followIn(second, sent.reference, /What was said/);
  await showing(second, "Rang the duty desk.");
  await look(second, "acknowledge said");
});

task("a manager follows a line of a report to what is behind it", async ({ at, look }) => {
  const sent = await submit(usher, { family: "Behind" });
  const manager = await at("manager");
  await look(manager, "drill outstanding");
  await manager.getByRole("navigation", { name: "Menu" }).getByRole("link", { name: "Reports" }).click();
  await headed(manager, "Reports");
  await follow(manager, "Outstanding");
  await look(manager, "drill report");
  await manager.locator("#by").selectOption("borough");
  for (const [end, part] of Object.entries(around())) for (const [name, value] of Object.entries(part)) await manager.locator(`#${end}-${name}`).fill(value);
  await press(manager, "Count");
  await look(manager, "drill by borough");
  await follow(manager, /Hackney.*: what was counted/);
  await headed(manager, "Outstanding: what was counted");
  await row(manager, sent.reference).waitFor();
  await look(manager, "drill counted");
  await follow(manager, "What is open in this line now");
  await showing(manager, /Only borough .*Hackney/);
  // What is counted over many records is counted anew after a moment at the latest.
  for (let count = 0; count < 30 && !(await main(manager).getByRole("link", { name: sent.reference, includeHidden: true }).count()); count += 1) {
    await manager.waitForTimeout(1000);
    await manager.reload();
  }
  const open = manager.locator("details").filter({ hasText: sent.reference });
  await open.locator("summary").click();
  await look(manager, "drill open work");
  await open.getByRole("link", { name: sent.reference }).click();
  await headed(manager, `Enquiry ${sent.reference}`);
  await look(manager, "drill enquiry");
});

/** The days from yesterday to tomorrow: the hearing is on one of them, also about midnight. */
function around() {
  const parts = (days) => {
    const moment = new Date(Date.now() + days * 24 * 3_600_000);
    const [year, month, day] = moment.toLocaleDateString("sv-SE", { timeZone: "Europe/London" }).split("-");
    return { day, month, year };
  };
  return { from: parts(-1), to: parts(1) };
}
