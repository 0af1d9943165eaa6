// An incident from a suspicion to its end, and the review of a day.
import { readFile } from 'node:fs/promises';
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function incidents({ manager, page }) {
  const name = `e2e incident ${Date.now().toString(36)}`;
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog').filter({ has: page.getByRole('heading') });
  const title = (text) => page.getByRole('heading', { level: 1, name: text }).waitFor();
  const tab = (label) => page.getByRole('tab', { name: label, exact: true }).click();
  const button = (label) => page.getByRole('button', { name: label, exact: true });
  let address = '';

  return [
    ['incident: declared from the header of any page', async () => {
      await open('/fleet');
      await button('Declare an incident').click();
      await dialog().getByLabel('What happened').fill(name);
      await dialog().getByRole('combobox', { name: 'Impact' }).click();
      await page.getByRole('option', { name: 'High' }).click();
      await checkAccessibility(page, 'declare');
      await screenshot(page, 'incident-declare');
      await dialog().getByRole('button', { name: 'Declare', exact: true }).click();
      await title(new RegExp(`^\\d+: ${name}$`));
      address = new URL(page.url()).pathname;
      await page.getByText('Declared', { exact: true }).first().waitFor();
      await checkAccessibility(page, 'incident overview');
    }],
    ['incident: taken, noted, worked on and moved', async () => {
      await open(address);
      await button('Take it').click();
      await waitFor('it to be acknowledged', async () => (await page.getByText('Nobody has acknowledged it yet.').count()) === 0);
      await tab('Timeline');
      await page.getByLabel('A note for the timeline').fill('the switch port is known');
      await button('Write the note').click();
      await page.getByText('the switch port is known').last().waitFor();
      await checkAccessibility(page, 'timeline');
      await screenshot(page, 'incident-timeline');
      await tab('Tasks');
      await page.getByLabel('New task').fill('Ask the owner');
      await button('Add the task').click();
      await button('It is done: Ask the owner').waitFor();
      await checkAccessibility(page, 'an open task');
      await button('It is done: Ask the owner').click();
      await waitFor('the task to be done', async () => (await button('It is done: Ask the owner').count()) === 0);
      await checkAccessibility(page, 'tasks');
      await button('Move on').click();
      await page.getByRole('menuitem', { name: 'Contained' }).click();
      await dialog().getByLabel('Note').fill('cut off');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await page.getByText('Contained', { exact: true }).first().waitFor();
    }],
    ['incident: evidence is taken and its bundle saved', async () => {
      await open(`${address}?tab=evidence`);
      await button('Take evidence').click();
      await dialog().getByRole('combobox', { name: 'Kind' }).click();
      await page.getByRole('option', { name: 'Audit log' }).click();
      await checkAccessibility(page, 'take evidence');
      await button('Keep it').click();
      await page.getByRole('cell', { name: 'audit.jsonl' }).first().waitFor();
      await button('Download the bundle').click();
      await dialog().getByLabel('Reason').fill('for the police');
      const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
      const bundle = JSON.parse(await readFile(await download.path(), 'utf8'));
      assert(bundle.manifest !== undefined, 'the bundle has no manifest');
      await page.getByRole('table', { name: 'Chain of custody' }).getByText('for the police').waitFor();
      await checkAccessibility(page, 'evidence');
      await screenshot(page, 'incident-evidence');
      await tab('Isolation');
      await button('Let go').waitFor();
      await checkAccessibility(page, 'isolation');
    }],
    ['incident: a breach of personal data has its clock and its notice', async () => {
      await open(`${address}?tab=breach`);
      await button('It is a breach of personal data').click();
      await page.getByText(/left$/).first().waitFor();
      await button('Count').click();
      await page.getByRole('status').filter({ hasText: 'different people' }).waitFor();
      await button('Count over all tenants').click();
      await page.getByRole('table', { name: 'Affected tenants' }).getByText('primary').waitFor();
      await page.getByLabel('Nature of the breach').fill('Mail was read');
      await button('Keep as a version').click();
      const versions = page.getByRole('table', { name: 'Versions of the notice' });
      await versions.waitFor();
      await checkAccessibility(page, 'breach');
      await screenshot(page, 'incident-breach');
      const [download] = await Promise.all([page.waitForEvent('download'), button('TXT of version 1').click()]);
      assert((await readFile(await download.path(), 'utf8')).includes('Notification of a personal data breach'), 'the notice is another text');
      await button('Note the notification').click();
      await page.getByText('Notified in time').first().waitFor();
    }],
    ['incident: closed with all three words, and with no less', async () => {
      await open(`${address}?tab=closing`);
      const close = button('Close the incident');
      await close.waitFor();
      await page.getByLabel('Root cause').fill('a weak password');
      await page.getByLabel('Corrective action').fill('passkeys');
      assert(await close.isDisabled(), 'it could be closed without a review of the plan');
      await page.getByLabel('Review of the response plan').fill('nobody knew the rota');
      await checkAccessibility(page, 'closing');
      await close.click();
      await page.getByText(/^Closed:/).waitFor();
      await open('/incidents/times');
      await page.getByRole('table', { name: 'Times' }).waitFor();
    }],
    ['incident: opened from an event and from a selection', async () => {
      await open('/events');
      const rows = page.getByRole('grid').getByRole('row');
      await waitFor('rows', async () => (await rows.count()) > 3);
      for (const index of [1, 2]) await rows.nth(index).getByRole('checkbox').check();
      await page.getByRole('toolbar').getByRole('button', { name: 'Open an incident' }).click();
      await dialog().getByText('Opened from 2 events.').waitFor();
      await dialog().getByLabel('What happened').fill(`${name}, of events`);
      await dialog().getByRole('button', { name: 'Declare', exact: true }).click();
      await title(new RegExp(`^\\d+: ${name}, of events$`));
      await tab('Events and alerts');
      await waitFor('both events', async () => (await page.getByRole('table', { name: 'Events and alerts' }).getByRole('link').count()) === 2);
      await checkAccessibility(page, 'sources');
      await page.getByRole('table', { name: 'Events and alerts' }).getByRole('link').first().click();
      await page.waitForURL(/event=/);
      await page.getByRole('dialog').getByRole('tab').first().waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Actions' }).click();
      await page.getByRole('menuitem', { name: 'Open an incident' }).click();
      await page.getByText('Opened from one event.').waitFor();
    }],
    ['review: a day, its systems and why', async () => {
      await open('/review');
      const days = page.getByRole('table', { name: 'Daily review' }).getByRole('link');
      await days.first().waitFor();
      await days.first().click();
      await title(/^Review of \d{4}-\d{2}-\d{2}$/);
      await page.getByRole('table', { name: 'Systems' }).getByText('manager').waitFor();
      assert(await button('Sign the day').isDisabled(), 'a day that runs can be signed');
      if (manager.isReal) return;
      await open('/review');
      await days.nth(1).click();
      await button('Sign the day').click();
      await dialog().getByLabel('Reason of the judgement').fill('moved to another rack');
      await checkAccessibility(page, 'sign');
      await screenshot(page, 'review-sign');
      await dialog().getByRole('button', { name: 'Sign', exact: true }).click();
      await page.getByRole('table', { name: 'Sign-offs' }).getByText('moved to another rack').waitFor();
    }],
  ];
}
