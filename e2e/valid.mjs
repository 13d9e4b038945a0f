// Looks with the W3C's checker at the HTML of every page that the tests saw.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import vnu from "vnu-jar";

const pages = new URL("out/pages/", import.meta.url).pathname;
const count = existsSync(pages) ? readdirSync(pages).length : 0;
if (count === 0) throw new Error("no page was kept: run the tests first");
const { status } = spawnSync("java", ["-jar", String(vnu), "--skip-non-html", "--errors-only", pages], { stdio: "inherit", timeout: 300_000 });
console.log(`${count} pages: ${status === 0 ? "valid" : "not valid"}`);
process.exit(status ?? 1);
