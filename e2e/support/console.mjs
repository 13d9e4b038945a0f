// The whole of it for a file of tests: a broker with its console, an identity provider, and people of every role.
import { startIdentity } from "./identity.mjs";
import { consoleOf, prepare, startUsher } from "./usher.mjs";

const person = (name, ...groups) => ({ name, email: `${name.split(" ")[0].toLowerCase()}@example.org`, groups });

/** Invented people, by the names of their accounts. */
export const PEOPLE = {
  officer: person("Olive Officer", "officers"),
  colleague: person("Cole Colleague", "officers"),
  manager: person("Mo Manager", "managers"),
  desk: person("Dee Desk", "hackney"),
  operator: person("Otis Operator", "operators"),
  second: person("Sona Second", "operators"),
  inspector: person("Ines Inspector", "inspectors"),
  both: person("Bo Both", "officers", "managers"),
  nobody: person("Noor Nobody", "elsewhere"),
};
const GROUPS = [
  { group: "officers", role: "officer", courts: ["*"] },
  { group: "managers", role: "manager", courts: ["*"] },
  { group: "hackney", role: "adapter", responders: ["hackney"] },
  { group: "operators", role: "operator", courts: ["*"] },
  { group: "inspectors", role: "inspector", courts: ["*"] },
];

/** Starts all of it; `policy` as for startUsher, `settings` are more of [console]. Stop it with `stop()`. */
export async function startConsole({ policy, settings } = {}) {
  const prepared = await prepare();
  const identity = await startIdentity({ prepared, accounts: PEOPLE });
  try {
    const usher = await startUsher({ prepared, policy, console: consoleOf(identity, GROUPS, settings) });
    identity.admit(usher.url);
    return {
      ...usher,
      identity,
      prepared,
      async stop() {
        await identity.stop();
        await usher.stop();
      },
    };
  } catch (error) {
    await identity.stop();
    throw error;
  }
}
