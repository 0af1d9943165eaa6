// A role of the tenant's own: made, changed, deleted.
import { checkAccessibility, screenshot } from './lib.mjs';

export function roles({ manager, page }) {
  const name = `e2e-${Date.now().toString(36)}`;
  const dialog = () => page.getByRole('dialog');
  return [
    ['roles: one of the tenant’s own is made, changed and deleted', async () => {
      await page.goto(`${manager.url}/users/roles`);
      await page.getByRole('button', { name: 'Add a role' }).click();
      await dialog().getByLabel('Name').fill(name);
      await dialog().getByLabel('Description').fill('Looks at hosts');
      await dialog().getByRole('group', { name: 'agents', exact: true }).getByRole('checkbox').first().check();
      await checkAccessibility(page, 'new role');
      await screenshot(page, 'role');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const row = page.getByRole('row').filter({ hasText: name });
      await row.getByText('1 right').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await row.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Edit' }).click();
      await dialog().getByRole('group', { name: 'events', exact: true }).getByRole('checkbox').first().check();
      await dialog().getByRole('button', { name: 'Save' }).click();
      await row.getByText('2 rights').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await row.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await row.waitFor({ state: 'detached' });
    }],
  ];
}
