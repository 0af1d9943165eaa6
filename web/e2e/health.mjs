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
      await part('Backups').getByText('Last whole backup').waitFor();
      await checkAccessibility(page, 'system health');
      await screenshot(page, 'health');
    }],
  ];
}
