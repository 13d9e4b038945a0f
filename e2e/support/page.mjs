// Pages in Debian's Chromium, and what is asked of each: accessible, valid, no wider than a phone.
import { AxeBuilder } from "@axe-core/playwright";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";

const root = new URL("../..", import.meta.url).pathname;
const out = join(root, "e2e/out");
const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** A browser for a file of tests; close it with `close()`. */
export function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? CHROMIUM.find(existsSync);
  return chromium.launch({ executablePath, headless: true, args: ARGUMENTS });
}

/**
 * A page of a person's own, with cookies of its own. look "builtin" puts the stylesheet of a build without npm in the place of
 * the others. Close it with `page.context().close()`.
 */
export async function openPage(browser, { script = true, width = 1280, height = 900, look = "govuk-frontend" } = {}) {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width, height },
    locale: "en-GB",
    timezoneId: "Europe/London",
    reducedMotion: "reduce",
  });
  if (look === "builtin") await wearBuiltin(context);
  // Not `javaScriptEnabled: false`: axe could not look at such a page. The policy of pages allows no script but those in files.
  if (!script) await context.route(isScript, (route) => route.fulfill({ body: "", contentType: "text/javascript" }));
  const page = await context.newPage();
  page.on("response", keepSource);
  return page;
}

const isScript = (url) => url.pathname.endsWith(".js");

async function wearBuiltin(context) {
  const fallback = await readFile(join(root, "web/fallback.css"), "utf8");
  await context.route("**/assets/*/govuk-frontend.min.css", (route) => route.fulfill({ body: fallback, contentType: "text/css" }));
  await context.route("**/assets/*/moj-frontend.min.css", (route) => route.fulfill({ body: "", contentType: "text/css" }));
  await context.route("**/assets/*/components.js", (route) => route.fulfill({ body: "", contentType: "text/javascript" }));
}

/** Signs in through the identity provider as one of its accounts. */
export async function signIn(page, usher, account) {
  await page.goto(`${usher.url}/sign-in`);
  await page.getByRole("button", { name: "Continue to sign in" }).click();
  await page.locator(`button[value="${account}"]`).click();
  await page.waitForURL((url) => url.origin === usher.url);
}

/** Fails with all that axe finds against WCAG 2.2 AA and its own best practice. */
export async function expectAccessible(page) {
  await styled(page);
  // Legacy mode looks into no frame of another origin; these pages have no frames, and without it each look opens a page more.
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().withTags(RULES).analyze();
  const found = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}\n    ${node.html}\n    ${node.any.concat(node.all, node.none).map((check) => check.message).join("; ")}`));
  assert.equal(found.length, 0, `${page.url()} is not accessible:\n${found.join("\n")}`);
}

// On a busy machine a page may stand before its stylesheets.
async function styled(page) {
  const hasSheets = () => [...document.querySelectorAll('link[rel="stylesheet"]')].every((link) => link.sheet);
  for (let look = 0; look < 50 && !(await page.evaluate(hasSheets)); look += 1) await new Promise((soon) => setTimeout(soon, 100));
}

/** Fails when the page has to be moved sideways. */
export async function expectNarrow(page) {
  const { scrollWidth, clientWidth, wide } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const all = [...document.querySelectorAll("body *")];
    const wide = all.filter((element) => element.getBoundingClientRect().right > clientWidth + 1).map((element) => element.className || element.tagName);
    return { scrollWidth, clientWidth, wide: wide.slice(0, 8) };
  });
  assert.ok(scrollWidth <= clientWidth, `${page.url()} is ${scrollWidth} wide on ${clientWidth}: ${wide.join(", ")}`);
}

/** Keeps a picture in e2e/out/pictures, where somebody asked for them: USHER_PICTURES=1. */
export async function picture(page, name) {
  if (!process.env.USHER_PICTURES) return;
  await page.screenshot({ path: join(out, "pictures", `${name}.png`), fullPage: true });
}

// Keeps every page as it was served; e2e/valid.mjs looks at them all.
async function keepSource(response) {
  if (!(response.headers()["content-type"] ?? "").startsWith("text/html") || response.request().isNavigationRequest() === false) return;
  const source = await response.text().catch(() => ""); // of a redirect there is none
  if (!source) return;
  const digest = createHash("sha256").update(source).digest("hex").slice(0, 12);
  const { pathname } = new URL(response.url());
  const file = join(out, "pages", `${pathname.replaceAll(/[^a-z0-9]+/gi, "_").slice(0, 80)}.${digest}.html`);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, source);
}
