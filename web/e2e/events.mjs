// The events page beyond looking: tags, order by rank, folded repeats, kept views.
import { checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function events({ page, manager }) {
  const open = (path) => page.goto(manager.url + path);
  const rows = () => page.getByRole('grid').getByRole('row');
  const tag = `e2e-${Date.now().toString(36)}`;
  const view = `${tag} folded`;
  const folded = () => page.getByRole('table', { name: 'Repeats folded' });
  const dialogOf = (name) => page.getByRole('dialog', { name });
  const openViews = () => page.getByRole('button', { name: 'Views', exact: true }).click();
  const tagChosen = async (how) => {
    await page.getByRole('toolbar', { name: 'Actions on the selected events' }).getByRole('button', { name: 'Tag…' }).click();
    const dialog = dialogOf(/^Tag /);
    await dialog.getByRole('textbox', { name: 'Tag' }).fill(tag);
    await checkAccessibility(page, 'events, tag');
    await dialog.getByRole('button', { name: how }).click();
    await dialog.waitFor({ state: 'detached' });
  };

  return [
    ['events are tagged, found by the tag, and untagged', async () => {
      await open('/events?range=7d');
      await waitFor('rows', async () => (await rows().count()) > 2);
      await rows().nth(1).getByRole('checkbox').check();
      await rows().nth(2).getByRole('checkbox').check();
      await tagChosen('Put on');
      await rows().getByText(tag).nth(1).waitFor();
      await open(`/events?range=7d&filter=${encodeURIComponent(`tag = "${tag}"`)}`);
      await waitFor('only the tagged ones', async () => (await rows().count()) === 3);
      await rows().nth(1).getByRole('checkbox').check();
      await page.getByRole('button', { name: 'Select all that match the filter' }).click();
      await page.getByText(/that match/).first().waitFor();
      await tagChosen('Take off');
      await page.getByText('No events').waitFor();
    }],
    ['events are listed by rank, folded, and kept as a view that is renamed and deleted', async () => {
      await open('/events?range=7d');
      await page.getByRole('button', { name: 'By rank' }).click();
      await waitFor('the order in the address', () => /order=rank/.test(page.url()));
      await waitFor('the highest first', async () => {
        const ranks = (await page.locator('[data-rank]').allInnerTexts()).slice(0, 10).map(Number);
        return ranks.length > 1 && ranks.every((rank, index) => index === 0 || rank <= ranks[index - 1]);
      });
      await page.getByRole('button', { name: 'Fold repeats' }).click();
      await folded().getByRole('row').nth(1).waitFor();
      await checkAccessibility(page, 'events, folded');
      await screenshot(page, 'events-folded');
      await openViews();
      await page.getByRole('menuitem', { name: 'Keep this view…' }).click();
      await dialogOf('Keep this view…').getByLabel('Name').fill(view);
      await checkAccessibility(page, 'events, keep a view');
      await dialogOf('Keep this view…').getByRole('button', { name: 'Save' }).click();
      await dialogOf('Keep this view…').waitFor({ state: 'detached' });
      await open('/events');
      await openViews();
      await page.getByRole('menuitem', { name: view }).click();
      await folded().getByRole('row').nth(1).waitFor();
      await openViews();
      await page.getByRole('menuitem', { name: 'All views…' }).click();
      await page.getByRole('button', { name: `Actions for ${view}` }).click();
      await page.getByRole('menuitem', { name: 'Rename or share…' }).click();
      await dialogOf('Rename or share…').getByLabel('Name').fill(`${view} 2`);
      await dialogOf('Rename or share…').getByLabel('Everybody of the tenant sees it').check();
      await dialogOf('Rename or share…').getByRole('button', { name: 'Save' }).click();
      await dialogOf('Rename or share…').waitFor({ state: 'detached' });
      await dialogOf('Views').getByRole('row', { name: `${view} 2` }).getByText('Everybody').waitFor();
      await checkAccessibility(page, 'events, views');
      await page.getByRole('button', { name: `Actions for ${view} 2` }).click();
      await page.getByRole('menuitem', { name: 'Delete the view' }).click();
      await dialogOf('Delete the view').getByRole('button', { name: 'Delete the view' }).click();
      await dialogOf('Views').getByRole('row', { name: `${view} 2` }).waitFor({ state: 'detached' });
    }],
    ['events: a line of repeats opens what it stands for', async () => {
      await open('/events?range=7d&fold=type,host.name');
      await folded().getByRole('row').nth(1).getByRole('button').click();
      await waitFor('the list', async () => (await rows().count()) > 1);
      await waitFor('a filter', () => /filter=/.test(page.url()) && !/fold=/.test(page.url()));
    }],
  ];
}
