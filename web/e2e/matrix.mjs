// Every page in both languages and themes: clean for axe, nothing that the content security policy refused, nothing that
// moves while it loads, no sideways scroll on a narrow screen. The short form goes round through the four looks, two for a
// page; the long form takes them all.
import { assert, checkAccessibility, screenshot } from './lib.mjs';
import { openRoute, readRoutes } from './routes.mjs';

const looks = [['en', 'light'], ['ja', 'dark'], ['en', 'dark'], ['ja', 'light']];
/** What browsers call good. */
const maxShift = 0.1;

export async function matrix(world) {
  const isLong = process.env.WARDER_LONG === '1';
  const { framed, bare, paths } = await readRoutes();
  const chosen = [...framed, ...bare].flatMap((route, index) =>
    (isLong ? looks : [looks[index % looks.length], looks[(index + 1) % looks.length]]).map((look) => [route, look]));
  await world.page.addInitScript(watchShifts);
  return [
    ...chosen.map(([route, [locale, scheme]]) => [`${route.name} in ${locale}, ${scheme}`, () => visit(world, route, paths, locale, scheme)]),
    ['a narrow screen has no sideways scroll', () => narrow(world, framed, paths)],
    ['the time zone is shown', () => zone(world)],
    ['the page is served as the policy wants', () => headers(world)],
  ];
}

/** In the page: adds up what moved without the person having done something. */
function watchShifts() {
  globalThis.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

async function wear(page, locale, scheme) {
  await page.evaluate(([language, theme]) => {
    localStorage.setItem('warder-preferences', JSON.stringify({ locale: language }));
    localStorage.setItem('mantine-color-scheme-value', theme);
  }, [locale, scheme]);
}

async function visit({ page, manager, problems }, route, paths, locale, scheme) {
  await wear(page, locale, scheme);
  if (!(await openRoute(page, manager, route, paths))) {
    assert(manager.isReal, `nothing in #content links to ${route.path}: link to it, or say in e2e/routes.mjs how it is opened`);
    return console.log(`      ${route.path}: there is none`);
  }
  if (!route.isMissing) await page.getByRole('heading', { level: 1 }).first().waitFor();
  assert((await page.evaluate(() => document.documentElement.lang)) === locale, 'the language is another');
  assert((await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)) === scheme, 'the theme is another');
  await checkAccessibility(page, route.name);
  const shifted = await page.evaluate(() => globalThis.shifted);
  assert(route.open || shifted < maxShift, `the page moved by ${shifted.toFixed(3)} while it loaded`);
  await screenshot(page, `${route.name}-${locale}-${scheme}`);
  assert(problems.length === 0, problems.splice(0).join('\n'));
}

async function narrow({ page, manager }, framed, paths) {
  await wear(page, 'en', 'light');
  await page.setViewportSize({ width: 360, height: 740 });
  const wide = [];
  try {
    for (const route of framed.filter((each) => !each.open)) {
      if (!(await openRoute(page, manager, route, paths))) continue;
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await screenshot(page, `narrow-${route.name}`);
      if (overflow > 0) wide.push(`${route.path} is ${overflow} px too wide`);
    }
  } finally {
    await page.setViewportSize({ width: 1360, height: 850 });
  }
  assert(wide.length === 0, wide.join('\n'));
}

async function zone({ page, manager }) {
  await wear(page, 'en', 'light');
  await page.goto(`${manager.url}/events`);
  await page.getByRole('banner').getByText(/UTC|GMT/).first().waitFor();
}

async function headers({ page, manager }) {
  const first = await page.goto(`${manager.url}/events`);
  const policy = first.headers()['content-security-policy'] ?? '';
  assert(/default-src 'self'/.test(policy) && !/unsafe-inline|unsafe-eval/.test(policy), `content-security-policy: ${policy}`);
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  assert(nonce && (await page.locator('meta[name=csp-nonce]').getAttribute('content')) === nonce, 'the nonce of the page is not that of the policy');
  const second = await page.request.get(`${manager.url}/events`);
  assert(!second.headers()['content-security-policy'].includes(nonce), 'the nonce is used twice');
  if (!manager.isReal) return;
  const script = await page.locator('script[type=module]').first().getAttribute('src');
  const asset = await page.request.get(manager.url + script, { headers: { 'Accept-Encoding': 'gzip, br' } });
  assert(/br|gzip/.test(asset.headers()['content-encoding'] ?? ''), 'scripts are not served compressed');
  assert(/immutable/.test(asset.headers()['cache-control'] ?? ''), 'scripts are not cached for good');
}
