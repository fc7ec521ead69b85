// A newsroom with a running daemon whose mail is caught: what the tests of the web walk about in.
//
// The binary does everything; this file only starts it, reads the caught mails, and ends what it started.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const PATIENCE_MS = 60_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The first line that a program prints. */
async function firstLine(program) {
  let text = '';
  for await (const chunk of program.stdout) {
    text += chunk;
    if (text.includes('\n')) return text.split('\n')[0];
  }
  throw new Error('the program ended before it said a word');
}

export async function until(what, ask) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const found = await ask();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain for ${what}`);
}

/** The text of a mail's parts, with quoted-printable undone, and its own links. */
function read(bytes, site) {
  const text = bytes.toString('latin1').replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  const header = (name) => text.match(new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'mi'))?.[1] ?? '';
  const unescaped = text.replaceAll('&amp;', '&');
  const links = [...new Set(unescaped.match(new RegExp(`${site}/[^\\s"<>)\\]]*`, 'g')) ?? [])].map((link) => link.replace(/[.,]$/, ''));
  return { to: header('To'), subject: header('Subject'), header, text, links };
}

export class Stage {
  static async open(pressroom) {
    const stage = new Stage();
    stage.pressroom = pressroom;
    stage.scratch = await mkdtemp(join(tmpdir(), 'pressroom-web-'));
    stage.newsroom = join(stage.scratch, 'newsroom');
    stage.mails = resolve(process.env.PRESSROOM_MAILS ?? join(stage.scratch, 'mails'));
    stage.programs = [];
    try {
      await stage.begin();
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage;
  }

  async begin() {
    await run('mkdir', ['-p', this.mails]);
    const catcher = this.start('python3', [join(here, '../checkers/catch.py'), this.mails]);
    const relay = await firstLine(catcher);
    await run(this.pressroom, ['init', this.newsroom]);
    this.site = `http://127.0.0.1:${await freePort()}`;
    await this.edit('pressroom.toml', (text) =>
      text.replaceAll('127.0.0.1:2525', `127.0.0.1:${relay}`).replaceAll('http://127.0.0.1:8080', this.site).replaceAll('127.0.0.1:8080', this.site.slice(7)));
    // The clock shall have nothing to do by itself, nor the daemon look at partners' addresses: what changes in the store, a visitor changed.
    await this.edit('pressroom.toml', (text) => `${text}\n[links]\ncheck = false\n`);
    for (const name of await readdir(join(this.newsroom, 'issues'))) {
      if (name.endsWith('.md')) await this.edit(`issues/${name}`, (text) => text.replace(/^ready( *)= true/m, 'ready$1= false'));
    }
    await this.ask('partner', 'import', 'subscribers/partners.csv');
    for (const name of await readdir(join(this.newsroom, 'issues/features'))) {
      if (!name.endsWith('.md')) continue;
      const { id } = JSON.parse(await this.ask('feature', 'submit', `issues/features/${name}`, '--json'));
      await this.ask('feature', 'approve', id);
    }
    const few = (await readFile(join(this.newsroom, 'subscribers/readers.csv'), 'utf8')).split('\n').slice(0, 6).join('\n');
    await writeFile(join(this.newsroom, 'few.csv'), `${few}\n`);
    await this.ask('subscriber', 'import', 'few.csv', '--newsletter', 'partners', '--consent', 'the tests');
    this.log = '';
    const daemon = this.start(this.pressroom, ['--newsroom', this.newsroom, 'serve']);
    daemon.stderr.on('data', (chunk) => { this.log += chunk; });
    await firstLine(daemon);
    await this.ask('issue', 'send', 'issues/2027-02-partners.md', '--yes', '--offline');
    await this.ask('issue', 'correct', '2027-02-partners', '--note', 'The spring meeting begins at four, not at three.');
  }

  start(program, args) {
    const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    started.on('error', (error) => console.error(`${program}: ${error.message}`));
    this.programs.push(started);
    return started;
  }

  async edit(name, change) {
    const path = join(this.newsroom, name);
    await writeFile(path, change(await readFile(path, 'utf8')));
  }

  /** Runs a command in the newsroom. */
  async ask(...args) {
    const { stdout } = await run(this.pressroom, args, { cwd: this.newsroom, timeout: PATIENCE_MS, maxBuffer: 64 << 20 });
    return stdout;
  }

  /** Every mail that has been caught, the oldest first. */
  async caught() {
    const names = (await readdir(this.mails)).filter((name) => name.endsWith('.eml')).sort();
    return Promise.all(names.map(async (name) => read(await readFile(join(this.mails, name)), this.site)));
  }

  /** A reader's copy of the issue: of each reader there is one. */
  async issueMail(number = 0) {
    const isCopy = (mail) => mail.header('List-Unsubscribe') && mail.links.some((link) => link.includes('/partners/2027-02-partners'));
    return until(`copy ${number} of the issue`, async () => (await this.caught()).filter(isCopy)[number]);
  }

  /** The newest mail to an address with a link of that kind, once there is one. */
  async mailTo(address, kind) {
    return until(`a mail to ${address} with ${kind}`, async () =>
      (await this.caught()).reverse().find((mail) => mail.to.includes(address) && mail.links.some((link) => link.includes(kind))));
  }

  async close() {
    for (const program of this.programs.reverse()) {
      if (program.exitCode !== null) continue;
      program.kill('SIGTERM');
      await Promise.race([once(program, 'exit'), new Promise((resolve) => setTimeout(resolve, 10_000))]);
    }
    await rm(this.scratch, { recursive: true, force: true });
  }
}
