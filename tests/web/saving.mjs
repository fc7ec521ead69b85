// The script of the form of a piece, alone, with a form, a clock and a server that the test plays: what it does when saving fails.
// Usage: node saving.mjs

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const source = await readFile(join(here, '../../src/web/room.js'), 'utf8');

/**
 * A page with the form, whose server answers with these statuses in turn, and after them as the real one does: it keeps what is new and of
 * its version, knows again what it has, and refuses the rest. 0: nobody answers; 'lost': it is kept, and nobody hears of it.
 */
function page(statuses) {
  const [timers, heard, sent] = [new Map(), new Map(), []];
  let [now, number] = [0, 0];
  const on = (what, act) => heard.set(what, [...(heard.get(what) ?? []), act]);
  const saved = { textContent: '' };
  const version = { value: '1' };
  const kept = { version: 1, text: '' };
  const form = {
    text: '',
    action: '/draft',
    dataset: { saving: 'saving', saved: 'saved', unsaved: 'unsaved', retrying: 'retrying', signedOut: 'signed out' },
    querySelectorAll: () => [],
    elements: { namedItem: () => null },
    addEventListener: on,
    submits: 0,
    requestSubmit: () => { form.submits += 1; },
  };
  const document = {
    getElementById: (id) => ({ piece: form, saved })[id] ?? null,
    querySelector: () => null,
    querySelectorAll: () => [version],
  };
  const setTimeout = (act, wait) => timers.set((number += 1), { act, at: now + wait }) && number;
  const fetch = async (_, { body }) => {
    sent.push(now);
    const played = statuses.shift() ?? 200;
    if (played === 0) throw new TypeError('nobody answers');
    if (played !== 200 && played !== 'lost') return { status: played, redirected: false };
    const [text, isOurs] = [body.get('text'), Number(body.get('version')) === kept.version];
    if (text !== kept.text && !isOurs) return { status: 409, redirected: false };
    if (text !== kept.text) Object.assign(kept, { version: kept.version + 1, text });
    if (played === 'lost') throw new TypeError('the answer was lost');
    return { status: 200, redirected: false, json: async () => ({ version: kept.version, counts: {} }) };
  };
  const scope = { document, setTimeout, clearTimeout: (id) => timers.delete(id), fetch, window: { addEventListener: on }, URLSearchParams, FormData: class { *[Symbol.iterator]() { yield ['version', String(version.value)]; yield ['text', form.text]; } } };
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
    const event = { target: { type: 'text' }, submitter: null, isHeld: false, preventDefault: () => { event.isHeld = true; } };
    for (const act of heard.get(what) ?? []) act(event);
    await settle();
    return event;
  };
  const type = (more = 'x') => { form.text += more; return hear('input'); };
  return { saved, version, kept, form, sent, pass, type, hear };
}

async function isSavedAgainAfterAFailure() {
  const room = page([0, 503, 500]);
  await room.type();
  await room.pass(2);
  assert.equal(room.saved.textContent, 'retrying');
  await room.pass(60);
  assert.deepEqual(room.sent, [2000, 7000, 17000, 37000], 'each wait is twice the one before');
  assert.equal(room.saved.textContent, 'saved');
  assert.deepEqual([room.version.value, room.kept.text], [2, 'x']);
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
  for (const [status, told] of [[403, 'signed out'], [413, 'unsaved'], [422, 'unsaved']]) {
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

async function whatSomebodyElseSavedIsNotWrittenOver() {
  const room = page([]);
  Object.assign(room.kept, { version: 2, text: 'of somebody else' });
  await room.type();
  await room.pass(3600);
  assert.equal(room.sent.length, 1);
  await room.type();
  await room.pass(3600);
  assert.deepEqual([room.saved.textContent, room.kept.text], ['unsaved', 'of somebody else'], 'a person has to look');
}

async function aSaveWhoseAnswerWasLostIsNoConflict() {
  for (const statuses of [['lost'], ['lost', 0, 'lost']]) {
    const room = page([...statuses]);
    await room.type('one');
    await room.pass(3);
    assert.deepEqual([room.saved.textContent, room.kept.text], ['retrying', 'one']);
    await room.type(' two');
    await room.pass(120);
    assert.deepEqual([room.saved.textContent, room.kept.text, room.version.value], ['saved', 'one two', 3]);
  }
}

async function theButtonWaitsForASaveThatWasNotAnswered() {
  const room = page(['lost']);
  await room.type('one');
  await room.pass(3);
  await room.type(' two');
  const pressed = await room.hear('submit');
  assert.ok(pressed.isHeld, 'what became of the last save is found out first');
  assert.equal(room.version.value, 2, 'so that the form is sent with the version that there is');
  assert.ok((await room.hear('submit')).isHeld, 'a second press goes with the first');
  await room.pass(1);
  assert.equal(room.form.submits, 1, 'one form is sent for both');
  assert.ok(!(await room.hear('submit')).isHeld);
  const nobody = page(['lost', 0, 0, 0, 0]);
  await nobody.type('one');
  await nobody.pass(3);
  assert.ok((await nobody.hear('submit')).isHeld);
  await nobody.pass(1);
  assert.ok(!(await nobody.hear('submit')).isHeld, 'once: then the browser shows what is wrong');
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

for (const test of [
  isSavedAgainAfterAFailure, triesHaveAnEnd, whatIsRefusedWaitsForAPerson, whatSomebodyElseSavedIsNotWrittenOver, aSaveWhoseAnswerWasLostIsNoConflict,
  theButtonWaitsForASaveThatWasNotAnswered, typingDoesNotHurryAServerInTrouble,
]) await test();
console.log('the script saves again what was not saved');
