// A real identity provider on loopback: OpenID Connect by oidc-provider, with PKCE and back-channel logout.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:https";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import Provider from "oidc-provider";

const CLIENT_ID = "usher";

/**
 * Starts a provider with accounts such as { alex: { name: "Alex Officer", email, groups: ["court"] } }.
 * It is reached under 127.0.0.1 and usher under localhost: two sites, as they are in use.
 * `settings` is what [console.oidc] needs. Call `admit(url)` once the console's address is known.
 */
export async function startIdentity({ prepared, accounts }) {
  const secret = randomBytes(24).toString("hex");
  const secretFile = join(prepared.folder, "console.secret");
  await writeFile(secretFile, secret, { mode: 0o600 });
  let provider;
  const server = createServer(prepared, (req, res) => answer(provider, accounts, req, res));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `https://127.0.0.1:${server.address().port}`;
  return {
    issuer,
    settings: { issuer, client_id: CLIENT_ID, client_secret_file: secretFile, ca: "tls/ca.pem" },
    /** Takes the console at this address as its client. */
    admit(url) {
      provider = new Provider(issuer, configuration({ url, secret, accounts, ca: prepared.ca }));
    },
    /** Signs the person of this page out at the provider, which tells usher. */
    async signOut(page) {
      await page.goto(`${issuer}/session/end`);
      await page.getByRole("button", { name: "Yes, sign me out" }).click();
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function configuration({ url, secret, accounts, ca }) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "test", use: "sig", alg: "RS256" }] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: secret,
        redirect_uris: [`${url}/sign-in/callback`],
        post_logout_redirect_uris: [`${url}/sign-out`],
        backchannel_logout_uri: `${url}/sign-out/back-channel`,
        backchannel_logout_session_required: true,
      },
    ],
    claims: { openid: ["sub"], profile: ["name", "groups"], email: ["email"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
    loadExistingGrant,
    fetch: (to, options) => trusting(ca, to, options),
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 3600 },
  };
}

// Nobody is asked whether usher may know their name.
async function loadExistingGrant({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid profile email");
  await grant.save();
  return grant;
}

// A page with a button for each account, and what comes of pressing one; the rest is the provider's.
async function answer(provider, accounts, req, res) {
  if (!provider || !req.url.startsWith("/interaction/")) return provider ? provider.callback()(req, res) : res.writeHead(503).end();
  if (req.method === "POST") {
    let body = "";
    for await (const chunk of req) body += chunk;
    const accountId = new URLSearchParams(body).get("account");
    return provider.interactionFinished(req, res, { login: { accountId } });
  }
  const buttons = Object.entries(accounts).map(([id, { name }]) => `<p><button name="account" value="${id}">${name}</button></p>`);
  res.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  res.end(`<!DOCTYPE html><html lang="en"><title>Identity provider</title><form method="post">${buttons.join("")}</form></html>`);
}

// What the provider asks of usher, with the authority of the test.
function trusting(ca, to, { method = "GET", headers, body } = {}) {
  return new Promise((resolve, reject) => {
    const call = request(to, { method, ca, headers: Object.fromEntries(new Headers(headers)) }, async (got) => {
      const chunks = [];
      for await (const chunk of got) chunks.push(chunk);
      const empty = [204, 304].includes(got.statusCode);
      resolve(new Response(empty ? null : Buffer.concat(chunks), { status: got.statusCode }));
    });
    call.on("error", reject).end(body && String(body));
  });
}
