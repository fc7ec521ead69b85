// Signed mails before mailauth: all signatures of each file hold, in the name of its From domain, and DMARC passes; or, where the file's
// name begins with fail-, none holds.
//
//     node signatures.mjs RECORDS FILE...
//
// RECORDS is a folder of what `pressroom dkim keygen --json` has printed.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createRequire } from "node:module";

// Its parts and not the whole: the part for logos (BIMI) asks for a newer node than Debian's.
const require = createRequire(join(process.env.NODE_PATH, "x"));
const { dkimVerify } = require("mailauth/lib/dkim/verify.js");
const { dmarc: judgeByDmarc } = require("mailauth/lib/dmarc/index.js");

const [folder, ...files] = process.argv.slice(2);
const records = new Map();
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
  const record = JSON.parse(readFileSync(join(folder, file), "utf8"));
  records.set(record.name, record.value);
  records.set(`_dmarc.${record.domain}`, "v=DMARC1; p=reject; adkim=s");
}

async function resolver(name, type) {
  const value = type === "TXT" ? records.get(name) : undefined;
  if (!value) throw Object.assign(new Error("no such record"), { code: "ENOTFOUND" });
  return [[value]];
}

let failed = 0;
for (const file of files) {
  const message = readFileSync(file);
  const dkim = await dkimVerify(message, { resolver, sender: "b@bounces.example.net" });
  const passing = dkim.results.filter((result) => result.status.result === "pass");
  const dkimDomains = passing.map((result) => ({ id: result.id, domain: result.signingDomain, aligned: result.status.aligned }));
  const dmarc = await judgeByDmarc({ headerFrom: dkim.headerFrom, spfDomains: [], dkimDomains, resolver });
  const found = dkim.results.map((result) => `${result.signingDomain ?? "?"} ${result.algo ?? "?"} ${result.status.result} aligned=${result.status.aligned}`);
  const holds = dkim.results.map((result) => result.status.result === "pass" && Boolean(result.status.aligned));
  const expected = !basename(file).startsWith("fail-");
  const judgedByDmarc = dmarc && (dmarc.status.result === "pass") === expected;
  // A second From makes a mail that DMARC does not judge at all.
  if (holds.length === 0 || holds.some((one) => one !== expected) || (expected && !judgedByDmarc)) {
    failed += 1;
    console.log(`${file}: ${found.join(", ")} dmarc=${dmarc && dmarc.status.result}`);
  }
}
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : files.length ? 0 : 2);
