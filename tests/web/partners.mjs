// The road of a new partner and its first piece, from an inquiry to a mail in readers' inboxes: in English with script, in Spanish without.
// And a partner who has no mouse.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyboard } from './keys.mjs';
import { until } from './stage.mjs';

const EDITOR = 'editor@lantern.example.org';
const APPROVER = 'approver@lantern.example.org';
/** What a photograph knows and nobody shall read. */
const HIDDEN = 'behind the third house on Sample Lane';

const BRIEF = `For years the gate of our school garden was locked when the last bell rang. Last spring twelve neighbours, two teachers and a
caretaker wrote one page about keys, water and tools. Since then the garden is open until dusk. Forty families grow beans and squash there,
pupils sell what they do not eat, and the caretaker says that nothing has been broken. We share the page, and what we would do differently.`;

/** Everybody who walks the road once, with names of their own. */
export async function roadsOfPartners(stage, visitor, seen) {
  const photograph = await aPhotograph(visitor);
  for (const [language, javaScriptEnabled] of [['en', true], ['es', false]]) {
    const walk = { language, script: javaScriptEnabled, id: `example-garden-${language}`, name: `Example Garden ${language.toUpperCase()}` };
    walk.address = `gardener@${walk.id}.example.org`;
    walk.issue = `road-${language}`;
    walk.title = `A school garden that stays open, ${walk.name}`;
    const options = { javaScriptEnabled, locale: language, site: stage.site };
    const staff = await visitor(options);
    const partner = await visitor(options);
    const approver = await visitor(options);
    const look = (page, name) => seen(page, `${name} (${language}, script ${javaScriptEnabled ? 'on' : 'off'})`, language);
    const pages = { partner: partner.page, staff: staff.page, approver: approver.page };
    await joins(stage, { ...walk, ...pages, look });
    await writes(stage, { ...walk, page: partner.page, look, photograph });
    await isReviewed(stage, { ...walk, ...pages, look });
    await goesOut(stage, { ...walk, ...pages, look });
    for (const { context } of [staff, partner, approver]) await context.close();
  }
}

/** Presses a button and waits for the page that comes. */
export async function press(page, selector) {
  const [answer] = await Promise.all([page.waitForNavigation(), page.click(selector)]);
  return answer;
}

export const says = async (page, words, what) => {
  const text = await page.innerText('main');
  if (!text.includes(words)) throw new Error(`${what}: ${page.url()} does not say “${words}”: ${text.slice(0, 600)}`);
};

export const status = (answer, wanted, what) => {
  if (answer.status() !== wanted) throw new Error(`${what}: ${answer.status()} at ${answer.url()}`);
};

/** Comes into a room by the link that a mail brings, or by one from the command line. */
export async function enter(stage, page, address, look) {
  const link = JSON.parse(await stage.ask('login-link', address, '--json')).address;
  await page.goto(link);
  if (look) await look(page, 'link into a room');
  await press(page, 'main form button');
}

/** An inquiry becomes a prospect, is invited, and accepts. */
async function joins(stage, { partner, staff, look, id, name, address, language }) {
  await partner.goto(`${stage.site}/join`);
  await look(partner, 'joining');
  await partner.fill('#organisation', name);
  await partner.selectOption('#level', 'local');
  await partner.fill('#state', 'NM');
  await partner.fill('#contact', 'Sample Gardener');
  await partner.fill('#email', address);
  await partner.fill('#message', 'We keep a school garden with our neighbours.');
  await press(partner, 'main form button[type=submit]');
  await look(partner, 'joining asked');

  if (language === 'en') {
    await staff.goto(`${stage.site}/desk`);
    await look(staff, 'staff sign in');
    await staff.fill('#email', EDITOR);
    await press(staff, 'main form button[type=submit]');
    await look(staff, 'staff sign in asked');
    const mail = await stage.mailTo(EDITOR, '/desk/in/');
    await staff.goto(mail.links.find((link) => link.includes('/desk/in/')));
    await look(staff, 'staff link');
    await press(staff, 'main form button');
  } else {
    await enter(stage, staff, EDITOR);
  }
  await look(staff, 'desk');
  await staff.goto(`${stage.site}/desk/inquiries`);
  await look(staff, 'inquiries');
  const card = `section.card:has(h2:text-is("${name}"))`;
  await staff.fill(`${card} input[name=id]`, id);
  status(await press(staff, `${card} button[value=take]`), 200, 'an inquiry is taken');
  await look(staff, 'prospect');
  status(await press(staff, 'form[action$="/invite"] button'), 200, 'an invitation');

  const mail = await stage.mailTo(address, '/partner/in/');
  await partner.goto(mail.links.find((link) => link.includes('/partner/in/')));
  await look(partner, 'invitation');
  await press(partner, 'main form button');
  await look(partner, 'invited partner');
  status(await press(partner, 'form[action$="/accept"] button'), 200, 'accepting');
  await look(partner, 'partner at home');
}

/** The form of a piece: saved by itself, with a picture, shown as the mail will have it, and sent. */
async function writes(stage, { page, look, title, script, photograph }) {
  await press(page, 'a[href$="/partner/features/new"]');
  await look(page, 'new piece');
  await page.fill('#title', title);
  await press(page, 'main form:has(#title) button[type=submit]');
  await look(page, 'piece begun');
  await fills(page, script);
  if (script) {
    await page.reload();
    if ((await page.inputValue('#summary')) === '') throw new Error('a reload lost what had saved itself');
    if (!/^\d/.test(await page.innerText('#brief-count'))) throw new Error('the brief is not counted');
  }
  await addsPicture(page, photograph);
  await look(page, 'piece with its picture');
  await press(page, 'button[name=then][value=preview]');
  await look(page, 'piece as the mail shows it');
  const frame = page.frames().find((one) => one.url().endsWith('/preview/mail'));
  await frame.waitForLoadState();
  const shown = await (await page.request.get(frame.url())).text();
  for (const wanted of [title, 'Forty families grow beans', '/pictures/']) {
    if (!shown.includes(wanted)) throw new Error(`the preview does not show “${wanted}”`);
  }
  await page.goBack();
  status(await press(page, 'button[formaction$="/submit"]'), 422, 'a piece that nobody answers for');
  await look(page, 'piece with something missing');
  await page.fill('#authorised_by', 'Sample Gardener');
  await page.check('#authorised');
  status(await press(page, 'button[formaction$="/submit"]'), 200, 'a piece is sent');
  await look(page, 'partner with a piece');
}

async function fills(page, script) {
  const lines = {
    summary: 'Neighbours, pupils and a caretaker share one page and one key.',
    brief: BRIEF.replaceAll('\n', ' '),
    story: 'We began with a map of who had a key.\n\nThen we wrote down who waters in July.',
    changed: 'The gate stays open until dusk.',
    for_whom: 'Forty families and two classes.',
    evidence: 'The caretaker counts who comes.',
    link_url: 'https://garden.example.org/page',
    link_text: 'The page that we share',
    expertise: 'joint-use, school-gardens',
    places: 'NM',
  };
  for (const [name, text] of Object.entries(lines)) await page.fill(`#${name}`, text);
  await page.check('#principles-shared-places');
  if (!script) return;
  // Nobody presses anything: it saves itself.
  const saved = page.waitForResponse((answer) => answer.url().endsWith('/draft') && answer.request().method() === 'POST');
  await page.focus('#changed');
  await page.keyboard.type(' ');
  const answer = await saved;
  if (answer.status() !== 200) throw new Error(`saving by itself: ${answer.status()}`);
  await until('what was typed to be saved', async () =>
    /id="principles-shared-places"[^>]*\schecked/.test(await (await page.request.get(page.url())).text()));
}

async function addsPicture(page, photograph) {
  await page.fill('#image_description', 'Drawing of beans on poles beside a school wall');
  await page.fill('#image_credit', 'Example Garden');
  await page.selectOption('#image_rights', 'own');
  await page.fill('#image_licence', 'CC BY 4.0');
  await page.setInputFiles('#picture', { name: 'IMG 0001.jpg', mimeType: 'image/jpeg', buffer: photograph });
  status(await press(page, 'button[formaction$="/picture"]'), 200, 'a picture is added');
}

/** Staff say something and change a word; the partner sees which, and agrees. */
async function isReviewed(stage, { partner, staff, look, title, id, address }) {
  await staff.goto(`${stage.site}/desk/features`);
  await look(staff, 'review queue');
  await press(staff, `main a:text-is("${title}")`);
  await look(staff, 'piece under review');
  await press(staff, 'form[action$="/begin"] button');
  await staff.fill('form[action$="/comment"] textarea', 'A lovely piece. We made one sentence shorter.');
  await press(staff, 'form[action$="/comment"] button');
  await look(staff, 'piece with a comment');
  await staff.click('details:has(form[action$="/edit"]) summary');
  const text = await staff.inputValue('#text');
  await staff.fill('#text', text.replace('and the caretaker says that nothing has been broken', 'and nothing has been broken'));
  status(await press(staff, 'form[action$="/edit"] button'), 200, 'an edit');
  await look(staff, 'piece edited');

  const mail = await stage.mailTo(address, `/partner/features/`);
  const edited = await until('the mail about the edit', async () =>
    (await stage.caught()).find((one) => one.to.includes(address) && one.text.includes('the caretaker says that')));
  await partner.goto((edited ?? mail).links.find((link) => link.includes('/partner/features/')));
  await look(partner, 'edit to answer');
  const [gone] = await partner.locator('del').allInnerTexts();
  if (!gone?.includes('the caretaker says that')) throw new Error(`the change is not told: ${gone}`);
  status(await press(partner, 'button[value=agree]'), 200, 'agreeing');
  await look(partner, 'edit agreed to');
  const { state, text: sent } = JSON.parse(await stage.ask('feature', 'show', await featureOf(stage, id), '--json'));
  if (state !== 'approved') throw new Error(`a piece that its partner agreed to is ${state}`);
  for (const kept of ['expertise = ["joint-use", "school-gardens"]', 'principles = ["shared-places"]', 'licence = "CC BY 4.0"', 'nothing has been broken']) {
    if (!sent.includes(kept)) throw new Error(`the piece lost ${kept}: ${sent}`);
  }
}

/** The one piece of a partner. */
async function featureOf(stage, id) {
  const lines = (await stage.ask('feature', 'list', '--json')).trim();
  const features = lines.startsWith('[') ? JSON.parse(lines) : lines.split('\n').map((line) => JSON.parse(line));
  return features.find((feature) => feature.partner === id).id;
}

/** It is placed, approved in the browser, sent, and listed. */
async function goesOut(stage, { approver, partner, look, id, name, issue, title }) {
  const feature = await featureOf(stage, id);
  const front = `+++\nnewsletter = "partners"\nsubject = "What ${name} shares"\npreheader = "A page about keys, water and tools, and what became of it."\n+++`;
  const body = `Dear {{ first_name | default("partner") }},\n\n## From the field\n\n\`\`\`feature\nid = "${feature}"\n\`\`\`\n`;
  await writeFile(join(stage.newsroom, `issues/${issue}.md`), `${front}\n${body}`);
  await stage.ask('issue', 'queue', `issues/${issue}.md`, '--as', EDITOR);
  await stage.ask('issue', 'proof', issue, '--offline', '--as', EDITOR);
  await enter(stage, approver, APPROVER);
  await approver.goto(`${stage.site}/desk/issues`);
  await look(approver, 'issues');
  await press(approver, `main a[href$="/desk/issues/${issue}"]`);
  await look(approver, 'proof to approve');
  const proof = approver.frames().find((one) => one.url().endsWith('/proof/mail'));
  await proof.waitForLoadState();
  if (!(await proof.content()).includes(title)) throw new Error('the proof does not show the piece');
  status(await press(approver, 'form[action$="/approve"] button'), 200, 'an approval');
  await look(approver, 'proof approved');
  await stage.ask('issue', 'send', `issues/${issue}.md`, '--yes', '--offline', '--as', EDITOR);

  const isCopy = (mail) => mail.header('List-Unsubscribe') && mail.links.some((link) => link.includes(`/partners/${issue}`));
  const copy = await until('a copy of the issue', async () => (await stage.caught()).find(isCopy));
  if (!copy.text.includes(title)) throw new Error('the mail does not show the piece');
  const pictures = await Promise.all(copy.links.filter((link) => link.includes('/pictures/')).map((link) => partner.request.get(link)));
  if (pictures.length === 0) throw new Error('the mail shows no picture');
  for (const picture of pictures) {
    const bytes = await picture.body();
    for (const trace of ['Exif', 'GPS', HIDDEN]) {
      if (bytes.includes(trace)) throw new Error(`a picture of the mail still holds ${trace}`);
    }
  }
  await partner.goto(`${stage.site}/partners`);
  await press(partner, `main a:text-is("${name}")`);
  await says(partner, title, 'the directory');
  await look(partner, 'partner with what it published');
}

const STEERING = '2027-03-steering';

/** Partners are asked for their yes, by mail and in the portal; staff see who has said it. */
export async function consents(stage, visitor, seen, findings) {
  await stage.ask('issue', 'queue', `issues/${STEERING}.md`, '--as', EDITOR);
  const { context, page } = await visitor({ locale: 'en', site: stage.site });
  const look = (name) => seen(page, `${name} (en)`, 'en');
  const { tabTo, enter: press } = keyboard(page, findings);
  const mail = await stage.mailTo('hello@afterthree.example.org', '/consent/');
  await page.goto(mail.links.find((link) => link.includes('/consent/')));
  await look('question for a consent');
  await tabTo((at) => at.value === 'yes');
  status(await press(), 200, 'a yes by keyboard');
  await look('consent answered');
  await enter(stage, page, 'fund@city.example.org');
  await page.goto(`${stage.site}/partner/consents`);
  await look('what a partner is asked');
  await tabTo((at) => at.tag === 'A' && at.name.includes('common ground'));
  await press();
  await look('question in the portal');
  await tabTo((at) => at.value === 'no');
  status(await press(), 200, 'a no by keyboard');
  await look('consents of a partner');
  await context.close();

  const staff = await visitor({ locale: 'en', site: stage.site });
  await enter(stage, staff.page, EDITOR);
  for (const [place, name] of [['consents', 'consents board'], ['rotation', 'rotation'], ['partners', 'registry'], ['partners/example-city-united', 'a partner for staff']]) {
    await staff.page.goto(`${stage.site}/desk/${place}`);
    await seen(staff.page, `${name} (en)`, 'en');
  }
  await staff.context.close();
}

/** A piece is written and one is reviewed, without a mouse. */
export async function roomsWithoutMouse(stage, visitor, findings) {
  const partner = await visitor({ locale: 'en', site: stage.site });
  await enter(stage, partner.page, 'commons@planners.example.org');
  const writing = keyboard(partner.page, findings);
  await writing.tabTo((at) => at.tag === 'A' && partner.page.url().endsWith('/partner') && /piece/i.test(at.name));
  await writing.enter();
  await writing.tabTo((at) => at.name === 'title');
  await partner.page.keyboard.type('Keys without a mouse');
  status(await writing.enter(), 200, 'a piece begun by keyboard');
  const lines = {
    summary: 'One page about one key.', brief: BRIEF.replaceAll('\n', ' '), changed: 'The gate is open.', for_whom: 'Neighbours.', evidence: 'We count.',
    expertise: 'joint-use', authorised_by: 'Sample Planner',
  };
  const order = ['summary', 'brief', 'changed', 'for_whom', 'evidence', 'expertise', 'authorised_by'];
  for (const name of order) {
    await writing.tabTo((at) => at.name === name);
    await partner.page.keyboard.insertText(lines[name]);
  }
  await writing.tabTo((at) => at.name === 'authorised');
  await partner.page.keyboard.press('Space');
  await writing.tabTo((at) => at.tag === 'BUTTON' && /^Send/.test(at.name));
  const sent = await writing.enter();
  if (sent.status() !== 200) throw new Error(`a piece sent by keyboard: ${sent.status()}: ${(await partner.page.innerText('#wanting')).slice(0, 600)}`);
  await partner.context.close();

  const staff = await visitor({ locale: 'en', site: stage.site });
  await enter(stage, staff.page, EDITOR);
  await staff.page.goto(`${stage.site}/desk/features`);
  const reviewing = keyboard(staff.page, findings);
  await reviewing.tabTo((at) => at.tag === 'A' && at.name === 'Keys without a mouse');
  await reviewing.enter();
  await reviewing.tabTo((at) => at.tag === 'BUTTON' && /^Approve/i.test(at.name));
  status(await reviewing.enter(), 200, 'an approval by keyboard');
  const { state } = JSON.parse(await stage.ask('feature', 'show', await featureOf(stage, 'example-planners-commons'), '--json'));
  if (state !== 'approved') throw new Error(`a piece that was approved by keyboard is ${state}`);
  await staff.context.close();
}

/** A photograph as a telephone makes it, which knows where it was taken. */
async function aPhotograph(visitor) {
  const { context, page } = await visitor({});
  const base64 = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1600, height: 1000 });
    const ground = canvas.getContext('2d');
    for (let x = 0; x < 1600; x += 8) {
      ground.fillStyle = `hsl(${(x / 12) % 360} 45% 55%)`;
      ground.fillRect(x, 0, 8, 1000);
    }
    return canvas.toDataURL('image/jpeg', 0.9).split(',')[1];
  });
  await context.close();
  return withPlace(Buffer.from(base64, 'base64'));
}

/** A JPEG with an Exif block (Exif 2.3, section 4.6): a description and a latitude. */
function withPlace(jpeg) {
  const words = Buffer.from(`${HIDDEN}\0`);
  const entry = (tag, type, count, value) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt16LE(tag, 0);
    bytes.writeUInt16LE(type, 2);
    bytes.writeUInt32LE(count, 4);
    bytes.writeUInt32LE(value, 8);
    return bytes;
  };
  const table = (...entries) => Buffer.concat([Buffer.from([entries.length, 0]), ...entries, Buffer.alloc(4)]);
  const [head, first] = [8, 8 + 2 + 2 * 12 + 4];
  const place = first + words.length;
  const degrees = place + 2 + 2 * 12 + 4;
  const rational = Buffer.alloc(24);
  [35, 1, 41, 1, 12, 1].forEach((number, at) => rational.writeUInt32LE(number, at * 4));
  const tiff = Buffer.concat([
    Buffer.from([0x49, 0x49, 42, 0, head, 0, 0, 0]),
    table(entry(0x010e, 2, words.length, first), entry(0x8825, 4, 1, place)),
    words,
    table(entry(1, 2, 2, 'N'.charCodeAt(0)), entry(2, 5, 3, degrees)),
    rational,
  ]);
  const block = Buffer.concat([Buffer.from('Exif\0\0'), tiff, Buffer.from('GPS')]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(block.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, block, jpeg.subarray(2)]);
}
