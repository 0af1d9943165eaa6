// Every page in both languages and themes, clean for axe and without anything that the content security policy refused.
// The short form takes each page once, going round through the four looks; the long form takes them all.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

const pages = [
  ['dashboard', '/dashboard'],
  ['events', '/events'],
  ['event', '/events#first'],
  ['incidents', '/incidents'],
  ['incident', '/incidents#first'],
  ['incident-times', '/incidents/times'],
  ['incident-settings', '/incidents/settings'],
  ['review', '/review'],
  ['review-day', '/review#first'],
  ['fleet', '/fleet'],
  ['agent', '/fleet#first'],
  ['groups', '/fleet/groups'],
  ['software', '/fleet/software'],
  ['enrolment', '/fleet/enrolment'],
  ['policies', '/policies'],
  ['policy', '/policies#first'],
  ['firewall', '/firewall'],
  ['quarantine', '/quarantine'],
  ['approvals', '/approvals'],
  ['users', '/users'],
  ['sessions', '/users/sessions'],
  ['access', '/users/access'],
  ['providers', '/users/providers'],
  ['own-sessions', '/sessions'],
  ['destinations', '/destinations'],
  ['audit', '/audit'],
  ['tenants', '/tenants'],
  ['tenant', '/tenants#first'],
  ['isolation', '/tenants/isolation'],
  ['template', '/tenants/template'],
  ['grants', '/access-grants'],
  ['keys', '/keys'],
  ['backups', '/backups'],
  ['missing', '/nothing-here'],
];
const looks = [['en', 'light'], ['ja', 'dark'], ['en', 'dark'], ['ja', 'light']];

export function matrix(world) {
  const isLong = process.env.WARDER_LONG === '1';
  const chosen = pages.flatMap((page, index) => (isLong ? looks : [looks[index % looks.length], looks[(index + 1) % looks.length]]).map((look) => [page, look]));
  return [
    ...chosen.map(([[name, path], [locale, scheme]]) => [`${name} in ${locale}, ${scheme}`, () => visit(world, name, path, locale, scheme)]),
    ['a narrow screen has no sideways scroll', () => narrow(world)],
    ['the page is served as the policy wants', () => headers(world)],
  ];
}

async function visit({ page, manager, problems }, name, path, locale, scheme) {
  await page.evaluate(([language, theme]) => {
    localStorage.setItem('warder-preferences', JSON.stringify({ locale: language }));
    localStorage.setItem('mantine-color-scheme-value', theme);
  }, [locale, scheme]);
  const [address, anchor] = path.split('#');
  await page.goto(manager.url + address);
  await page.locator('#content').waitFor();
  if (anchor === 'first' && address === '/events') await page.getByRole('grid').getByRole('row').nth(1).locator('time').click();
  else if (anchor === 'first') await page.locator('#content').getByRole('table').getByRole('link').first().click();
  await waitFor('the loading to end', async () => (await page.locator('#content [role=status] .mantine-Loader-root, .mantine-Skeleton-root').count()) === 0);
  if (name !== 'missing') await page.getByRole('heading', { level: 1 }).waitFor();
  if (name === 'event') await page.getByRole('dialog').getByRole('tab').first().waitFor();
  assert((await page.evaluate(() => document.documentElement.lang)) === locale, 'the language is another');
  assert((await page.evaluate(() => document.documentElement.dataset.mantineColorScheme)) === scheme, 'the theme is another');
  await checkAccessibility(page, name);
  await screenshot(page, `${name}-${locale}-${scheme}`);
  assert(problems.length === 0, problems.splice(0).join('\n'));
}

async function narrow({ page, manager }) {
  await page.setViewportSize({ width: 360, height: 740 });
  try {
    for (const path of ['/dashboard', '/events', '/incidents', '/incidents/settings', '/review', '/fleet', '/policies', '/firewall', '/quarantine', '/audit', '/tenants', '/tenants/isolation', '/tenants/template', '/access-grants', '/keys', '/backups']) {
      await page.goto(manager.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      await screenshot(page, `narrow-${path.slice(1).replaceAll('/', '-')}`);
      assert(overflow <= 0, `${path} is ${overflow} px too wide`);
    }
  } finally {
    await page.setViewportSize({ width: 1360, height: 850 });
  }
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
