// What a host's anti-malware took away: asked for, put back by two people, and destroyed.
import { agree, assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function quarantine(world) {
  const { manager, page } = world;
  const dialog = () => page.getByRole('dialog');
  const rows = () => page.getByRole('table', { name: 'Quarantine' }).getByRole('row');
  const act = async (action) => {
    await rows().nth(1).getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name: action }).click();
  };
  return [
    ['quarantine: a file is put back with the word of a second person', async () => {
      await page.goto(`${manager.url}/quarantine`);
      await page.getByRole('combobox', { name: 'Host' }).click();
      await page.getByRole('option').first().click();
      await page.waitForURL(/host=/);
      await page.getByRole('button', { name: 'Ask the host' }).click();
      await waitFor('the files', async () => (await rows().count()) > 1, 60_000);
      await checkAccessibility(page, 'quarantine of a host');
      await screenshot(page, 'quarantine');
      await act('Put back');
      await dialog().getByLabel('Reason').fill('a false alarm');
      await checkAccessibility(page, 'quarantine: put back');
      await dialog().getByRole('button', { name: 'Ask a second person' }).click();
      await dialog().getByText('Waiting for a second person').waitFor();
      assert(await dialog().getByRole('button', { name: 'Put back now' }).isDisabled(), 'one person alone may put it back');
      await agree(world, 'anti-malware.restore');
      await dialog().getByText('A second person has agreed').waitFor();
      await screenshot(page, 'quarantine-agreed');
      await dialog().getByRole('button', { name: 'Put back now' }).click();
      if (manager.isReal) {
        // The policy would take it away again, and the host says so.
        await dialog().getByRole('alert').getByText(/into allowed_hashes first$/).first().waitFor({ timeout: 60_000 });
        await dialog().getByRole('button', { name: 'Close' }).click();
        await act('Delete');
        await dialog().getByRole('button', { name: 'Delete' }).click();
      }
      await page.getByText('Nothing is in quarantine').waitFor({ timeout: 60_000 });
    }],
  ];
}
