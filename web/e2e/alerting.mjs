// Alerts and whom they call.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function alerting(world) {
  const { page, manager } = world;
  const open = (path) => page.goto(manager.url + path);
  const unique = `e2e-${Date.now().toString(36)}`;
  const dialog = (name) => page.getByRole('dialog', name ? { name } : {});
  const table = (name) => page.getByRole('table', { name, exact: true });
  const act = async (row, name) => {
    await row.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name }).click();
  };

  return [
    ['alerts are opened, written about, acknowledged and silenced', async () => {
      await open('/alerts');
      const rows = table('Alerts').getByRole('row');
      await rows.nth(1).waitFor();
      const title = await rows.nth(1).getByRole('button').first().innerText();
      await rows.nth(1).getByRole('button', { name: title, exact: true }).click();
      await page.waitForURL(/alert=/);
      const drawer = dialog(title);
      await drawer.getByText(/The last value is/).waitFor();
      await drawer.getByLabel('Comment').fill(unique);
      await checkAccessibility(page, 'alert');
      await screenshot(page, 'alert');
      await drawer.getByRole('button', { name: 'Write' }).click();
      await drawer.getByRole('list', { name: 'What has happened' }).getByText(unique).waitFor();
      await page.keyboard.press('Escape');
      await waitFor('the drawer to close', () => !page.url().includes('alert='));
      await rows.nth(1).getByRole('checkbox').check();
      const bar = page.getByRole('toolbar', { name: 'Actions on the selected alerts' });
      await checkAccessibility(page, 'alerts with a selection');
      await bar.getByRole('button', { name: 'Acknowledge' }).click();
      await rows.nth(1).getByText('Acknowledged').waitFor();
      await act(rows.nth(1), /^Silence/);
      await dialog('New silence').getByLabel('Name').fill(unique);
      await dialog('New silence').getByLabel('Reason').fill('the browser test');
      await checkAccessibility(page, 'silence');
      await screenshot(page, 'silence');
      await dialog('New silence').getByRole('button', { name: 'Save' }).click();
      await dialog('New silence').waitFor({ state: 'detached' });
      await open('/alerts/silences');
      const silence = table('Silences').getByRole('row').filter({ hasText: unique });
      await silence.getByText('In force').waitFor();
      await act(silence, /^End/);
      await dialog().getByRole('button', { name: 'End' }).click();
      await waitFor('its end', async () => (await silence.count()) === 0);
      await open('/alerts?state=resolved');
      await page.getByRole('combobox', { name: 'State' }).waitFor();
      assert(!(await page.getByText(title, { exact: true }).count()), 'an alert that is not resolved is listed');
    }],
    ['a rule is tuned, and its changes are undone', async () => {
      await open('/alerts/rules');
      const row = table('Rules').getByRole('row').filter({ hasText: 'agent-silent' });
      await act(row, /^Edit/);
      await dialog().getByLabel('Fires at').fill('600');
      await checkAccessibility(page, 'rule');
      await screenshot(page, 'alert-rule');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await row.getByText(/fires at 600/).waitFor();
      if (!manager.isReal) return;
      await act(row, /^Delete, or undo/);
      await dialog().getByRole('button', { name: 'Delete, or undo the changes' }).click();
      await row.getByText(/fires at 300/).waitFor();
    }],
    ['a channel and a rota are made, somebody stands in, and both are removed', async () => {
      await open('/alerts/channels');
      await page.getByRole('button', { name: 'New channel' }).click();
      await dialog().getByLabel('Name').fill(unique);
      await dialog().getByLabel('Mail server').fill('127.0.0.1');
      await dialog().getByRole('textbox', { name: 'Port', exact: true }).fill('9');
      await dialog().getByLabel('Sender').fill('warder@example.com');
      await dialog().getByLabel('Recipients').fill('soc@example.com');
      await checkAccessibility(page, 'channel');
      await screenshot(page, 'channel');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const channel = table('Channels').getByRole('row').filter({ hasText: unique });
      await channel.waitFor();
      await act(channel, 'Send a test notice');
      await page.getByRole('alert').filter({ hasText: /listens|refused|127\.0\.0\.1|Connection/i }).waitFor({ timeout: 40_000 });

      await open('/alerts/on-call');
      await page.getByRole('button', { name: 'New rota' }).click();
      await dialog().getByLabel('Name').fill(unique);
      await dialog().getByRole('combobox', { name: 'Told through' }).click();
      await page.getByRole('option', { name: unique }).click();
      await dialog().getByRole('combobox', { name: /^Level 1/ }).click();
      await page.getByRole('option', { name: manager.user, exact: true }).click();
      await page.keyboard.press('Escape');
      await checkAccessibility(page, 'rota');
      await screenshot(page, 'rota');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const rota = page.getByRole('region', { name: unique });
      await rota.getByRole('cell', { name: manager.user }).first().waitFor();
      await dialog().waitFor({ state: 'detached' });
      await act(rota, /stand in/);
      await dialog().getByRole('combobox', { name: 'Who' }).click();
      await page.getByRole('option', { name: manager.user }).click();
      await checkAccessibility(page, 'stand-in');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await rota.getByText(/stands in at level 1/).waitFor();
      await checkAccessibility(page, 'on-call with a rota');
      await screenshot(page, 'on-call');
      await dialog().waitFor({ state: 'detached' });
      await act(rota, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the rota to go', async () => (await rota.count()) === 0);
      await open('/alerts/channels');
      await act(channel, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the channel to go', async () => (await channel.count()) === 0);
    }],
    ['a route and a heartbeat are made, changed and removed', async () => {
      await open('/alerts/channels');
      await page.getByRole('button', { name: 'New channel' }).click();
      const channelName = `${unique}-told`;
      await dialog().getByLabel('Name').fill(channelName);
      await dialog().getByLabel('Mail server').fill('127.0.0.1');
      await dialog().getByRole('textbox', { name: 'Port', exact: true }).fill('9');
      await dialog().getByLabel('Sender').fill('warder@example.com');
      await dialog().getByLabel('Recipients').fill('soc@example.com');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await table('Channels').getByRole('row').filter({ hasText: channelName }).waitFor();

      await open('/alerts/routes');
      await page.getByRole('button', { name: 'New route' }).click();
      await dialog().getByLabel('Name').fill(unique);
      await dialog().getByRole('combobox', { name: 'From severity' }).click();
      await page.getByRole('option', { name: 'High' }).click();
      await dialog().getByRole('combobox', { name: 'Channels' }).click();
      await page.getByRole('option', { name: channelName }).click();
      await page.keyboard.press('Escape');
      await checkAccessibility(page, 'route');
      await screenshot(page, 'alert-route');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const route = table('Routes').getByRole('row').filter({ hasText: unique });
      await route.getByText(channelName).waitFor();
      await dialog().waitFor({ state: 'detached' });
      await act(route, /^Edit/);
      await dialog().getByRole('textbox', { name: 'From', exact: true }).fill('09:00');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await route.getByText(/09:00–24:00/).waitFor();
      await dialog().waitFor({ state: 'detached' });
      await checkAccessibility(page, 'routes');
      await screenshot(page, 'alert-routes');
      await act(route, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the route to go', async () => (await route.count()) === 0);

      await open('/alerts/heartbeats');
      await page.getByRole('button', { name: 'New heartbeat' }).click();
      await dialog().getByLabel('Name').fill(unique);
      await dialog().getByRole('combobox', { name: 'Sent through' }).click();
      await page.getByRole('option', { name: channelName }).click();
      await checkAccessibility(page, 'heartbeat');
      await screenshot(page, 'heartbeat');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const heartbeat = table('Heartbeats').getByRole('row').filter({ hasText: unique });
      await heartbeat.getByText('5 min').waitFor();
      await dialog().waitFor({ state: 'detached' });
      await checkAccessibility(page, 'heartbeats');
      await screenshot(page, 'heartbeats');
      await act(heartbeat, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the heartbeat to go', async () => (await heartbeat.count()) === 0);
      await open('/alerts/channels');
      const channel = table('Channels').getByRole('row').filter({ hasText: channelName });
      await act(channel, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the channel to go', async () => (await channel.count()) === 0);
    }],
  ];
}
