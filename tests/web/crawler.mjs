// A link scanner: it opens every link of a mail and of every page, by GET and by HEAD, five times, and nothing changes (rule
// get_never_writes). What would have changed is seen in the logical export of the whole store.

import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const ROUNDS = 5;
const PAGES_MAX = 2_000;
// A backup is one gzip stream, and behind it its SHA-256. In the stream a mark, a form and a byte for no key, then records by their tags
// with the lengths of what they hold (src/store/sled/record/stream.rs).
const HASH_BYTES = 32;
const HEAD_BYTES = 'pressroom backup\n'.length + 2;
const [ROW, GONE, BLOB, END] = [1, 2, 3, 9];
// The first byte of a key is its kind (src/store/sled/key.rs).
const AUDIT = '50';
const AUDIT_COUNTER = Buffer.from('\x01audit\0').toString('hex');

/** The logical export of the whole store, row by row, each value by its checksum. */
export async function rowsOf(stage) {
  const file = join(stage.scratch, 'whole.backup');
  await rm(file, { force: true });
  await stage.ask('backup', file, '--without-key');
  const stream = gunzipSync((await readFile(file)).subarray(0, -HASH_BYTES));
  const rows = new Map();
  let at = HEAD_BYTES;
  const number = () => stream.readUInt32BE((at += 4) - 4);
  const take = (length) => stream.subarray(at, (at += length));
  for (;;) {
    const tag = stream[at];
    at += 1;
    if (tag === END) return rows;
    if (tag === ROW) {
      const lengths = [number(), number()];
      const [key, value] = lengths.map(take);
      rows.set(key.toString('hex'), hash(value));
    } else if (tag === GONE) {
      rows.delete(take(number()).toString('hex'));
    } else if (tag === BLOB) {
      const blob = hash(take(number()));
      rows.set(`blob ${blob}`, blob);
    } else {
      throw new Error(`a backup has a record of kind ${tag}`);
    }
  }
}

const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * What differs between two exports, the later of which was the next act but for what is asked about. Each backup begins with its own line
 * of the audit: so one line is new, the count of lines is another, and nothing else of the audit may differ either.
 */
export function differences(before, after) {
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
  const own = changed.filter((key) => key.startsWith(AUDIT) && !before.has(key));
  if (own.length !== 1 || !changed.includes(AUDIT_COUNTER)) return [`${own.length} new lines of the audit, wanted the backup's own`, ...changed];
  return changed.filter((key) => key !== own[0] && key !== AUDIT_COUNTER).map((key) => key.slice(0, 40));
}

/** The links of a page that stay on the site, and whether each is a form's goal. */
function linksOf(address, html) {
  const found = [...html.matchAll(/(href|src|action)="([^"#]*)/g)];
  const links = found.map(([, attribute, link]) => ({ link: new URL(link.replaceAll('&amp;', '&'), address), isGoal: attribute === 'action' }));
  return links.filter(({ link }) => link.origin === new URL(address).origin).map(({ link, isGoal }) => ({ link: link.href, isGoal }));
}

/** Opens everything that can be reached from some links. Gives the addresses of the pages, and how often each answer came. */
export async function crawl(starts, findings) {
  const waiting = [...starts];
  const seen = new Set(waiting);
  const goals = new Set();
  const pages = [];
  while (waiting.length > 0 && seen.size < PAGES_MAX) {
    const address = waiting.shift();
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await fetch(address, { method, redirect: 'manual', signal: AbortSignal.timeout(20_000) });
        const body = await answer.text();
        // A form's goal may take nothing but a POST, and says so.
        if (answer.status !== 200 && !(goals.has(address) && answer.status === 405)) findings.push(`${method} ${address}: ${answer.status}`);
        if (answer.headers.has('set-cookie')) findings.push(`${method} ${address} sets a cookie`);
        if (method === 'HEAD' || round > 0 || answer.status !== 200 || !answer.headers.get('content-type')?.startsWith('text/html')) continue;
        pages.push(address);
        for (const { link, isGoal } of linksOf(address, body)) {
          if (seen.has(link)) continue;
          if (isGoal) goals.add(link);
          seen.add(link);
          waiting.push(link);
        }
      }
    }
  }
  if (seen.size >= PAGES_MAX) findings.push(`the crawler found more than ${PAGES_MAX} addresses: where do they come from?`);
  return pages;
}
