// System health: the manager's parts on one page.
import { checkAccessibility, screenshot } from './lib.mjs';

export function health({ manager, page }) {
  return [
    ['health: the manager, hosts, destinations and backups on one page', async () => {
      await page.goto(`${manager.url}/health`);
      const part = (name) => page.getByRole('region', { name });
      await part('Manager').getByText(/SQLite|PostgreSQL/).waitFor();
      await part('Hosts').getByText(/^\d+ of \d+$/).waitFor();
      await part('Destinations').waitFor();
      await part('Background jobs').getByRole('columnheader', { name: 'Next due' }).waitFor();
      await part('Certificates').getByRole('row', { name: /The manager’s authority/ }).waitFor();
      await part('Manager').getByText('Disk of the data').waitFor();
      await part('Backups').getByText('Last whole backup').waitFor();
      await checkAccessibility(page, 'system health');
      await screenshot(page, 'health');
    }],
  ];
}
