// Every page of the console, read from the router's own files: a new page is in the sweeps at once.
import { readdir, readFile } from 'node:fs/promises';
import { assert, waitFor } from './lib.mjs';

const folder = new URL('../src/app/routes/', import.meta.url);
const pattern = /createRoute\(\{\s*\.\.\.(inApp|inRoot),\s*path: '([^']+)'/g;

/** What of a page another address shows: a tab, a drawer. A page that nothing links to says here how it is opened. */
const states = [
  { name: 'event', from: '/events', open: (page) => page.getByRole('grid').getByRole('row').nth(1).locator('time').click(), ready: (page) => page.getByRole('dialog').getByRole('tab').first().waitFor() },
  { name: 'agent-policy', from: '/fleet/$agentId', search: '?tab=policy' },
  { name: 'agent-inventory', from: '/fleet/$agentId', search: '?tab=inventory' },
  { name: 'policy-versions', from: '/policies/$policyId', search: '?tab=versions' },
  { name: 'policy-rollouts', from: '/policies/$policyId', search: '?tab=rollouts' },
];
const missing = { name: 'missing', path: '/nothing-here', isMissing: true };

const nameOf = (path) => path.slice(1).replace(/\$\w+/g, 'one').replaceAll('/', '-');

/** Pages within the frame, and those before it (login and so on), in the order of the router. */
export async function readRoutes() {
  const routes = [];
  for (const file of (await readdir(folder)).filter((each) => each.endsWith('.tsx')).toSorted()) {
    for (const [, parent, path] of (await readFile(new URL(file, folder), 'utf8')).matchAll(pattern)) {
      if (path !== '/' && path !== '$') routes.push({ name: nameOf(path), path, isFramed: parent === 'inApp' });
    }
  }
  assert(routes.length > 20, 'the router was not read: has the form of its lines changed?');
  const framed = routes.filter((route) => route.isFramed);
  const inStates = states.map((state) => Object.assign({ path: state.from, isFramed: true }, state));
  return { framed: [...framed, ...inStates, { ...missing, isFramed: true }], bare: routes.filter((route) => !route.isFramed), paths: routes.map((route) => route.path) };
}

/** The address of a page; a part to fill in is that of the first link to such a page. Undefined: there is no such thing. */
async function addressOf(page, url, route, paths) {
  const cut = route.path.indexOf('/$');
  if (cut < 0) return route.path + (route.search ?? '');
  const parent = route.path.slice(0, cut);
  await page.goto(url + parent);
  await settled(page);
  const links = await page.locator(`#content a[href^="${parent}/"]`).evaluateAll((all) => all.map((link) => new URL(link.href).pathname));
  const form = new RegExp(`^${route.path.replace(/\$\w+/g, '[^/]+')}$`);
  const found = links.find((link) => form.test(link) && !paths.includes(link));
  return found && found + (route.search ?? '');
}

/** No more loading, and a heading, or the reason why there is none. */
export async function settled(page) {
  await page.locator('h1, [role=alert], form').first().waitFor();
  await waitFor('the loading to end', async () => (await page.locator('#content [role=status] .mantine-Loader-root, .mantine-Skeleton-root').count()) === 0);
}

/** Opens a page; false when it is of a thing that is not there. */
export async function openRoute(page, manager, route, paths) {
  const address = await addressOf(page, manager.url, route, paths);
  if (!address) return false;
  await page.goto(manager.url + address);
  await settled(page);
  if (route.open) await route.open(page);
  if (route.ready) await route.ready(page);
  return true;
}
