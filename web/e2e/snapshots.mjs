// Pictures of the main pages for docs/console: `web/run snapshots`. Small ones, since they are kept in the repository.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, waitFor } from './lib.mjs';
import { openRoute, readRoutes } from './routes.mjs';

const maxBytes = 100_000;
/** What is worth a picture, as the router calls it. */
const main = new Set([
  'dashboard', 'events', 'event', 'alerts', 'incidents', 'review', 'fleet', 'agent-policy', 'agent-inventory', 'policies', 'fleet-one', 'policies-one',
  'policy-rollouts', 'rules', 'rules-test', 'quarantine', 'firewall', 'attack', 'reports', 'destinations', 'audit', 'health', 'assurance', 'assurance-commitments',
  'assurance-duties', 'privacy',
]);
/** These in Japanese and dark, too. */
const inJapanese = new Set(['events', 'fleet']);

export async function snapshots(world) {
  const folder = process.env.WARDER_SNAPSHOTS;
  if (!folder) return [];
  await mkdir(folder, { recursive: true });
  const { framed, paths } = await readRoutes();
  const chosen = framed.filter((route) => main.has(route.name));
  assert(chosen.length === main.size, `there are no pages ${[...main].filter((name) => !chosen.some((route) => route.name === name)).join(', ')}`);
  return [
    ...chosen.map((route) => [`snapshot of ${route.name}`, () => take(world, route, paths, folder, 'en', 'light')]),
    ...chosen.filter((route) => inJapanese.has(route.name)).map((route) => [`snapshot of ${route.name} in Japanese`, () => take(world, route, paths, folder, 'ja', 'dark')]),
    ['snapshot of many selected and the palette', () => palette(world, folder)],
  ];
}

/** The language and theme of what is opened next. */
function prefer(page, locale, scheme) {
  return page.evaluate(([language, theme]) => {
    localStorage.setItem('warder-preferences', JSON.stringify({ locale: language }));
    localStorage.setItem('mantine-color-scheme-value', theme);
  }, [locale, scheme]);
}

async function take({ page, manager }, route, paths, folder, locale, scheme) {
  await prefer(page, locale, scheme);
  if (!(await openRoute(page, manager, route, paths))) return;
  await save(page, join(folder, `${route.name}${locale === 'en' ? '' : `-${locale}`}.webp`));
}

async function palette({ page, manager }, folder) {
  await prefer(page, 'en', 'light');
  await page.goto(`${manager.url}/fleet`);
  await page.getByLabel('Select all that are shown').check();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Go to a page or do something').waitFor();
  await save(page, join(folder, 'palette.webp'));
  await page.keyboard.press('Escape');
}

/** As sharp as the size allows. */
async function save(page, file) {
  await waitFor('what fades', () => page.evaluate(() => document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect?.getComputedTiming().iterations === Infinity)));
  const session = await page.context().newCDPSession(page);
  for (const quality of [90, 75, 60, 40]) {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality });
    const picture = Buffer.from(data, 'base64');
    if (picture.length > maxBytes) continue;
    await session.detach();
    return writeFile(file, picture);
  }
  assert(false, `${file} is larger than ${maxBytes} bytes`);
}
