// What visitors do, with JavaScript on and off, in each language; and one who has no mouse.

import { keyboard } from './keys.mjs';
import { LANGUAGES } from './look.mjs';

let visits = 0;

/** Every way through the pages. `seen(page, name)` is called at each. */
export async function journeys(stage, visitor, seen) {
  for (const language of LANGUAGES) {
    for (const javaScriptEnabled of [true, false]) {
      const options = { javaScriptEnabled, locale: language, site: stage.site, bypassCSP: false };
      const { context, page } = await visitor(options);
      const look = (name) => seen(page, `${name} (${language}, script ${javaScriptEnabled ? 'on' : 'off'})`, language);
      await readsTheArchive(stage, page, look);
      await signsUp(stage, page, look, language);
      await chooses(stage, page, look);
      await leaves(stage, page, look);
      const cookies = await context.cookies();
      if (cookies.length > 0) throw new Error(`a page set the cookie ${cookies[0].name}`);
      await context.close();
    }
  }
}

const expect = async (page, words, what) => {
  const text = await page.innerText('main');
  if (!words.test(text)) throw new Error(`${what}: ${page.url()} does not say ${words}: ${text.slice(0, 400)}`);
};

async function readsTheArchive(stage, page, look) {
  await page.goto(`${stage.site}/`);
  await look('front page');
  await page.click('main h2 a[href*="partners"]');
  await look('archive');
  await page.fill('input[name=q]', 'coordinators');
  await page.press('input[name=q]', 'Enter');
  await expect(page, /“coordinators”|«coordinators»/, 'a search');
  await look('what a search found');
  await page.fill('input[name=q]', 'zzz');
  await page.click('form[role=search] button');
  await expect(page, /No issue|Ningún número/, 'a search in vain');
  await look('a search in vain');
  await page.goto(`${stage.site}/partners?page=1`);
  await page.click('.list h2 a');
  await expect(page, /begins at four/, 'the correction');
  await look('issue');
  await page.click('.onward a[href*="/partners/2027-02-partners/example-"]');
  await look('full story');
  await page.goto(`${stage.site}/partners`);
  await look('directory');
  await page.selectOption('#state', 'NM');
  await page.click('form[role=search] button');
  await look('what the directory found');
  await page.click('.list h2 a');
  await look('partner');
  await page.goto(`${stage.site}/map`);
  await look('map');
  await page.goto(`${stage.site}/charter`);
  await look('charter');
  await page.click('a.button');
  await look('pledge');
  await page.goto(`${stage.site}/privacy`);
  await look('privacy');
  await page.goto(`${stage.site}/nowhere`);
  await look('nothing there');
  // To the other language and on: the links carry it.
  await page.goto(`${stage.site}/`);
  const other = await page.locator('footer a[hreflang]:not([aria-current])').first();
  const tag = await other.getAttribute('hreflang');
  await other.click();
  await page.click('main h2 a[href*="partners"]');
  if ((await page.getAttribute('html', 'lang')) !== tag) throw new Error(`the archive did not keep the language ${tag}`);
}

async function signsUp(stage, page, look, language) {
  visits += 1;
  const address = `visitor-${visits}@readers.example.org`;
  await page.goto(`${stage.site}/partners/sign-up`);
  await look('sign-up');
  await page.fill('#email', address);
  await page.fill('#name', 'A Visitor');
  await page.click('main form button[type=submit]');
  await look('asked');
  const mail = await stage.mailTo(address, '/confirm/');
  const link = mail.links.find((found) => found.includes('/confirm/'));
  await page.goto(link);
  if ((await page.getAttribute('html', 'lang')) !== language) throw new Error(`${link} speaks another language than its reader`);
  await look('confirm');
  if ((await state(stage, address)) === 'confirmed') throw new Error('looking at the link confirmed it');
  await page.click('main form button[type=submit]');
  await look('confirmed');
  if ((await state(stage, address)) !== 'confirmed') throw new Error('the button did not confirm');
  await page.goto(link);
  await look('confirmed before');
  await page.goto(`${stage.site}/sign-up`);
  await look('sign-up for several');
}

async function state(stage, address) {
  const lines = (await stage.ask('subscriber', 'list', '--json')).trim().split('\n').map((line) => JSON.parse(line));
  return lines.find((line) => line.email === address)?.newsletters.partners;
}

/** The one who has just signed up chooses, moves to another address, and is forgotten. */
async function chooses(stage, page, look) {
  const address = `visitor-${visits}@readers.example.org`;
  const welcome = await stage.mailTo(address, '/r/');
  const preferences = welcome.links.find((link) => link.includes('/r/'));
  await page.goto(preferences);
  await look('preferences');
  await page.fill('#state', 'NM');
  await page.click('form:has(#until) button[type=submit]');
  await look('preferences saved');
  await page.goto(preferences);
  if ((await page.inputValue('#state')) !== 'NM') throw new Error('what was chosen was not kept');
  // What is the reader's own is not shown to whoever holds an issue: it takes a fresh link, mailed to them.
  if ((await page.content()).includes(address)) throw new Error('the page behind a link of an issue tells the address');
  await page.click('form[action*="/link"] button');
  await look('own link asked for');
  const own = (await stage.mailTo(address, '/own/')).links.find((link) => link.includes('/own/'));
  await page.goto(own);
  await look('own page');
  // The browser knows where a link leads, also where the page has no scripts.
  const link = new URL(await page.getAttribute('main a[download]', 'href'), own);
  const data = await page.request.get(link.href);
  if (data.status() !== 200) throw new Error(`the data of a reader: ${data.status()}`);
  if (!JSON.stringify(await data.json()).includes(address)) throw new Error('the data of a reader lacks their address');
  const next = `moved-${visits}@readers.example.org`;
  await page.fill('#email', next);
  await page.click('form[action*="/address"] button');
  await look('another address asked for');
  await page.goto((await stage.mailTo(next, '/new-address/')).links.find((link) => link.includes('/new-address/')));
  await look('another address');
  await page.click('main form button[type=submit]');
  await look('moved');
  if ((await state(stage, next)) !== 'confirmed') throw new Error('the reader did not move to their other address');
  await page.goto(preferences);
  await page.click('form[action*="/link"] button');
  await page.goto((await stage.mailTo(next, '/own/')).links.find((link) => link.includes('/own/')));
  await page.check('#sure');
  await page.click('form[action*="/erase"] button');
  await look('erased');
  if ((await state(stage, next)) !== undefined) throw new Error('the reader was not forgotten');
}

/** A reader of the issue wants less of it, then none, says why, and comes back. */
async function leaves(stage, page, look) {
  const mail = await stage.issueMail(visits - 1);
  const address = mail.to.match(/[^<\s]+@[^>\s]+/)[0];
  const link = mail.links.find((found) => found.includes('/u/'));
  const is = async (wanted) => {
    const found = await state(stage, address);
    if (found !== wanted) throw new Error(`who leaves is ${found}, wanted ${wanted}`);
  };
  await page.goto(link);
  await look('leaving');
  await page.selectOption('#pause', '30');
  await page.click('form[action*="/less"] button');
  await look('less');
  await is('confirmed');
  await page.goto(link);
  await page.click('main h1 ~ form button[type=submit]');
  await expect(page, /You have left|Ha dejado/, 'leaving');
  await look('left');
  await is('left');
  await page.check('#reason-too-many');
  await page.fill('#words', 'Once a month is enough.');
  await page.click('form[action*="/reason"] button');
  await look('reason given');
  // The button stays, and pressing it again does no harm.
  await page.goto(link);
  await page.click('main h1 ~ form button[type=submit]');
  await page.click('form[action*="/back"] button');
  await look('way back asked for');
  await is('left');
  await page.goto((await stage.mailTo(address, '/confirm/')).links.find((found) => found.includes('/confirm/')));
  await page.click('main form button[type=submit]');
  await is('confirmed');
}

/** Everything can be done without a mouse. */
export async function withoutMouse(stage, visitor, findings) {
  const { context, page } = await visitor({ locale: 'en', site: stage.site });
  const { focused, tabTo } = keyboard(page, findings);
  await page.goto(`${stage.site}/`);
  await page.keyboard.press('Tab');
  if ((await focused()).name !== 'Skip to the content') findings.push('the first tab does not lead to the way past the masthead');
  await page.keyboard.press('Enter');
  if ((await focused()).name !== 'main') findings.push('the way past the masthead does not move the focus');
  await tabTo((at) => at.name === 'Lantern Exchange');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/partners?page=1');
  await tabTo((at) => at.name === 'q');
  await page.keyboard.type('coordinators');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/partners?q=coordinators');
  await tabTo((at) => at.tag === 'A' && at.name.startsWith('Coordinators'));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/partners/2027-02-partners');
  await page.goto(`${stage.site}/partners/sign-up`);
  await tabTo((at) => at.name === 'email');
  await page.keyboard.type('keys@readers.example.org');
  await page.keyboard.press('Enter');
  const mail = await stage.mailTo('keys@readers.example.org', '/confirm/');
  await page.goto(mail.links.find((link) => link.includes('/confirm/')));
  await tabTo((at) => at.tag === 'BUTTON');
  await page.keyboard.press('Enter');
  await until(async () => (await state(stage, 'keys@readers.example.org')) === 'confirmed', 'the keyboard did not confirm');
  await context.close();
}

async function until(holds, otherwise) {
  for (let look = 0; look < 50; look += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(otherwise);
}
