// Visitors, a link scanner and outside checkers on the pages that the binary really serves.
//
//   node site.mjs PRESSROOM
//
// Prints every finding; exit code 1 when there is one. CHROMIUM names another browser than /usr/bin/chromium, PRESSROOM_SHOTS a folder for
// pictures of every page as axe sees it.

import { resolve } from 'node:path';
import { crawl, differences, rowsOf } from './crawler.mjs';
import { hostilePartners } from './hostile.mjs';
import { journeys, withoutMouse } from './journeys.mjs';
import { LANGUAGES, askAxe, askNu, launch, visitor } from './look.mjs';
import { consents, roadsOfPartners, roomsWithoutMouse } from './partners.mjs';
import { Stage } from './stage.mjs';
import { typedAndNotTaken } from './typed.mjs';

const [pressroom] = process.argv.slice(2);
if (!pressroom) {
  console.error('usage: node site.mjs PRESSROOM');
  process.exit(2);
}
const findings = [];
const stage = await Stage.open(resolve(pressroom));
const browser = await launch();
try {
  const mail = await stage.issueMail();
  const before = await rowsOf(stage);
  const pages = await crawl([...mail.links, `${stage.site}/`, `${stage.site}/robots.txt`, `${stage.site}/sitemap.xml`], findings);
  const changed = differences(before, await rowsOf(stage));
  if (changed.length > 0) findings.push(`the link scanner changed rows of the store: ${changed}`);
  console.log(`the link scanner opened ${pages.length} pages and all they lead to`);

  // Axe needs a tab with scripts that lets it in; what others see is looked at there, by its source.
  const sources = new Map();
  const { page: looking } = await visitor(browser, { bypassCSP: true, javaScriptEnabled: true }, findings);
  const enter = (options) => visitor(browser, options, findings);
  const seen = async (page, name, language) => {
    const html = await page.content();
    // The rooms have one script, a file of their own.
    const scripts = html.replace(/<script src="\/room\.js" defer=""><\/script>/g, '');
    if (/<script|\son[a-z]+=|javascript:/i.test(scripts)) findings.push(`${name}: has a script`);
    const lang = await page.getAttribute('html', 'lang');
    if (!LANGUAGES.includes(lang)) findings.push(`${name}: is in ${lang}, wanted ${language}`);
    const known = name.replace(/, script.*/, '');
    if (sources.has(known)) return;
    sources.set(known, html);
    await looking.goto(`${stage.site}/style.css`);
    // What a frame shows needs its visitor's cookie, and is looked at as mail.
    const bare = scripts.replace(/(<iframe[^>]*) src="[^"]*"/g, '$1').replace('<head>', `<head><base href="${page.url()}">`);
    await looking.setContent(bare, { waitUntil: 'load' });
    await askAxe(looking, name, findings);
  };
  await journeys(stage, enter, seen);
  await roadsOfPartners(stage, enter, seen);
  await consents(stage, enter, seen, findings);
  await roomsWithoutMouse(stage, enter, findings);
  await hostilePartners(stage, enter, findings);
  await typedAndNotTaken(stage, enter, seen);
  console.log(`${sources.size} pages looked at`);
  // What the comparison would have seen: a visitor has left by now.
  if (differences(before, await rowsOf(stage)).length === 0) findings.push('the comparison of the store sees nothing');
  await withoutMouse(stage, enter, findings);
  await askNu(sources, findings);
  if (/@|\/(u|r|confirm|own|new-address|pledge|consent|desk\/in|partner\/in)\/[a-z2-7]{20}/.test(stage.log)) findings.push(`the log tells an address or a token:\n${stage.log}`);
} catch (error) {
  findings.push(error.stack);
  findings.push(stage.log);
} finally {
  await browser.close();
  await stage.close();
}
for (const finding of [...new Set(findings)]) console.log(finding);
console.log(`${findings.length} findings`);
process.exit(findings.length === 0 ? 0 : 1);
