// What a file of tests plays on: a browser and a whole console, there before its first test and gone after its last.
import { after, before } from "node:test";
import { startConsole } from "./console.mjs";
import { openPage, signIn, startBrowser } from "./page.mjs";

export let browser, usher;

/** Sets it up; `options` as for startConsole. */
export function stage(options) {
  before(async () => {
    browser = await startBrowser();
    usher = await startConsole(options);
  });
  after(async () => {
    await browser?.close();
    await usher?.stop();
  });
}

/** A page of a person's own, closed at the end of the test; signed in as `account`, where one is given. `options` as for openPage. */
export async function visit(t, account, options) {
  const page = await openPage(browser, options);
  t.after(() => page.context().close());
  if (account) await signIn(page, usher, account);
  return page;
}
