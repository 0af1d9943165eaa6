// What people do, from the login to the log-out of nothing: each step by role and label, as a reader of the screen finds it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export const ownPassword = 'Correct-Horse-7-Battery';

export function flows(world) {
  const { page, manager, problems } = world;
  const open = (path) => page.goto(manager.url + path);
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const rows = () => page.getByRole('grid').getByRole('row');
  const unique = `e2e-${Date.now().toString(36)}`;

  return [
    ['log in', async () => {
      await open('/fleet?host=x');
      await heading('Log in');
      await checkAccessibility(page, 'login');
      await screenshot(page, 'login');
      await page.getByLabel('User name').fill(manager.user);
      await page.getByLabel('Password', { exact: true }).fill('wrong');
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('alert').waitFor();
      await page.getByLabel('Password', { exact: true }).fill(manager.password);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.waitForURL((url) => !url.pathname.startsWith('/login'));
      if (new URL(page.url()).pathname === '/password') {
        await heading('Change password');
        await checkAccessibility(page, 'password');
        await page.getByLabel('Current password').fill(manager.password);
        await page.getByLabel('New password', { exact: true }).fill(ownPassword);
        await page.getByLabel('New password again').fill(ownPassword);
        await page.getByRole('button', { name: 'Change password' }).click();
        await heading('Events');
      } else {
        assert(page.url().endsWith('/fleet?host=x'), `after login at ${page.url()}`);
      }
    }],
    ['events are listed, and the page is the address', async () => {
      await open('/events');
      await heading('Events');
      await waitFor('rows', async () => (await rows().count()) > 3);
      await page.getByRole('img', { name: /Events over time/ }).waitFor();
      await screenshot(page, 'events-light');
      const facet = page.getByRole('region', { name: 'Most frequent values' });
      const only = facet.getByRole('button', { name: /^Only (Info|Low|Medium|High|Critical)$/ }).first();
      await only.waitFor();
      const severity = (await only.getAttribute('aria-label')).replace('Only ', '');
      await only.focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(/filter=severity/);
      await waitFor(`only ${severity}`, async () => (await rows().allInnerTexts()).slice(1).every((text) => text.includes(severity)));
      await page.reload();
      await waitFor('rows', async () => (await rows().count()) > 1);
      assert((await page.getByLabel('Filter of events').inputValue()) === `severity = "${severity.toLowerCase()}"`, 'the filter is lost');
    }],
    ['a wrong filter is explained beside the box', async () => {
      await open('/events');
      const box = page.getByLabel('Filter of events');
      await box.fill('severity >');
      await box.press('Enter');
      await waitFor('an explanation', async () => (await box.getAttribute('aria-invalid')) === 'true');
      await box.fill('severity >= info');
      await box.press('Enter');
      await waitFor('rows', async () => (await rows().count()) > 3);
    }],
    ['the keyboard goes through events', async () => {
      await open('/events');
      await waitFor('rows', async () => (await rows().count()) > 3);
      await page.keyboard.press('j');
      await page.keyboard.press('j');
      await page.keyboard.press('x');
      await page.getByRole('toolbar', { name: 'Actions on the selected events' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('tab', { name: 'Fields' }).waitFor();
      await page.waitForURL(/event=/);
      await screenshot(page, 'events-drawer');
      await page.getByRole('tab', { name: 'Why' }).click();
      await page.getByRole('dialog').getByText('What was done').waitFor();
      await page.getByRole('tab', { name: 'Raw' }).click();
      await page.keyboard.press('Escape');
      await waitFor('the drawer to close', () => !page.url().includes('event='));
      await page.keyboard.press('/');
      assert(await page.getByLabel('Filter of events').evaluate((box) => box === document.activeElement), 'the box has no focus');
      await page.getByLabel('Filter of events').blur();
      await page.keyboard.press('Shift+?');
      await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Go to a page or do something').fill('audit');
      await page.keyboard.press('Enter');
      await heading('Audit log');
    }],
    ['dragging over the histogram zooms', async () => {
      await open('/events?range=7d');
      const chart = page.getByRole('img', { name: /Events over time/ });
      await chart.waitFor();
      await waitFor('rows', async () => (await rows().count()) > 1);
      const box = await chart.boundingBox();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.8, box.y + 45, { steps: 8 });
      await page.mouse.up();
      await page.waitForURL(/from=.*to=/);
    }],
    ['a change is approved as expected', async () => {
      await open(`/events?filter=${encodeURIComponent('type="integrity.file.created" and severity>=low')}`);
      await waitFor('rows', async () => (await rows().count()) > 3);
      const path = (await rows().nth(1).innerText()).match(/\/\S+/)[0];
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      const drawer = page.getByRole('dialog');
      await drawer.getByRole('tab', { name: 'Fields' }).waitFor();
      await drawer.getByRole('button', { name: 'Actions' }).click();
      await page.getByRole('menuitem', { name: /Approve as expected/ }).click();
      await page.getByRole('menu').waitFor({ state: 'detached' });
      const dialog = page.getByRole('dialog', { name: /Approve a change as expected/ });
      await dialog.getByLabel('Reason').fill('rolled out by the browser test');
      await dialog.getByLabel('Allow the same content from now on').check();
      await checkAccessibility(page, 'explain');
      await screenshot(page, 'explain');
      await dialog.getByRole('button', { name: 'Approve' }).click();
      await dialog.waitFor({ state: 'detached' });
      await drawer.getByText('rolled out by the browser test').waitFor();
      await waitFor('one alarm less', async () => (await rows().allInnerTexts()).every((text) => !text.includes(path)));
    }],
    ['events arrive live', async () => {
      await open('/events');
      await waitFor('rows', async () => (await rows().count()) > 1);
      await page.getByRole('button', { name: 'Live' }).click();
      await page.getByRole('status').filter({ hasText: 'Live:' }).waitFor();
      const { WARDER_WATCHED } = process.env;
      if (WARDER_WATCHED) await writeFile(join(WARDER_WATCHED, `${unique}.conf`), 'made by the browser test\n');
      if (manager.isReal && !WARDER_WATCHED) return;
      await page.getByRole('status').filter({ hasText: /Live: [1-9]/ }).waitFor({ timeout: 20_000 });
      if (WARDER_WATCHED) await page.getByRole('grid').getByText(`${unique}.conf`).first().waitFor();
    }],
    ['events are exported', async () => {
      await open('/events');
      await page.getByRole('button', { name: 'Export' }).click();
      if (!manager.isReal) return;
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()]);
      assert((await download.failure()) === null, 'the download failed');
    }],
    ['the fleet shows agents and their pages', async () => {
      await open('/fleet');
      await heading('Fleet');
      const table = page.getByRole('table', { name: 'Agents' });
      await table.getByRole('row').nth(1).waitFor();
      await screenshot(page, 'fleet');
      await table.getByRole('link').first().click();
      const modules = page.getByRole('region', { name: 'Modules' });
      await modules.waitFor();
      if (process.env.WARDER_WATCHED || !manager.isReal) await modules.getByText('Integrity monitoring').waitFor();
      await page.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: 'Run the self-test' }).click();
      await page.getByRole('region', { name: 'Commands', exact: true }).first().getByText('Self-test').waitFor();
      await page.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: /Maintenance token/ }).click();
      await page.getByRole('button', { name: 'Make the token' }).click();
      await waitFor('a token', async () => (await page.getByRole('textbox', { name: /Maintenance token/ }).innerText()).startsWith('w'));
      await screenshot(page, 'agent');
    }],
    ['a host tells what it has, and the fleet is searched for it', async () => {
      await open('/fleet');
      await page.getByRole('table', { name: 'Agents' }).getByRole('link').first().click();
      await page.getByRole('tab', { name: 'Inventory' }).click();
      const packages = page.getByRole('table', { name: 'Packages' });
      await packages.getByRole('row').nth(1).waitFor({ timeout: 60_000 });
      await checkAccessibility(page, 'inventory');
      await screenshot(page, 'inventory');
      await page.getByLabel('Search name or attribute').fill('openssl');
      await packages.getByText('openssl', { exact: true }).first().waitFor();
      await open('/fleet/software?q=openssl');
      await page.getByRole('link', { name: 'openssl', exact: true }).first().click();
      await page.getByRole('table', { name: 'Hosts' }).getByRole('row').nth(1).waitFor();
      await checkAccessibility(page, 'software');
      await screenshot(page, 'software');
    }],
    ['a group is made, and its name only once', async () => {
      await open('/fleet/groups');
      for (const isFirst of [true, false]) {
        await page.getByRole('button', { name: 'Add a group' }).click();
        await page.getByRole('textbox', { name: 'Name' }).fill(unique);
        await page.getByRole('button', { name: 'Save' }).click();
        if (isFirst) await page.getByRole('cell', { name: unique, exact: true }).waitFor();
        else await page.getByRole('dialog').locator('[role=alert], [aria-invalid=true]').first().waitFor();
      }
    }],
    ['an enrolment token comes with its command', async () => {
      await open('/fleet/enrolment');
      await page.getByRole('button', { name: 'New enrolment token' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill(unique);
      await page.getByRole('button', { name: 'Make the token' }).click();
      const command = await page.getByRole('textbox', { name: 'Enrolment command' }).innerText();
      assert(/wdt1_\S+\nEND/.test(command) && command.includes('warder-agent enrol --token-file'), command);
      await checkAccessibility(page, 'enrolment token');
      await screenshot(page, 'enrolment');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('cell', { name: unique, exact: true }).waitFor();
    }],
    ['a policy inherits, overrides and is restored', async () => {
      await open('/policies');
      await page.getByRole('button', { name: 'New policy' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill(unique);
      await page.getByRole('button', { name: 'New policy' }).last().click();
      await heading(unique);
      const source = page.getByRole('radiogroup', { name: 'Where heartbeat_s comes from' });
      await source.getByText('Overridden').click();
      await page.getByRole('textbox', { name: 'heartbeat_s' }).fill('1');
      await page.getByText(/At least/).waitFor();
      await page.getByRole('textbox', { name: 'heartbeat_s' }).fill('45');
      await screenshot(page, 'policy');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText('Version 2', { exact: false }).first().waitFor();
      await page.getByRole('tab', { name: 'Versions' }).click();
      await page.getByRole('region', { name: 'Version 2' }).getByText('45', { exact: true }).waitFor();
      await page.getByRole('region', { name: 'Version 1', exact: true }).getByRole('button', { name: 'Restore' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click();
      await page.getByRole('region', { name: 'Version 3' }).waitFor();
      await screenshot(page, 'policy-versions');
    }],
    ['a user is added', async () => {
      await open('/users');
      await page.getByRole('button', { name: 'Add a user' }).click();
      await page.getByLabel('User name').fill(unique);
      await page.getByRole('dialog').getByRole('button', { name: 'Add a user' }).click();
      await page.getByRole('textbox', { name: 'Reset link' }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('cell', { name: unique, exact: true }).first().waitFor();
    }],
    ['a destination is made, tried out and removed', async () => {
      await open('/destinations');
      await page.getByRole('button', { name: 'New destination' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name', { exact: false }).first().fill(unique);
      await dialog.getByLabel('Host').fill('127.0.0.1');
      await dialog.getByRole('textbox', { name: 'Port', exact: true }).fill('9');
      await checkAccessibility(page, 'destination');
      await screenshot(page, 'destination');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const row = page.getByRole('row').filter({ hasText: unique });
      await row.waitFor();
      const act = async (name) => {
        await row.getByRole('button', { name: `Actions for ${unique}` }).click();
        await page.getByRole('menuitem', { name }).click();
      };
      await act('Send a test event');
      await page.getByRole('alert').filter({ hasText: /listens|refused|127\.0\.0\.1/ }).waitFor();
      await act('Delete');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await waitFor('the row to go', async () => (await row.count()) === 0);
    }],
    ['each kind of destination has its form', async () => {
      const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
      const kinds = [
        ['Webhook', { 'Address (URL)': 'https://hooks.example.com/x', 'Signing key': secret }],
        ['Splunk HTTP Event Collector', { 'Address (URL)': 'https://splunk.example.com:8088', Token: 'a-token' }],
        ['OpenSearch', { 'Address (URL)': 'https://search.example.com:9200', Login: 'user:password' }],
        ['Apache Kafka', { Brokers: 'kafka.example.com:9092', Topic: 'events' }],
        ['Amazon SNS', { 'Topic (ARN)': 'arn:aws:sns:eu-central-1:123456789012:events' }],
      ];
      await open('/destinations');
      for (const [kind, fields] of kinds) {
        const name = `${unique} ${kind}`;
        await page.getByRole('button', { name: 'New destination' }).click();
        const dialog = page.getByRole('dialog');
        await dialog.getByLabel('Name', { exact: false }).first().fill(name);
        await dialog.getByRole('combobox', { name: 'How', exact: true }).click();
        await page.getByRole('option', { name: kind }).click();
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByText('Please fill this in.').first().waitFor();
        for (const [label, text] of Object.entries(fields)) await dialog.getByRole('textbox', { name: new RegExp(`^${label.replace(/[()]/g, '\\$&')}`) }).fill(text);
        await checkAccessibility(page, `destination-${kind}`);
        await dialog.getByRole('button', { name: 'Save' }).click();
        const row = page.getByRole('row').filter({ hasText: name });
        await row.waitFor();
        const menu = async (item) => {
          await row.getByRole('button', { name: `Actions for ${name}` }).click();
          await page.getByRole('menuitem', { name: item }).click();
        };
        await menu('Edit');
        for (const [label, text] of Object.entries(fields)) {
          const shown = await dialog.getByRole('textbox', { name: new RegExp(`^${label.replace(/[()]/g, '\\$&')}`) }).inputValue();
          assert(shown === (/key|Token|Login/.test(label) ? '' : text), `${kind}: ${label} is "${shown}"`);
        }
        await page.keyboard.press('Escape');
        if (kind === 'Apache Kafka' && !manager.isReal) {
          await menu('Refused events');
          await dialog.getByText('MSG_SIZE_TOO_LARGE').waitFor();
          await checkAccessibility(page, 'dead-letters');
          await screenshot(page, 'dead-letters');
          await dialog.getByRole('button', { name: 'Send again' }).click();
          await dialog.getByText('Nothing was refused').waitFor();
          await page.keyboard.press('Escape');
        }
        await menu('Delete');
        await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
        await waitFor(`${kind} to go`, async () => (await row.count()) === 0);
      }
    }],
    ['sessions are shown, and another of one\'s own ends', async () => {
      await open('/users/sessions');
      await page.getByRole('table', { name: 'Sessions' }).getByRole('row').nth(1).waitFor();
      await open('/sessions');
      await page.getByRole('cell', { name: 'This one' }).waitFor();
      await checkAccessibility(page, 'own-sessions');
      await screenshot(page, 'own-sessions');
    }],
    ['a rule of access is made and removed', async () => {
      await open('/users/access');
      await page.getByRole('button', { name: 'New rule' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Networks').fill('127.0.0.0/8');
      await page.keyboard.press('Enter');
      await checkAccessibility(page, 'access-rule');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const row = page.getByRole('row').filter({ hasText: '127.0.0.0/8' });
      await row.waitFor();
      await screenshot(page, 'access');
      await page.getByRole('button', { name: 'New rule' }).click();
      await dialog.getByLabel('Networks').fill('203.0.113.0/24');
      await page.keyboard.press('Enter');
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.getByText(/outside of the networks yourself/).first().waitFor();
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await row.getByRole('button', { name: 'Delete' }).click();
      await waitFor('the rule to go', async () => (await row.count()) === 0);
    }],
    ['an identity provider is made, changed and removed', async () => {
      await open('/users/providers');
      await page.getByRole('button', { name: 'New identity provider' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('textbox', { name: 'Name' }).fill(unique);
      await dialog.getByRole('textbox', { name: 'Issuer' }).fill('https://id.example.com');
      await dialog.getByRole('textbox', { name: 'Client id' }).fill('warder');
      await dialog.getByLabel('Secret').fill('not shown again');
      await dialog.getByRole('textbox', { name: 'Group', exact: true }).fill('ops');
      await dialog.getByLabel('Roles').focus();
      await page.keyboard.press('ArrowDown');
      await page.getByRole('option', { name: 'Auditor' }).click();
      await page.keyboard.press('Tab');
      await checkAccessibility(page, 'provider');
      await screenshot(page, 'provider');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const row = page.getByRole('row').filter({ hasText: unique });
      await row.waitFor();
      const act = async (name) => {
        await row.getByRole('button', { name: `Actions for ${unique}` }).click();
        await page.getByRole('menuitem', { name }).click();
      };
      await act('Switch off');
      await row.getByText('Off').waitFor();
      await act('Delete');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await waitFor('the row to go', async () => (await row.count()) === 0);
    }],
    ['the audit log is verified', async () => {
      await open('/audit');
      await page.getByRole('table', { name: 'Audit log' }).getByRole('row').nth(1).waitFor();
      await page.getByText('Checked in this browser: nothing was changed').waitFor();
      await waitFor('all entries to hold', async () => {
        const cells = await page.getByRole('table', { name: 'Audit log' }).getByRole('row').allInnerTexts();
        return cells.slice(1).every((text) => text.trim().endsWith('Holds'));
      });
      await page.getByRole('button', { name: 'Verify the log' }).click();
      await page.getByRole('status').getByText('The log is intact').waitFor();
      await screenshot(page, 'audit');
      await page.reload();
      await page.getByText(/It goes on from the list of/).waitFor();
      if (!manager.isReal) return;
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export' }).click()]);
      assert((await download.failure()) === null, 'the download failed');
    }],
    ['the console reported no errors of its own', async () => {
      assert(problems.length === 0, problems.join('\n'));
    }],
  ];
}
