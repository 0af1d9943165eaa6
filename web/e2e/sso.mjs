// Single sign-on at a real provider on another site: WARDER_SSO names it, and "ann" is known there.
import { assert, checkAccessibility, openBrowser, openPage, screenshot } from './lib.mjs';

/** In a browser of its own: nobody is logged in there. */
async function logIn(manager, name) {
  const browser = await openBrowser();
  try {
    const { page, problems } = await openPage(browser.context);
    await page.goto(`${manager.url}/login`);
    await page.getByRole('link', { name: `Log in with ${name}` }).waitFor();
    await checkAccessibility(page, 'login-sso');
    await screenshot(page, 'login-sso');
    await page.getByRole('link', { name: `Log in with ${name}` }).click();
    await page.locator('input[name=login]').fill('ann');
    await page.locator('input[name=password]').fill('any');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]:has-text("Continue")').click();
    await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
    await page.getByRole('button', { name: /^Account of Ann Example/ }).waitFor();
    // The provider's pages have problems of their own; ours have none.
    const ours = problems.filter((problem) => problem.includes(manager.url));
    assert(ours.length === 0, ours.join('\n'));
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
  } finally {
    await browser.close();
  }
}

export function sso(world) {
  const name = process.env.WARDER_SSO;
  if (!name) return [];
  return [['log in at an identity provider', () => logIn(world.manager, name)]];
}
