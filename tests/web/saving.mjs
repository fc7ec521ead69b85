// The script of the form of a piece, alone, with a form, a clock and a server that the test plays: what it does when saving fails.
// Usage: node saving.mjs

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const source = await readFile(join(here, '../../src/web/room.js'), 'utf8');

/** A page with the form, whose server answers with these statuses in turn, and with 200 after them; 0: nobody answers. */
function page(statuses) {
  const [timers, heard, sent] = [new Map(), new Map(), []];
  let [now, number] = [0, 0];
  const on = (what, act) => heard.set(what, [...(heard.get(what) ?? []), act]);
  const saved = { textContent: '' };
  const version = { value: '1' };
  const form = {
    action: '/draft',
    dataset: { saving: 'saving', saved: 'saved', unsaved: 'unsaved', retrying: 'retrying', signedOut: 'signed out' },
    querySelectorAll: () => [],
    elements: { namedItem: () => null },
    addEventListener: on,
    requestSubmit: () => {},
  };
  const document = {
    getElementById: (id) => ({ piece: form, saved })[id] ?? null,
    querySelector: () => null,
    querySelectorAll: () => [version],
  };
  const setTimeout = (act, wait) => timers.set((number += 1), { act, at: now + wait }) && number;
  const fetch = async () => {
    sent.push(now);
    const status = statuses.shift() ?? 200;
    if (status === 0) throw new TypeError('nobody answers');
    return { status, redirected: false, json: async () => ({ version: 7, counts: {} }) };
  };
  const scope = { document, setTimeout, clearTimeout: (id) => timers.delete(id), fetch, window: { addEventListener: on }, URLSearchParams, FormData: class { *[Symbol.iterator]() {} } };
  vm.runInNewContext(source, scope);
  const settle = async () => { for (let turn = 0; turn < 20; turn += 1) await null; };
  /** Lets so many seconds go by, with all that falls due in them. */
  const pass = async (seconds) => {
    const until = now + seconds * 1000;
    for (;;) {
      await settle();
      const [next] = [...timers].filter(([, one]) => one.at <= until).sort(([, one], [, other]) => one.at - other.at);
      if (!next) break;
      timers.delete(next[0]);
      now = next[1].at;
      next[1].act();
    }
    now = until;
  };
  const hear = async (what) => {
    for (const act of heard.get(what) ?? []) act({ target: { type: 'text' } });
    await settle();
  };
  return { saved, version, sent, pass, type: () => hear('input'), hear };
}

async function isSavedAgainAfterAFailure() {
  const room = page([0, 503, 500]);
  await room.type();
  await room.pass(2);
  assert.equal(room.saved.textContent, 'retrying');
  await room.pass(60);
  assert.deepEqual(room.sent, [2000, 7000, 17000, 37000], 'each wait is twice the one before');
  assert.equal(room.saved.textContent, 'saved');
  assert.equal(room.version.value, 7);
  await room.pass(600);
  assert.equal(room.sent.length, 4, 'what is saved is not saved again');
}

async function triesHaveAnEnd() {
  const room = page(Array(100).fill(503));
  await room.type();
  await room.pass(24 * 3600);
  assert.equal(room.sent.length, 20);
  assert.ok(room.sent.every((at, index) => index === 0 || at - room.sent[index - 1] <= 120_000));
  assert.equal(room.saved.textContent, 'unsaved');
  await room.type();
  await room.pass(4);
  assert.equal(room.sent.length, 21, 'who types on is saved again');
}

async function whatIsRefusedWaitsForAPerson() {
  for (const [status, told] of [[403, 'signed out'], [409, 'unsaved'], [413, 'unsaved'], [422, 'unsaved']]) {
    const room = page([status]);
    await room.type();
    await room.pass(3600);
    assert.equal(room.sent.length, 1, `${status} is not asked again`);
    assert.equal(room.saved.textContent, told);
    await room.type();
    await room.pass(10);
    assert.equal(room.saved.textContent, 'saved', `${status}: typing on tries again`);
  }
}

async function typingDoesNotHurryAServerInTrouble() {
  const room = page(Array(3).fill(503));
  await room.type();
  await room.pass(2);
  for (let key = 0; key < 4; key += 1) {
    await room.type();
    await room.hear('focusout');
    await room.pass(1);
  }
  assert.equal(room.sent.length, 1);
  await room.hear('online');
  assert.equal(room.sent.length, 2, 'but the line coming back does');
}

for (const test of [isSavedAgainAfterAFailure, triesHaveAnEnd, whatIsRefusedWaitsForAPerson, typingDoesNotHurryAServerInTrouble]) await test();
console.log('the script saves again what was not saved');
