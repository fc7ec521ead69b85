// Asks three outside checkers about HTML mails and pages, and says what they find.
//
//   node html.mjs FILE-OR-URL…
//
// The Nu validator and html-validate read the source; axe-core looks at it in Chromium, light and dark: a file, which is a mail, 600 and
// 375 pixels wide, and what is served at an address, with its stylesheet, 1280 and 375; at 320 pixels nothing may stick out sideways; and
// of a mail (what has the role of an email) every feature that some mail program lacks must stand in unsupported.json with its fallback. Exit code 1 when there is a finding. What is waived is waived here, by name, with its
// reason. CHROMIUM names another browser than /usr/bin/chromium.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';

// The tools are found beside this file or, by NODE_PATH, in a cache outside the clone. `import` does not look there, `require` does.
const require = createRequire(import.meta.url);
const folderOf = (name) => require.resolve.paths(name).map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
const tool = async (name) => {
  const folder = folderOf(name);
  if (!folder) throw new Error(`${name} is not installed: npm install --ignore-scripts in tests/checkers, or set NODE_PATH`);
  const { exports: entries, module, main } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const entry = entries?.['.'] ?? entries;
  const first = (found) => (found === undefined || typeof found === 'string' ? found : first(found.import ?? found.default ?? found.require));
  return import(pathToFileURL(join(folder, first(entry) ?? module ?? main)));
};
const { caniemail } = await tool('caniemail');
const { HtmlValidate } = await tool('html-validate');
const { default: puppeteer } = await tool('puppeteer-core');
const run = promisify(execFile);

const MAIL_PROGRAMS = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*'];
const FALLBACKS = JSON.parse(await readFile(new URL('unsupported.json', import.meta.url), 'utf8'));

// A mail is one article in someone else's page; programs strip <main>, <article> and <section>, so it is told by its role.
const AXE_WAIVED_IN_MAIL = ['region', 'landmark-one-main'];
const isMail = (page) => page.source.includes('aria-roledescription="email"');
const isWaivedByHtmlValidate = (message, source) =>
  message.ruleId === 'prefer-native-element' && /role="(article|region)"/.test(source.slice(message.offset - 200, message.offset + 200));
const isServed = (name) => /^https?:/.test(name);
const widthsOf = (page) => (isServed(page.address) ? [1280, 375] : [600, 375]);
const SCHEMES = ['light', 'dark'];

async function sourceOf(name) {
  if (!isServed(name)) return readFile(name, 'utf8');
  const answer = await fetch(name, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${name} answered ${answer.status}`);
  return answer.text();
}

async function askNu(pages, folder) {
  const files = await Promise.all(pages.map(async (page, place) => {
    const file = join(folder, `${place}.html`);
    await writeFile(file, page.source);
    return file;
  }));
  const jar = join(folderOf('vnu-jar'), 'build/dist/vnu.jar');
  const args = ['-jar', jar, '--format', 'json', '--stdout', '--exit-zero-always', ...files];
  const { stdout } = await run('java', args, { maxBuffer: 64 << 20, timeout: 120_000 });
  return JSON.parse(stdout).messages
    .filter((message) => message.type === 'error')
    .map((message) => {
      const page = pages[files.findIndex((file) => message.url?.endsWith(file))];
      return `${page?.name}: nu: ${message.message} (${(message.extract ?? '').replaceAll('\n', ' ').slice(0, 120)})`;
    });
}

async function askHtmlValidate(page) {
  const validator = new HtmlValidate({ extends: ['html-validate:standard', 'html-validate:a11y'] });
  const report = await validator.validateString(page.source);
  return report.results
    .flatMap((result) => result.messages)
    .filter((message) => !isWaivedByHtmlValidate(message, page.source))
    .map((message) => `${page.name}: html-validate: ${message.ruleId}: ${message.message} (${message.selector})`);
}

function askCanIEmail(page) {
  if (!isMail(page)) return [];
  const { issues } = caniemail({ clients: MAIL_PROGRAMS, html: page.source });
  const lacking = new Map();
  for (const [program, found] of issues.errors) {
    for (const { title } of found) lacking.set(title, [...(lacking.get(title) ?? []), program]);
  }
  return [...lacking]
    .filter(([title]) => !(title in FALLBACKS))
    .map(([title, programs]) => `${page.name}: caniemail: ${title} is unknown to ${programs.join(', ')}`);
}

// What is served is looked at as a visitor gets it; only the policy that would keep axe itself out is set aside.
async function show(tab, page) {
  if (!isServed(page.address)) return tab.setContent(page.source, { waitUntil: 'domcontentloaded' });
  await tab.setBypassCSP(true);
  return tab.goto(page.address, { waitUntil: 'load', timeout: 20_000 });
}

async function askAxe(browser, page, width, scheme) {
  const tab = await browser.newPage();
  try {
    tab.on('dialog', (dialog) => dialog.dismiss());
    await tab.setViewport({ width, height: 900 });
    await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await show(tab, page);
    await tab.addScriptTag({ path: join(folderOf('axe-core'), 'axe.min.js') });
    const waived = isMail(page) ? AXE_WAIVED_IN_MAIL : [];
    const rules = Object.fromEntries(waived.map((rule) => [rule, { enabled: false }]));
    const { violations } = await tab.evaluate((options) => globalThis.axe.run(options), { rules });
    return violations.flatMap((found) =>
      found.nodes.map((node) => `${page.name}: axe at ${width} px, ${scheme}: ${found.id}: ${node.failureSummary} (${node.html.slice(0, 160)})`));
  } finally {
    await tab.close();
  }
}

async function askForReflow(browser, page) {
  const tab = await browser.newPage();
  try {
    await tab.setViewport({ width: 320, height: 900 });
    await show(tab, page);
    const width = await tab.evaluate(() => document.documentElement.scrollWidth);
    return width > 320 ? [`${page.name}: at 320 px the page is ${width} px wide`] : [];
  } finally {
    await tab.close();
  }
}

const names = process.argv.slice(2);
if (names.length === 0) {
  console.error('usage: node html.mjs FILE-OR-URL…');
  process.exit(2);
}
const pages = await Promise.all(names.map(async (name) => ({ name: name.split('/').slice(-2).join('/'), address: name, source: await sourceOf(name) })));
const folder = await mkdtemp(join(tmpdir(), 'pressroom-html-'));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const findings = [];
try {
  findings.push(...await askNu(pages, folder));
  for (const page of pages) {
    findings.push(...await askHtmlValidate(page), ...askCanIEmail(page));
    for (const width of widthsOf(page)) for (const scheme of SCHEMES) findings.push(...await askAxe(browser, page, width, scheme));
    findings.push(...await askForReflow(browser, page));
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
for (const finding of findings) console.log(finding);
console.log(`${pages.length} looked at, ${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
