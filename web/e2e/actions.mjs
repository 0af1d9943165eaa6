// The one registry of actions: the same on a selection, on all that match, by key and in the palette; and roll-outs.
import { assert, checkAccessibility, waitFor } from './lib.mjs';

export function actions({ page, manager }) {
  const open = (path) => page.goto(manager.url + path);
  const bar = () => page.getByRole('toolbar', { name: 'Actions on the selected hosts' });
  const hosts = () => page.getByRole('table', { name: 'Agents' }).getByRole('row');
  const openFleet = async (search = '') => {
    await open(`/fleet${search}`);
    await waitFor('hosts', async () => (await hosts().count()) > 1);
    // The keys come with the palette, which is loaded behind the page.
    await page.waitForLoadState('networkidle');
  };

  return [
    ['a command goes to all that match', async () => {
      await openFleet('?state=online');
      await hosts().nth(1).getByRole('checkbox').check();
      await bar().getByRole('button', { name: 'Select all that match the filter' }).click();
      await bar().getByText(/that match/).first().waitFor();
      await checkAccessibility(page, 'fleet, selected');
      await bar().getByRole('button', { name: 'Run the self-test' }).click();
      await page.getByText('The command is on its way.').first().waitFor();
    }],
    ['hosts and groups get a value, and the host shows it', async () => {
      await openFleet();
      await hosts().nth(1).getByRole('checkbox').check();
      await bar().getByRole('button', { name: 'Value…' }).click();
      const dialog = page.getByRole('dialog', { name: /^Value of/ });
      await dialog.getByRole('radio', { name: 'Its own' }).check();
      await dialog.getByRole('textbox', { name: 'Value, 1 to 100' }).fill('80');
      await checkAccessibility(page, 'asset value');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await page.getByText('1 host has its value.').first().waitFor();
      await hosts().nth(1).getByRole('link').first().click();
      await page.getByRole('row', { name: 'Value 80' }).waitFor();

      await open('/fleet/groups');
      await page.getByRole('button', { name: 'Add a group' }).click();
      const group = page.getByRole('dialog');
      await group.getByLabel('Name').fill(`valued-${Date.now().toString(36)}`);
      await group.getByRole('radio', { name: 'Its own' }).check();
      await group.getByRole('textbox', { name: 'Value, 1 to 100' }).fill('50');
      await checkAccessibility(page, 'group dialog');
      await group.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('cell', { name: '50', exact: true }).first().waitFor();
    }],
    ['keys do what the row at hand allows, until they are switched off', async () => {
      await openFleet();
      await page.keyboard.press('j');
      await page.locator('tr[data-active]').waitFor();
      await page.keyboard.press('a');
      const dialog = page.getByRole('dialog', { name: /^Group and policy of/ });
      await dialog.waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await page.evaluate(() => localStorage.setItem('warder-preferences', JSON.stringify({ locale: 'en', singleKeys: false })));
      await openFleet();
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.keyboard.press('a');
      assert((await page.getByRole('dialog').count()) + (await bar().count()) === 0, 'a key did something');
      await page.evaluate(() => localStorage.setItem('warder-preferences', JSON.stringify({ locale: 'en' })));
    }],
    ['the palette does what can be done with the selection', async () => {
      await openFleet();
      await hosts().nth(1).getByRole('checkbox').check();
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Go to a page or do something').fill('group and policy');
      await checkAccessibility(page, 'palette');
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog', { name: /^Group and policy of/ });
      await dialog.waitFor();
      await checkAccessibility(page, 'assign');
      await page.keyboard.press('Escape');
    }],
    ['a change is rolled out in rings, and backed out', async () => {
      await open('/policies');
      await page.getByRole('button', { name: 'New policy' }).click();
      const made = page.getByRole('dialog');
      await made.getByLabel('Name').fill(`rings-${Date.now().toString(36)}`);
      await made.getByRole('button', { name: 'New policy' }).click();
      await page.getByRole('radiogroup', { name: 'Where heartbeat_s comes from' }).getByText('Overridden').click();
      await page.getByRole('textbox', { name: 'heartbeat_s' }).fill('25');
      await page.getByRole('button', { name: 'Roll out in rings…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Roll out in rings' });
      await dialog.getByRole('textbox', { name: 'Rings' }).fill('canary: 5%\nhalf: 50%');
      await checkAccessibility(page, 'roll-out');
      await dialog.getByRole('button', { name: 'Begin' }).click();
      const running = page.getByRole('region', { name: 'Roll-out: Running' });
      await running.waitFor();
      await dialog.waitFor({ state: 'detached' });
      await running.getByRole('button', { name: 'Actions for the roll-out' }).click();
      await page.getByRole('menuitem', { name: 'Back out' }).click();
      await page.getByRole('dialog', { name: 'Back out' }).getByRole('button', { name: 'Back out' }).click();
      await page.getByRole('region', { name: 'Roll-out: Backed out' }).waitFor();
    }],
    ['a host says what it is to do, and which level says so', async () => {
      await openFleet();
      await hosts().nth(1).getByRole('link').first().click();
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByLabel('Show built-in defaults, too').check();
      await page.getByText('built-in default').first().waitFor();
    }],
  ];
}
