// What somebody typed and cannot be taken: after their session has ended, beside what somebody else wrote meanwhile, and with a fault in it.
// And an issue that is stopped, let go on and corrected in its room.

import { enter, press, says, status } from './partners.mjs';

const EDITOR = 'editor@lantern.example.org';
const WRITER = 'rural@rural.example.org';
const ISSUE = '2027-02-partners';

export async function typedAndNotTaken(stage, visitor, seen) {
  for (const language of ['en', 'es']) {
    const options = { javaScriptEnabled: false, locale: language, site: stage.site };
    const [partner, staff] = [await visitor(options), await visitor(options)];
    const look = (page, name) => seen(page, `${name} (${language})`, language);
    await comesBackToItsWriter(stage, { context: partner.context, page: partner.page, look, language });
    await comesBackToStaff(stage, { page: staff.page, look });
    for (const { context } of [partner, staff]) await context.close();
  }
}

async function comesBackToItsWriter(stage, { context, page, look, language }) {
  await enter(stage, page, WRITER);
  await page.goto(`${stage.site}/partner/features/new`);
  await page.fill('#title', `Buses after four, told in ${language}`);
  await press(page, 'main form:has(#title) button[type=submit]');
  const form = page.url();

  // The session ends while somebody types.
  await page.fill('#summary', 'Typed when the session had ended.');
  await context.clearCookies();
  status(await press(page, '#piece button:not([name]):not([formaction])'), 403, 'a form after its session');
  await look(page, 'typed after the session');
  const other = await context.newPage();
  await enter(stage, other, WRITER);
  status(await press(page, 'main form button'), 403, 'the form of an older session');
  await says(page, 'example-rural-schools', 'in whose name it goes');
  await look(page, 'typed in an older session');
  status(await press(page, 'main form button'), 200, 'sent once more');
  const kept = await page.inputValue('#summary');
  if (kept !== 'Typed when the session had ended.') throw new Error(`a form sent once more kept “${kept}”`);

  // Two windows: what the other one says stands beside.
  await other.goto(form);
  await other.fill('#summary', 'Written in the other window.');
  status(await press(other, '#piece button:not([name]):not([formaction])'), 200, 'the other window saves');
  await page.fill('#summary', 'Written in this window.');
  status(await press(page, '#piece button:not([name]):not([formaction])'), 409, 'this window is late');
  const goes = (await page.locator('main del').allInnerTexts()).join(' ');
  if (!goes.includes('other')) throw new Error(`beside what was typed stands “${goes}”`);
  await look(page, 'typed beside what stands now');
  status(await press(page, '#piece button:not([name]):not([formaction])'), 200, 'put in its place');
  await press(page, 'main form[action$="/drop"] button');
}

async function comesBackToStaff(stage, { page, look }) {
  await enter(stage, page, EDITOR);
  await page.goto(`${stage.site}/desk/issues/${ISSUE}`);
  await look(page, 'an issue that went out');
  await page.fill('#note', 'The meeting is on\u202e Friday.');
  // Chromium gives a click that follows its own scrolling to the frame that was there before.
  const [answer] = await Promise.all([page.waitForNavigation(), page.press('#note', 'Enter')]);
  status(answer, 422, 'a correction with a hidden character');
  await look(page, 'typed and not taken');
  await says(page, 'U+202E', 'which character it is');
}
