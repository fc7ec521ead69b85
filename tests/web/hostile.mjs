// What somebody sends in who means harm, and what the browsers of those who review it make of it: nothing that acts, and a reason for
// whatever is refused.

import { deflateSync } from 'node:zlib';
import { until } from './stage.mjs';

const EDITOR = 'editor@lantern.example.org';
const PARTNER = 'table@family.example.org';
const SCRIPT = '<script>window.owned = 1; alert(1)</script>';
const PICTURE = '"><img src=x onerror="window.owned = 1; alert(1)">';
const TEMPLATE = '{{ env }} {% raw %} {{ first_name }}';
const TURNED = 'A garden \u202egnihton sevas that';
const LARGE_BYTES = 50 << 20;

/** Sends it all, and looks at each page on which it could be seen. */
export async function hostilePartners(stage, visitor, findings) {
  const partner = await guarded(visitor, stage, findings);
  const staff = await guarded(visitor, stage, findings);
  await asks(stage, partner.page);
  await enter(stage, partner.page, PARTNER);
  await enter(stage, staff.page, EDITOR);
  await looksAt(staff.page, `${stage.site}/desk/inquiries`, findings);

  const piece = await begins(stage, partner.page, findings);
  await isRefused(stage, partner.page, findings);
  await sendsPictures(stage, partner.page, findings);
  await looksAt(partner.page, piece.replace(/edit.*/, 'preview'), findings);

  // What is refused as a whole can still be tried in what is taken: words of comments, and of texts that only look like markup.
  await submitsWords(stage, partner.page, piece);
  await staff.page.goto(`${stage.site}/desk/features?q=harm`);
  const link = await staff.page.getAttribute('main a[href*="/desk/features/example-family-table/"]', 'href');
  const place = new URL(link, stage.site).href;
  const own = place.replace('/desk/features/example-family-table/', '/partner/features/');
  await partner.page.goto(own);
  await partner.page.fill('form[action$="/comment"] textarea', `${SCRIPT} ${PICTURE} ${TEMPLATE}`);
  await press(partner.page, 'form[action$="/comment"] button');
  await looksAt(staff.page, place, findings);
  if (!(await staff.page.innerText('main')).includes('<script>window.owned')) findings.push('a comment does not show its words as they were written');
  await looksAt(staff.page, `${stage.site}/desk/features`, findings);
  for (const { context } of [partner, staff]) await context.close();
}

/** A visitor in whose tab nothing may happen by itself. */
async function guarded(visitor, stage, findings) {
  const { context, page } = await visitor({ locale: 'en', site: stage.site });
  page.on('dialog', async (dialog) => {
    findings.push(`${page.url()}: a dialog opened: ${dialog.message()}`);
    await dialog.dismiss();
  });
  return { context, page };
}

async function press(page, selector) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.click(selector)]);
  return answer;
}

async function enter(stage, page, address) {
  await page.goto(JSON.parse(await stage.ask('login-link', address, '--json')).address);
  await press(page, 'main form button');
}

/** A page and its frames, in which nothing has run; what it frames is shut off from it. */
async function looksAt(page, address, findings) {
  await page.goto(address, { waitUntil: 'load' });
  for (const frame of page.frames()) {
    if (await frame.evaluate(() => globalThis.owned !== undefined).catch(() => false)) findings.push(`${address}: ${frame.url()} ran what a partner wrote`);
    const found = await frame.locator('script:not([src="/room.js"]), [onerror], [onload], a[href^="javascript:" i]').count().catch(() => 0);
    if (found > 0) findings.push(`${address}: ${frame.url()} holds ${found} elements that could act`);
  }
  for (const frame of await page.locator('iframe').all()) {
    const sandbox = await frame.getAttribute('sandbox');
    if (sandbox === null || /allow-scripts|allow-same-origin/.test(sandbox)) findings.push(`${address}: a frame is not shut off: ${sandbox}`);
  }
}

async function asks(stage, page) {
  await page.goto(`${stage.site}/join`);
  const lines = { organisation: `${SCRIPT}${PICTURE}`, contact: PICTURE, email: 'harm@harm.example.org', message: `${SCRIPT}\n${PICTURE}\n${TEMPLATE}` };
  for (const [id, text] of Object.entries(lines)) await page.fill(`#${id}`, text);
  await press(page, 'main form button[type=submit]');
}

async function begins(stage, page) {
  await page.goto(`${stage.site}/partner/features/new`);
  await page.fill('#title', 'A garden that means no harm');
  await press(page, 'main form:has(#title) button[type=submit]');
  return page.url();
}

/** Each with its reason beside the field it stands in. */
async function isRefused(stage, page, findings) {
  const tries = [
    ['title', TURNED, /character|direction|hidden/i],
    ['brief', `Before ${SCRIPT} after`, /HTML|tag|markup/i],
    ['brief', `Dear {{ first_name }}, ${TEMPLATE}`, /brace|placeholder|field/i],
    ['brief', 'Read [the page](javascript:alert(1)) about it', /link|https/i],
    ['link_url', 'javascript:alert(1)', /link|https|address/i],
  ];
  for (const [name, text, reason] of tries) {
    const before = await page.inputValue(`#${name}`);
    await page.fill(`#${name}`, text);
    const answer = await press(page, 'button[formaction$="/submit"]');
    const told = await page.locator(`#${name}-problem, #wanting`).allInnerTexts();
    if (answer.status() !== 422) findings.push(`${name} with “${text}”: answered with ${answer.status()}`);
    if (!reason.test(told.join(' '))) findings.push(`${name} with “${text}”: the reason is not told: ${told.join(' ').slice(0, 300)}`);
    await page.fill(`#${name}`, before);
  }
}

/** Pictures that are none, or too much. */
async function sendsPictures(stage, page, findings) {
  const jpegThatIsAPage = Buffer.concat([await drawn(page), Buffer.from('<html><script>window.owned = 1</script></html>')]);
  const tries = [
    ['bomb.png', bomb(), [422], /pixels/i],
    ['page.jpg', Buffer.from('<html><script>window.owned = 1</script></html>'), [422], /picture/i],
    ['drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="window.owned = 1"/>'), [422], /SVG|picture/i],
    ['both.jpg', jpegThatIsAPage, [200], null],
  ];
  for (const [name, buffer, wanted, reason] of tries) {
    await page.fill('#image_description', 'A wall with beans on it');
    await page.setInputFiles('#picture', { name, mimeType: 'image/jpeg', buffer });
    const answer = await press(page, 'button[formaction$="/picture"]');
    const told = await page.innerText('main');
    if (!wanted.includes(answer.status())) findings.push(`${name}: answered with ${answer.status()}: ${told.slice(0, 200)}`);
    if (reason && !reason.test(told)) findings.push(`${name}: the reason is not told`);
  }
  const shown = new URL(await page.getAttribute('main img[src*="/pictures/"]', 'src'), stage.site).href;
  const served = await page.request.get(shown);
  if (!/^image\//.test(served.headers()['content-type']) || served.headers()['x-content-type-options'] !== 'nosniff') findings.push('a picture is served as something else');
  if ((await served.body()).includes('<script')) findings.push('a picture still holds the page that hung on it');
  await isTooLarge(stage, page, findings);
}

/** 50 MB, past the script that would have said so first: a page with the reason, and no broken connection. */
async function isTooLarge(stage, page, findings) {
  const [place, proof, version] = await page.evaluate(() => {
    const form = document.getElementById('piece');
    return [form.action.replace(/draft$/, 'picture'), form.elements.csrf.value, form.elements.version.value];
  });
  const picture = { name: 'large.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(LARGE_BYTES, 0xff) };
  const headers = { origin: stage.site };
  const answer = await page.request.post(place, { headers, multipart: { csrf: proof, version, picture }, timeout: 60_000 });
  if (answer.status() !== 413) findings.push(`50 MB: answered with ${answer.status()}`);
  if (!(await answer.text()).includes('</html>')) findings.push('50 MB: no page says why it was refused');
}

/** A piece of words that look like markup and are none. */
async function submitsWords(stage, page, piece) {
  await page.goto(piece);
  const words = 'What we learned: 3 < 5, "quotes" & ampersands > arrows stay what they are. ';
  const lines = {
    summary: 'Signs like < and & and "these" stay what they are.',
    brief: words.repeat(6),
    changed: '3 < 5',
    for_whom: '"All" & everybody',
    evidence: 'We count > we guess',
    link_url: 'https://family.example.org/?a=1&b=2',
    link_text: 'The page with "signs" & more',
    expertise: 'family-leadership',
    places: 'TX',
    image_description: 'A wall with "beans" & more <on it',
    image_credit: 'Example & Family',
    image_licence: 'CC BY 4.0',
    authorised_by: 'Sample Facilitator',
  };
  for (const [name, text] of Object.entries(lines)) await page.fill(`#${name}`, text);
  await page.selectOption('#image_rights', 'own');
  await page.check('#principles-shared-places');
  await page.check('#authorised');
  const answer = await press(page, 'button[formaction$="/submit"]');
  if (answer.status() !== 200) throw new Error(`a piece of odd signs: ${answer.status()}: ${(await page.innerText('main')).slice(0, 800)}`);
  await until('the piece to be known', async () => (await stage.ask('feature', 'list', '--json')).includes('means no harm'));
}

/** A small real photograph. */
async function drawn(page) {
  const base64 = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 640 });
    canvas.getContext('2d').fillRect(100, 100, 400, 300);
    return canvas.toDataURL('image/jpeg').split(',')[1];
  });
  return Buffer.from(base64, 'base64');
}

/** A PNG of a few hundred bytes that says it has 60 000 by 60 000 pixels. */
function bomb() {
  const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const crc = (bytes) => (bytes.reduce((c, byte) => crcTable[(c ^ byte) & 0xff] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc(body));
    return Buffer.concat([length, body, sum]);
  };
  const size = Buffer.alloc(13);
  size.writeUInt32BE(60_000, 0);
  size.writeUInt32BE(60_000, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(100_000));
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), chunk('IHDR', size), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}
