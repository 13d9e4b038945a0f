// Every component that pages use, under the stylesheets of a build with npm and of one without.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { builtAssets, startLook } from "./support/look.mjs";
import { expectAccessible, expectNarrow, openPage, picture, startBrowser } from "./support/page.mjs";

const components = await readFile(new URL("components.html", import.meta.url), "utf8");
let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

for (const look of ["govuk-frontend", "builtin"]) {
  test(`components are accessible and narrow: ${look}`, { skip: look !== "builtin" && !builtAssets() && "built without npm" }, async (t) => {
    const server = await startLook(look);
    t.after(() => server.stop());
    server.page("/components", "Components", components);
    for (const [script, width] of [[true, 1280], [false, 1280], [true, 320], [false, 320]]) {
      const page = await openPage(browser, { script, width });
      const complaints = [];
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("requestfailed", (request) => complaints.push(request.url()));
      await page.goto(`${server.url}/components`);
      await picture(page, `components-${look}-${script ? "script" : "plain"}-${width}`);
      await expectAccessible(page);
      await expectNarrow(page);
      // A narrow page has no tabs.
      if (script && width > 640 && look !== "builtin") assert.equal(await page.locator(".govuk-tabs__panel:visible").count(), 1, "govuk-frontend runs");
      assert.deepEqual(complaints, []);
      await page.context().close();
    }
  });
}
