// What every page is held to: axe in Chromium at two widths, light and dark, in each language; the Nu validator; and that a page sets no
// cookie, runs no script, asks nobody else and breaks none of its own policy.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
// The tools are found beside this file or, by NODE_PATH, in a cache outside the clone.
const require = createRequire(import.meta.url);
const folderOf = (name) => require.resolve.paths(name).map((path) => join(path, name)).find((path) => existsSync(join(path, 'package.json')));
export const { chromium } = require('playwright-core');

export const LANGUAGES = ['en', 'es'];
const SIZES = [1280, 375];
const SCHEMES = ['light', 'dark'];

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});

/** A visitor who notes what a page must not do. */
export async function visitor(browser, options, findings) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  page.on('console', (message) => {
    // Chromium tells each answer past 399 as an error of the page, which it is not.
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of')) findings.push(`${page.url()}: console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (options.site && !request.url().startsWith(options.site) && !request.url().startsWith('about:')) findings.push(`${page.url()}: asks ${request.url()}`);
  });
  return { context, page };
}

/** Looks at a page as it stands in a tab that axe may be brought into. */
export async function askAxe(page, name, findings) {
  const axe = await readFile(join(folderOf('axe-core'), 'axe.min.js'), 'utf8');
  for (const width of SIZES) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      if (process.env.PRESSROOM_SHOTS) await page.screenshot({ path: join(process.env.PRESSROOM_SHOTS, `${name} ${width} ${colorScheme}.png`), fullPage: true });
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      for (const { id, nodes } of violations) {
        for (const node of nodes) findings.push(`${name}: axe at ${width} px, ${colorScheme}: ${id}: ${node.failureSummary} (${node.html.slice(0, 160)})`);
      }
    }
  }
  await page.setViewportSize({ width: 320, height: 900 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 320) findings.push(`${name}: at 320 px the page is ${wide} px wide`);
}

/** Asks the Nu validator about sources by their names. */
export async function askNu(sources, findings) {
  const folder = await mkdtemp(join(tmpdir(), 'pressroom-nu-'));
  try {
    const names = [...sources.keys()];
    const files = await Promise.all(names.map(async (name, place) => {
      const file = join(folder, `${place}.html`);
      await writeFile(file, sources.get(name));
      return file;
    }));
    const args = ['-jar', join(folderOf('vnu-jar'), 'build/dist/vnu.jar'), '--format', 'json', '--stdout', '--exit-zero-always', ...files];
    const { stdout } = await run('java', args, { maxBuffer: 64 << 20, timeout: 180_000 });
    for (const message of JSON.parse(stdout).messages.filter((message) => message.type === 'error')) {
      const name = names[files.findIndex((file) => message.url?.endsWith(file))];
      findings.push(`${name}: nu: ${message.message} (${(message.extract ?? '').replaceAll('\n', ' ').slice(0, 120)})`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
