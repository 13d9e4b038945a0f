// A small server of assets and of pages made by a test, under the console's content security policy.
import { once } from "node:events";
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const TYPES = { ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const BUILTIN = { styles: ["fallback.css", "app.css"], scripts: ["app.js"] };
const GOVUK = { styles: ["govuk-frontend.min.css", "moj-frontend.min.css", "app.css"], scripts: ["app.js", "components.js"] };

/** What the last build took from npm, beside the program that is tested; nothing where it had none. */
export function builtAssets() {
  const build = join(dirname(process.env.USHER_BIN ?? join(root, "target/debug/usher")), "build");
  const found = existsSync(build) ? readdirSync(build) : [];
  const folders = found.filter((name) => name.startsWith("usher-")).map((name) => join(build, name, "out/assets"));
  const fitting = folders.filter((folder) => existsSync(join(folder, "components.js")));
  return fitting.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0];
}

/** Serves with the look "govuk-frontend" or "builtin". `page(title, html)` is a whole page; `on(path, handler)` adds to what is there. */
export async function startLook(look) {
  const { styles, scripts } = look === "builtin" ? BUILTIN : GOVUK;
  const handlers = new Map();
  const server = createServer(async (req, res) => {
    const { pathname } = new URL(req.url, "http://localhost");
    const handler = handlers.get(pathname);
    if (handler) return handler(req, res);
    const name = pathname.split("/").at(-1);
    const folders = [...(look === "builtin" ? [] : [builtAssets()]), join(root, "web")];
    const file = pathname.startsWith("/assets/") && folders.map((folder) => join(folder, name)).findLast(existsSync);
    res.writeHead(file ? 200 : 404, { "content-type": TYPES[extname(name)] ?? "text/plain" });
    res.end(file ? await readFile(file) : "");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    on: (path, handler) => handlers.set(path, handler),
    page(path, title, html) {
      const head = [
        ...styles.map((name) => `<link rel="stylesheet" href="/assets/0/${name}">`),
        ...scripts.map((name) => `<script type="module" src="/assets/0/${name}"></script>`),
      ];
      const text = `<!DOCTYPE html>
<html lang="en" class="govuk-template"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/assets/0/favicon.svg" type="image/svg+xml">
${head.join("\n")}</head><body class="govuk-template__body">${html}</body></html>`;
      handlers.set(path, (_, res) => {
        res.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY });
        res.end(text);
      });
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
