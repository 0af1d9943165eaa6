// How the tenant is served, the register behind the public page, and what is kept about people.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function trust({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const unique = `e2e-${Date.now().toString(36)}`;
  const dialog = () => page.getByRole('dialog');
  const row = (table, text) => page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });
  const act = async (at, name) => {
    await at.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  const choose = async (label, option) => {
    await page.getByRole('combobox', { name: label }).last().click();
    await page.getByRole('option', { name: option }).first().click();
  };
  const downloaded = async (name, begin) => {
    const [file] = await Promise.all([page.waitForEvent('download'), begin()]);
    await waitFor(name, () => name.test(file.suggestedFilename()));
  };

  return [
    ['trust: how the tenant is served is on one page', async () => {
      await open('/assurance');
      for (const name of ['Operators’ access', 'Keys', 'Isolation from other tenants', 'Your half', 'The operator’s half']) await page.getByRole('region', { name, exact: true }).waitFor();
      await page.getByRole('region', { name: 'Your half' }).getByText(/^\d+ of \d+ connected$/).waitFor();
      await checkAccessibility(page, 'assurance');
      await screenshot(page, 'assurance');
    }],
    ['trust: promises are listed by how they stand, and saved as OSCAL', async () => {
      await open('/assurance/commitments');
      const rows = page.getByRole('table', { name: 'Commitments' }).getByRole('row');
      await rows.nth(1).waitFor();
      await page.getByRole('group', { name: 'State' }).getByRole('button', { name: /^Not claimed/ }).click();
      await page.waitForURL(/state=not-claimed/);
      await waitFor('only those', async () => (await rows.count()) > 1 && (await rows.filter({ hasText: 'Not claimed' }).count()) === (await rows.count()) - 1);
      await checkAccessibility(page, 'commitments');
      await screenshot(page, 'commitments');
      await downloaded(/oscal-catalog/, () => page.getByRole('button', { name: 'catalog' }).click());
    }],
    ['trust: evidence is filed with its document, waits for another person, and is removed', async () => {
      await open('/assurance/evidence');
      await page.getByRole('button', { name: 'File evidence' }).click();
      await dialog().getByRole('combobox', { name: 'For which commitment' }).click();
      await page.getByRole('option').first().click();
      await dialog().getByLabel('Record').fill(unique);
      await dialog().getByLabel('Expires').fill('2030-01-01');
      await dialog().getByLabel('Owner').fill('People');
      await dialog().locator('input[type=file]').setInputFiles({ name: 'training.txt', mimeType: 'text/plain', buffer: Buffer.from('everybody was there') });
      await checkAccessibility(page, 'file evidence');
      await screenshot(page, 'evidence-dialog');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      const filed = row('Evidence', unique);
      await filed.getByText('To be reviewed').waitFor();
      await filed.getByText('with a document').waitFor();
      await checkAccessibility(page, 'evidence');
      await screenshot(page, 'evidence');
      await act(filed, 'Review');
      await dialog().getByRole('button', { name: 'Review' }).click();
      if (manager.isReal) {
        await dialog().getByRole('alert').waitFor();  // who filed it does not review it
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
      } else {
        await filed.getByText('Holds').waitFor();
      }
      await act(filed, 'Delete');
      await dialog().getByRole('button', { name: 'Delete' }).click();
      await waitFor('the record to go', async () => (await filed.count()) === 0);
    }],
    ['trust: who asks for a document gets a link, which is shown once when it cannot be mailed', async () => {
      await open('/assurance/documents');
      const asked = row('Document requests', 'Waiting').first();
      await act(asked, 'Approve');
      await checkAccessibility(page, 'approve a document');
      await dialog().getByRole('button', { name: 'Approve' }).click();
      const link = await dialog().getByRole('textbox', { name: 'Link' }).innerText();
      await screenshot(page, 'document-approved');
      await dialog().locator('button').filter({ hasText: 'Close' }).click();
      if (manager.isReal) {
        const terms = await page.request.get(link);
        assert(terms.ok() && (await terms.text()).includes('name="terms"'), 'the link leads to no terms');
      }
      await act(row('Document requests', manager.isReal ? 'Approved' : 'Terms accepted'), 'Revoke the link');
      await dialog().getByRole('button', { name: 'Revoke the link' }).click();
      await row('Document requests', 'Revoked').waitFor();
      if (manager.isReal) assert((await page.request.get(link)).status() === 404, 'a revoked link still leads somewhere');
      await act(row('Document requests', 'Waiting').first(), 'Refuse');
      await dialog().getByRole('button', { name: 'Refuse' }).click();
      await row('Document requests', 'Refused').waitFor();
      await checkAccessibility(page, 'documents');
      await screenshot(page, 'documents');
    }],
    ['privacy: a rule of collection is added, kept and removed', async () => {
      await open('/privacy');
      await page.getByRole('button', { name: 'Add a rule' }).click();
      await choose('Module of rule 1', 'Firewall');
      await choose('Treatment of rule 1', 'Pseudonym');
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/agents send nothing to other systems/).waitFor();
      await checkAccessibility(page, 'collection');
      await screenshot(page, 'collection');
      await page.reload();
      await page.getByRole('button', { name: 'Remove rule 1' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/Agents may send events/).waitFor();
      await downloaded(/notice/, () => page.getByRole('button', { name: 'Data Collection Notice' }).click());
    }],
    ['privacy: a person’s request is recorded, answered and closed', async () => {
      await open('/privacy/requests');
      await page.getByRole('button', { name: 'Record a request' }).click();
      await choose('Right', 'Erasure');
      await dialog().getByRole('textbox', { name: 'Person' }).fill(unique);
      await dialog().getByRole('textbox', { name: 'Names in the data' }).or(dialog().getByLabel('Names in the data')).first().fill(`${unique}-user`);
      await page.keyboard.press('Enter');
      await checkAccessibility(page, 'record a request');
      await screenshot(page, 'subject-dialog');
      await dialog().getByRole('button', { name: 'Save' }).click();
      const request = row('People’s requests', unique);
      await request.getByText('Received', { exact: true }).waitFor();
      await act(request, 'Identity checked');
      await dialog().getByLabel('What was done').fill('knew the last order');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await request.getByText('Open', { exact: true }).waitFor();
      await downloaded(/^subject-/, () => act(request, 'Export the data'));
      await act(request, 'Erase');
      await downloaded(/^erasure-/, () => dialog().getByRole('button', { name: 'Erase' }).click());
      await dialog().waitFor({ state: 'detached' });
      await act(request, 'Complete');
      await dialog().getByLabel('What was done').fill('told what was erased');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await request.getByText('Done', { exact: true }).waitFor();
      await checkAccessibility(page, 'requests of people');
      await screenshot(page, 'subjects');
    }],
  ];
}
