// What the browser tests share: the browser, a console that is logged in, axe, and the counting.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, statfs } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = await readFile(require.resolve('axe-core/axe.min.js'), 'utf8');
const chromiumPath = process.env.WARDER_CHROMIUM ?? '/usr/bin/chromium';
const flags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--ignore-certificate-errors',
];

/** The manager of the environment, or a stand-in that ends with this process. */
export async function findManager() {
  const { WARDER_URL, WARDER_USER = 'admin', WARDER_PASSWORD } = process.env;
  if (WARDER_URL && WARDER_PASSWORD) {
    return { url: WARDER_URL.replace(/\/$/, ''), user: WARDER_USER, password: WARDER_PASSWORD, isReal: true, stop: () => undefined };
  }
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../mock/server.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(String(line).trim()));
    child.once('exit', (code) => reject(new Error(`the stand-in manager ended with ${code}`)));
  });
  return { url, user: 'admin', password: 'One-time-1', isReal: false, stop: () => child.kill() };
}

export async function openBrowser() {
  const profile = await mkdtemp(join(tmpdir(), 'warder-e2e-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: flags,
    ignoreHTTPSErrors: true,
    viewport: { width: 1360, height: 850 },
    locale: 'en-GB',
    timezoneId: 'Asia/Tokyo',
    // What closes is gone at once: while it fades, its roles are half taken away.
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  return { context, close: async () => { await context.close(); await rm(profile, { recursive: true, force: true }); } };
}

/** A page whose own errors are failures: exceptions, refused styles or scripts, console errors. */
export async function openPage(context, problems = []) {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    // The browser itself reports each answer of 4xx; tests of refusals cause those on purpose.
    if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) problems.push(message.text());
  });
  return { page, problems };
}

/** Stands for what `current` gives at the moment of each use. */
function standIn(current) {
  return new Proxy(current(), {
    get: (_, key) => {
      const object = current();
      const value = object[key];
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}

/**
 * A browser that may die and be opened again: `page` and `context` stand for those that live. `remember` keeps who is logged in;
 * `revive` says whether the browser was dead, and opens another with that person logged in.
 */
export async function openLastingBrowser() {
  let browser = await openBrowser();
  let opened = await openPage(browser.context);
  const { problems } = opened;
  let cookies = [];
  let isDead = false;
  const watch = () => browser.context.once('close', () => { isDead = true; });
  watch();
  return {
    page: standIn(() => opened.page),
    context: standIn(() => browser.context),
    problems,
    remember: async () => { cookies = await browser.context.cookies(); },
    revive: async () => {
      if (!isDead) return false;
      const { bavail, bsize } = await statfs(tmpdir());
      console.log(`the browser ended; ${Math.round(freemem() / 2 ** 20)} MB of memory and ${Math.round((bavail * bsize) / 2 ** 20)} MB of ${tmpdir()} are free`);
      await browser.close();
      browser = await openBrowser();
      isDead = false;
      watch();
      await browser.context.addCookies(cookies);
      opened = await openPage(browser.context, problems);
      return true;
    },
    close: () => browser.close(),
  };
}

/** What fades in or out has other colours meanwhile, and roles that are about to go: waits until all of it stands. */
async function settle(page) {
  await page.waitForFunction(() => document.getAnimations().every(({ playState, effect }) =>
    playState !== 'running' || effect?.getComputedTiming().iterations === Infinity));
}

/** Fails with every violation that axe finds. */
export async function checkAccessibility(page, name) {
  await settle(page);
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  if (violations.length === 0) return;
  const lines = violations.map(({ id, help, nodes }) =>
    `  ${id}: ${help}\n${nodes.slice(0, 4).map((node) => `    ${node.target.join(' ')}\n      ${node.failureSummary?.replaceAll('\n', ' ')}`).join('\n')}`);
  throw new Error(`${name}: axe found\n${lines.join('\n')}`);
}

export async function screenshot(page, name) {
  const folder = process.env.WARDER_SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export async function waitFor(what, test, timeout = 20_000) {
  const end = Date.now() + timeout;
  for (;;) {
    const result = await test();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Somebody else agrees to what was asked for last under this name: of a real manager, WARDER_SECOND ("name:password"). */
export async function agree({ manager, page }, action) {
  const api = `${manager.url}/api/v1`;
  const headers = { 'X-CSRF-Token': 'csrf' };
  if (manager.isReal) {
    const [username, password] = (process.env.WARDER_SECOND ?? '').split(':');
    const answer = await page.request.post(`${api}/tokens`, { data: { username, password } });
    headers.Authorization = `Bearer ${(await answer.json()).token}`;
  }
  const { items } = await (await page.request.get(`${api}/approvals`, { headers })).json();
  const asked = items.find((each) => each.action === action && each.state === 'pending');
  assert(asked, `nobody asked for ${action}`);
  const decision = await page.request.post(`${api}/approvals/${asked.id}/decision`, { headers, data: { approve: true } });
  assert(decision.ok(), `the decision was refused: ${await decision.text()}`);
}

const tooMany = 20;

/**
 * Runs the tests one after another; a failure does not stop the rest, but very many do: something else is wrong then. One during
 * which the browser died says nothing of the console: it runs once more in another browser, and where that one dies too the test
 * has failed.
 */
export async function runAll(tests, { remember, revive }) {
  let passed = 0;
  const failed = [];
  let left = tests.length;
  for (const [name, run] of tests) {
    if (failed.length === tooMany) break;
    left -= 1;
    const start = performance.now();
    const attempt = async () => { await run(); await remember(); };
    try {
      await attempt().catch(async (error) => {
        if (!(await revive())) throw error;
        console.log(`again ${name}`);
        await attempt();
      });
      passed += 1;
      console.log(`ok    ${name} (${Math.round(performance.now() - start)} ms)`);
    } catch (error) {
      failed.push(name);
      console.log(`FAIL  ${name}\n${error instanceof Error ? error.message : error}`);
      await revive();
    }
  }
  console.log(`${passed} passed, ${failed.length} failed${left ? `, ${left} not run` : ''}`);
  return failed.length === 0;
}
