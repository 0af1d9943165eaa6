// The dashboard: arranged by pointer and keyboard, kept by the manager, each number a link to where it comes from.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function dashboard({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const titles = async () => (await page.locator('[data-widget] h2').allInnerTexts()).map((each) => each.trim());
  const kept = () => page.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/session/dashboard'));
  const arrange = () => page.getByRole('button', { name: 'Arrange' }).click();

  return [
    ['dashboard: widgets are arranged by pointer and keyboard, and stay so', async () => {
      await open('/dashboard');
      await page.getByRole('heading', { level: 1, name: 'Dashboard' }).waitFor();
      await waitFor('the widgets', async () => (await titles()).length > 3);
      await screenshot(page, 'dashboard');
      await arrange();
      const before = await titles();
      const handle = page.getByRole('button', { name: `Move ${before[0]}`, exact: true });
      const target = page.locator('[data-widget]').nth(2);
      const [from, to] = [await handle.boundingBox(), await target.boundingBox()];
      let saved = kept();
      await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
      await page.mouse.down();
      await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
      await page.mouse.up();
      await saved;
      const expected = [before[1], before[2], before[0], ...before.slice(3)];
      assert(JSON.stringify(await titles()) === JSON.stringify(expected), `dragged to ${await titles()}`);
      saved = kept();
      await handle.focus();
      await page.keyboard.press('Home');
      await saved;
      await waitFor('the first order', async () => JSON.stringify(await titles()) === JSON.stringify(before));
      saved = kept();
      await page.keyboard.press('ArrowRight');
      await saved;
      await checkAccessibility(page, 'dashboard being arranged');
      await page.reload();
      await waitFor('the kept order', async () => (await titles())[1] === before[0]);
    }],
    ['dashboard: a tab has its own range and scope, and its numbers lead to the same events', async () => {
      await open('/dashboard');
      await arrange();
      await page.getByRole('button', { name: 'Add a tab' }).click();
      await page.waitForURL(/tab=\d/);
      const name = page.getByLabel('Name of the tab');
      let saved = kept();
      await name.fill('Changes');
      await name.press('Enter');
      await saved;
      saved = kept();
      await page.getByText('7 d', { exact: true }).click();
      await saved;
      const filter = page.getByLabel('Filter of events');
      saved = kept();
      await filter.fill('severity >= low');
      await filter.press('Enter');
      await saved;
      await page.getByRole('link', { name: 'Changes' }).waitFor();
      const row = page.locator('[data-widget]').filter({ hasText: 'Events by severity' }).getByRole('listitem').first();
      await row.waitFor();
      await row.getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
      const { searchParams } = new URL(page.url());
      assert(searchParams.get('range') === '7d', 'the range is lost');
      assert(/^severity >= low and severity = "\w+"$/.test(searchParams.get('filter')), `the filter is ${searchParams.get('filter')}`);
      await waitFor('rows', async () => (await page.getByRole('grid').getByRole('row').count()) > 1);
    }],
  ];
}
