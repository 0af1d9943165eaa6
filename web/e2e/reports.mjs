// Reports: described, made at once, taken as files, switched off and back on, and deleted.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function reports({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog');
  const row = (table, text) => page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });
  const act = async (at, name) => {
    await at.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  const name = `Report ${Date.now().toString(36)}`;

  return [
    ['reports: one is described, and says when it is made next', async () => {
      await open('/reports');
      await page.getByRole('button', { name: 'Add a report' }).click();
      await dialog().getByRole('textbox', { name: 'Name' }).fill(name);
      await dialog().getByText(/^Every day at 08:00 \(Asia\/Tokyo\).*Next: \d{4}-\d\d-\d\d 08:00/).waitFor();
      await dialog().getByRole('combobox', { name: 'How often' }).click();
      await page.getByRole('option', { name: 'Every month' }).click();
      await dialog().getByText(/^On day 1 of each month/).waitFor();
      await checkAccessibility(page, 'a report');
      await screenshot(page, 'report-dialog');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      await row('Definitions', name).getByText(/^On day 1 of each month/).waitFor();
      await checkAccessibility(page, 'reports');
      await screenshot(page, 'reports');
    }],
    ['reports: one is made now, and its JSON is what the hash is of', async () => {
      await open('/reports');
      await act(row('Definitions', name), 'Make it now');
      await page.getByText('It is being made.').waitFor();
      await act(row('Definitions', name), 'Show what was made');
      await page.waitForURL(/report=/);
      const made = row('Made for me', name);
      // The manager's job looks once a minute.
      await waitFor('the report to be made', async () => (await made.count()) > 0, 120_000);
      await checkAccessibility(page, 'deliveries');
      await screenshot(page, 'report-deliveries');
      const [file] = await Promise.all([page.waitForEvent('download'), made.getByRole('button', { name: /^JSON of/ }).click()]);
      const hash = createHash('sha256').update(await readFile(await file.path())).digest('hex');
      assert((await made.locator('code').getAttribute('title')) === hash, 'the hash is of something else');
    }],
    ['reports: one is switched off, back on by undo, and deleted after a question', async () => {
      await open('/reports');
      const own = row('Definitions', name);
      await act(own, 'Switch off');
      await own.getByText('Off', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await own.getByText('On', { exact: true }).waitFor();
      await act(own, 'Delete');
      await checkAccessibility(page, 'delete a report');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the report to go', async () => (await own.count()) === 0);
    }],
  ];
}
