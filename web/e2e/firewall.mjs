// The firewall of a policy: its rules in order, the rule that decides a packet, and what a host has in force.
import { assert, checkAccessibility, screenshot } from './lib.mjs';

export function firewall({ manager, page }) {
  return [
    ['firewall: the engine says which rule decides, and a shadowed rule is marked', async () => {
      await page.goto(`${manager.url}/firewall`);
      if (manager.isReal) {
        // A policy that no host has: its rules are looked at, and put into force nowhere.
        await page.getByRole('combobox', { name: 'Policy' }).click();
        await page.getByRole('option', { name: 'Web servers' }).click();
      }
      const table = page.getByRole('table', { name: /^Rules, in the order/ });
      await table.getByRole('row').nth(1).waitFor();
      const first = await table.getByRole('row').nth(1).innerText();
      assert(/no-telnet/.test(first), `the first is ${first}`);
      await table.getByText('Never reached: taken by: no-telnet').waitFor();
      const simulator = page.getByRole('region', { name: 'Which rule decides this packet?' });
      await simulator.getByLabel('To port').fill('23');
      await simulator.getByLabel('To port').press('Enter');
      await simulator.getByRole('status').getByText('It is dropped').waitFor();
      await simulator.getByRole('status').getByText(/Rule no-telnet:/).waitFor();
      assert(new URL(page.url()).searchParams.get('packet') === 'in tcp 203.0.113.9:51000 > 192.0.2.10:23', `the address is ${page.url()}`);
      await page.reload();
      await simulator.getByText('It is dropped').waitFor();
      await checkAccessibility(page, 'firewall');
      await screenshot(page, 'firewall');
      await simulator.getByLabel('To port').fill('443');
      await simulator.getByLabel('To port').press('Enter');
      await simulator.getByText('It passes').waitFor();
    }],
    ['firewall: a host says what it has in force', async () => {
      const host = page.getByRole('region', { name: 'On a host' });
      await host.getByRole('combobox', { name: 'Host' }).click();
      await page.getByRole('option').first().click();
      await host.getByRole('button', { name: 'Ask the host' }).click();
      await host.getByText(/In force and confirmed|A change waits|Nothing is in force/).waitFor({ timeout: 60_000 });
      await host.getByText(/\d+ rules?/).first().waitFor();
    }],
  ];
}
