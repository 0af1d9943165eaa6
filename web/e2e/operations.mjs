// What operates the service: tenants, access of operators, keys and backups.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function operations({ manager, page }) {
  const name = `e2e-${Date.now().toString(36)}`;
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog');
  const act = async (of, action) => {
    await page.getByRole('button', { name: `Actions for ${of}` }).first().click();
    await page.getByRole('menuitem', { name: action }).click();
    await dialog().waitFor();
  };

  return [
    ['a tenant is made, limited, suspended and deleted', async () => {
      await open('/tenants');
      await page.getByRole('button', { name: 'Add a tenant' }).click();
      await dialog().getByLabel('Name', { exact: false }).first().fill(name);
      await dialog().getByLabel('Agents at most').fill('25');
      await checkAccessibility(page, 'new tenant');
      await screenshot(page, 'tenant-new');
      await dialog().getByRole('button', { name: 'Make the tenant' }).click();
      const link = page.getByRole('textbox', { name: 'Reset link' });
      await link.waitFor({ timeout: 60_000 });
      assert(/\/reset#/.test(await link.innerText()), 'no link for the first administrator');
      await page.getByRole('button', { name: 'Done' }).click();
      const row = page.getByRole('row').filter({ hasText: name });
      await row.waitFor();
      await act(name, 'Change limits');
      await dialog().getByLabel('Users at most').fill('12');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      await row.getByText('12', { exact: true }).waitFor();
      await act(name, 'Suspend');
      await dialog().getByLabel('Reason').fill('unpaid since May');
      await dialog().getByRole('button', { name: 'Suspend' }).click();
      await row.getByText('Suspended').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await act(name, 'Delete');
      await dialog().getByLabel('Reason').fill('contract ended');
      await dialog().getByLabel(`Type ${name} to confirm`).fill(name);
      await checkAccessibility(page, 'tenant deletion');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await row.getByText('Waiting for deletion').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await act(name, 'Resume');
      await dialog().getByRole('button', { name: 'Resume' }).click();
      await row.getByText('Active').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await row.getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      await page.getByText('/ 25').waitFor();
    }],
    ['tenants are found to be apart', async () => {
      await open('/tenants/isolation');
      await page.getByRole('button', { name: 'Run now' }).click();
      await page.getByRole('status').filter({ hasText: 'Tenants are apart' }).waitFor({ timeout: 60_000 });
    }],
    ['access to a tenant is asked for and ended', async () => {
      await open('/access-grants');
      await page.getByRole('button', { name: 'Ask for access' }).click();
      await dialog().getByRole('combobox', { name: 'Tenant' }).click();
      await page.getByRole('option', { name }).click();
      await dialog().getByLabel('Reason').fill(`case ${name}`);
      await checkAccessibility(page, 'access request');
      await screenshot(page, 'grant-request');
      await dialog().getByRole('button', { name: 'Ask for access' }).click();
      const row = page.getByRole('row').filter({ hasText: `case ${name}` });
      await row.getByText('Waiting').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await row.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'End' }).click();
      await dialog().getByLabel('Reason').fill('not needed');
      await checkAccessibility(page, 'access end');
      await dialog().getByRole('button', { name: 'End' }).click();
      await row.getByText('Ended').waitFor();
    }],
    ['a key is rotated, and the root key takes two', async () => {
      await open('/keys');
      const table = page.getByRole('table', { name: 'Keys' });
      await table.getByRole('row').nth(1).waitFor();
      const mine = table.getByRole('button', { name: /^Actions for primary content \d+/ });
      const before = await mine.count();
      await mine.first().click();
      await page.getByRole('menuitem', { name: 'Rotate' }).click();
      await dialog().getByRole('button', { name: 'Rotate' }).click();
      await waitFor('a new epoch', async () => (await mine.count()) > before);
      await page.getByRole('button', { name: 'Rotate the root key' }).click();
      await dialog().getByLabel('Reason').waitFor();
      await checkAccessibility(page, 'root key');
      await screenshot(page, 'key-permit');
      await page.keyboard.press('Escape');
    }],
    ['a backup is made and verified', async () => {
      await open('/backups');
      const rows = page.getByRole('table', { name: 'Backups' }).getByRole('row');
      const before = await rows.count();
      await page.getByRole('button', { name: 'Make a backup' }).click();
      await waitFor('the backup', async () => (await rows.count()) > before, 90_000);
      const first = rows.nth(1);
      await waitFor('the run to end', () => page.getByRole('button', { name: 'Make a backup' }).isEnabled(), 60_000);
      await first.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Verify' }).click();
      await first.getByText(/^Good/).waitFor({ timeout: 60_000 });
      await screenshot(page, 'backups');
    }],
  ];
}
