// Parts of the fleet: smart groups, where they are used, people whose role goes for a part, and what has changed on a host.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function fleetParts({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog');
  const unique = `e2e-${Date.now().toString(36)}`;
  const groups = () => page.getByRole('table', { name: 'Smart groups' });
  const row = () => groups().getByRole('row').filter({ hasText: unique });

  return [
    ['smart groups: one is made of a filter, counted, and lists whoever matches', async () => {
      await open('/fleet/groups');
      await page.getByRole('button', { name: 'Add smart group' }).click();
      await dialog().getByLabel('Name').fill(unique);
      await dialog().getByLabel('Filter of hosts').fill('severity=high');
      await dialog().getByText(/there is no field/).waitFor();
      await dialog().getByLabel('Filter of hosts').fill('name:"*"');
      await dialog().getByText(/^It matches \d+ hosts? now\.$/).waitFor();
      await checkAccessibility(page, 'new smart group');
      await screenshot(page, 'smart-group');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      await waitFor('the count', async () => /[1-9]/.test(await row().getByRole('cell').nth(2).innerText()));
      const count = Number(await row().getByRole('cell').nth(2).innerText());
      await row().getByRole('link', { name: unique }).click();
      await page.waitForURL(/smart=/);
      await waitFor('its hosts', async () => (await page.getByRole('table', { name: 'Agents' }).getByRole('row').count()) === count + 1);
    }],
    ['smart groups: one narrows a tab of the dashboard', async () => {
      await open('/dashboard');
      await page.getByRole('combobox', { name: 'Group' }).or(page.getByRole('textbox', { name: 'Group' })).first().click();
      const kept = page.waitForResponse((response) => response.request().method() === 'PUT' && response.url().endsWith('/session/dashboard'));
      await page.getByRole('option', { name: unique }).click();
      const saved = (await kept).request().postDataJSON();
      assert(JSON.stringify(saved).includes('"smart_group_id":"'), `what is kept names no smart group: ${JSON.stringify(saved)}`);
      await page.locator('[data-widget] a[href*="smart="]').first().waitFor();
    }],
    ['smart groups: one is deleted', async () => {
      await open('/fleet/groups');
      await row().getByRole('button', { name: `Actions for ${unique}` }).click();
      await page.getByRole('menuitem', { name: 'Delete' }).click();
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await row().waitFor({ state: 'detached' });
    }],
    ['users: a role goes for a part of the fleet', async () => {
      await open('/users');
      await page.getByRole('button', { name: 'Add a user' }).click();
      await dialog().getByLabel('User name').fill(unique);
      await dialog().getByRole('button', { name: 'Add a role for a part of the fleet' }).click();
      const part = dialog().getByRole('group', { name: 'Part 1' });
      await dialog().getByRole('button', { name: 'Add a user' }).click();
      await dialog().getByText('Each needs a role, and a group, a policy or a tag.').waitFor();
      await part.getByRole('combobox', { name: 'Role' }).or(part.getByRole('textbox', { name: 'Role' })).first().click();
      await page.getByRole('option', { name: 'Operator' }).last().click();
      await part.getByLabel('Tags').last().fill('pci');
      await page.keyboard.press('Enter');
      await checkAccessibility(page, 'scoped role');
      await screenshot(page, 'scoped-role');
      await dialog().getByRole('button', { name: 'Add a user' }).click();
      await page.getByRole('textbox', { name: 'Reset link' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('row').filter({ hasText: unique }).getByText('Operator (part of the fleet)').waitFor();
    }],
    ['changes: a host says what differs from its baseline, and from when that is known', async () => {
      await open('/fleet');
      await page.getByRole('table', { name: 'Agents' }).getByRole('row').nth(1).getByRole('link').first().click();
      await page.getByRole('tab', { name: 'Changes' }).click();
      const table = page.getByRole('table', { name: 'Changes' });
      await table.getByRole('row').nth(1).waitFor();
      await page.getByText(/^Since/).first().waitFor();
      await checkAccessibility(page, 'changes of a host');
      await screenshot(page, 'host-changes');
      await page.getByLabel('Search path or name').fill('no such path');
      await page.waitForURL(/q=no/);
      await page.getByText('No change matches').waitFor();
      await page.getByLabel('Search path or name').fill('');
      await table.getByRole('link', { name: /^\d+ events?$/ }).first().click();
      await page.waitForURL(/\/events\?/);
      await page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
    }],
  ];
}
