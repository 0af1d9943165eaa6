// The built-in roles open the pages: each is shown, or says that the right is missing. The short form takes each page once,
// going round through the roles; the long form takes them all. Last, since it logs in as others.
import { assert, openBrowser, waitFor } from './lib.mjs';
import { openRoute, readRoutes } from './routes.mjs';

const roles = ['auditor', 'operator', 'soc-analyst', 'infosec'];
const password = 'Brave-New-Kettle-9';

/** A person of the role who can log in; the stand-in has one of each. */
async function makePerson({ page, manager }, role) {
  if (!manager.isReal) return { username: role, password };
  const username = `e2e-${role}-${Date.now().toString(36)}`;
  const api = `${manager.url}/api/v1`;
  const { csrf_token: csrf } = await (await page.request.get(`${api}/session`)).json();
  const answer = await page.request.post(`${api}/users`, {
    headers: { 'X-CSRF-Token': csrf, 'Idempotency-Key': crypto.randomUUID() },
    data: { username, display_name: username, roles: [role] },
  });
  const made = await answer.json();
  assert(made.link, `no ${role} was made: ${JSON.stringify(made)}`);
  const reset = await page.request.post(`${api}/password-resets`, { data: { token: made.link.token, new: password } });
  assert(reset.ok(), `the ${role} has no password: ${reset.status()}`);
  return { username, password };
}

async function logIn(page, manager, person) {
  await page.goto(`${manager.url}/login`);
  await page.getByLabel('User name').fill(person.username);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

async function sweep(world, role) {
  const { manager } = world;
  await world.page.goto(`${manager.url}/nothing-here`);
  const person = await makePerson(world, role);
  const other = await openBrowser();
  const page = await other.context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('response', (answer) => answer.status() >= 500 && problems.push(`${answer.status()} from ${answer.url()}`));
  try {
    await logIn(page, manager, person);
    const { framed, paths } = await readRoutes();
    const isLong = process.env.WARDER_LONG === '1';
    const pages = framed.filter((each) => !each.isMissing && !each.open);
    for (const route of pages.filter((_, index) => isLong || index % roles.length === roles.indexOf(role))) {
      if (!(await openRoute(page, manager, route, paths))) continue;
      const [heading, denied] = [page.getByRole('heading', { level: 1 }), page.getByText('You may not see this')];
      await waitFor(`${route.path} for ${role}`, async () => (await heading.count()) + (await denied.count()) > 0);
    }
  } finally {
    await other.close();
  }
  assert(problems.length === 0, problems.join('\n'));
}

export const rolesSweep = (world) => roles.map((role) => [`pages open for ${role}, or say which right is missing`, () => sweep(world, role)]);
