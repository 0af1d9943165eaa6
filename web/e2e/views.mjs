// Views of pages other than events: what the filters say is kept, and comes back from an address.
import { checkAccessibility, waitFor } from './lib.mjs';

/** A page, what its address is to keep, and where that shows. */
const pages = [
  ['fleet', 'state=offline&host=web', (page) => page.getByRole('textbox', { name: 'Search hosts' }).inputValue().then((text) => text === 'web')],
  ['alerts', 'state=resolved', (page) => page.getByRole('combobox', { name: 'State' }).inputValue().then((text) => text === 'Resolved')],
  ['incidents', 'state=active', (page) => page.getByRole('combobox', { name: 'State' }).inputValue().then((text) => text === 'Not closed')],
  ['audit', 'action=session.login', (page) => page.getByRole('textbox', { name: 'Action, such as session.login' }).inputValue().then((text) => text === 'session.login')],
];

export function views({ page, manager }) {
  const name = `view ${Date.now().toString(36)}`;
  const menu = () => page.getByRole('button', { name: 'Views', exact: true }).click();
  return pages.map(([of, query, isShown]) => [
    `views of ${of} are kept and opened`,
    async () => {
      await page.goto(`${manager.url}/${of}?${query}`);
      await menu();
      await page.getByRole('menuitem', { name: 'Keep this view…' }).click();
      const dialog = page.getByRole('dialog', { name: 'Keep this view…' });
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByRole('button', { name: 'Save' }).click();
      await dialog.waitFor({ state: 'detached' });
      await page.goto(`${manager.url}/${of}`);
      await menu();
      await checkAccessibility(page, `${of}, views`);
      await page.getByRole('menuitem', { name }).click();
      await waitFor('what the view keeps', () => isShown(page));
      await waitFor('its address', () => new URL(page.url()).search === `?${query}`);
      await menu();
      await page.getByRole('menuitem', { name: 'All views…' }).click();
      await page.getByRole('button', { name: `Actions for ${name}` }).click();
      await page.getByRole('menuitem', { name: 'Delete the view' }).click();
      await page.getByRole('dialog', { name: 'Delete the view' }).getByRole('button', { name: 'Delete the view' }).click();
      await page.getByRole('row', { name }).waitFor({ state: 'detached' });
    },
  ]);
}
