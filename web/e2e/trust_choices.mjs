// What a tenant and the operator decide: terms of documents, how long events are kept, questions about pseudonyms. The lists of
// the register and of requests are worked on by the keys and the palette as well.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

export function trustChoices({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog');
  const unique = `choice-${Date.now().toString(36)}`;

  return [
    ['trust choices: a version of the terms is published and in force', async () => {
      await open('/assurance/terms');
      await page.getByRole('button', { name: 'Publish a version' }).click();
      await dialog().getByLabel('In English').fill(`Only for ${unique}.`);
      await dialog().getByLabel('In Japanese').fill(`${unique} のためだけに。`);
      await checkAccessibility(page, 'publish terms');
      await screenshot(page, 'terms-dialog');
      await dialog().getByRole('button', { name: 'Publish a version' }).click();
      await dialog().waitFor({ state: 'detached' });
      await page.getByRole('region', { name: /in force$/ }).getByText(`Only for ${unique}.`).waitFor();
      await checkAccessibility(page, 'terms');
      await screenshot(page, 'terms');
    }],
    ['trust choices: events of a module are kept for less time, after a question', async () => {
      await open('/privacy/retention');
      const field = page.getByRole('textbox', { name: 'Days of Firewall' });
      await field.fill('99999');
      await page.getByText(/^At most \d+ days$/).waitFor();
      assert(await page.getByRole('button', { name: 'Save' }).isDisabled(), 'more than the installation keeps can be saved');
      await field.fill('7');
      await page.getByRole('button', { name: 'Save' }).click();
      await dialog().getByText(/do not come back: Firewall\.$/).waitFor();
      await checkAccessibility(page, 'change of retention');
      await screenshot(page, 'retention-dialog');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      await page.reload();
      await waitFor('what was saved', async () => (await field.inputValue()) === '7');
      await checkAccessibility(page, 'retention');
      await screenshot(page, 'retention');
      await field.fill('');
      await page.getByRole('button', { name: 'Save' }).click();
      await dialog().getByText(/^No event goes sooner/).waitFor();
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
    }],
    ['trust choices: a pseudonym is compared with a candidate, for a reason', async () => {
      await open('/privacy');
      await page.getByRole('button', { name: 'Whose pseudonym?' }).click();
      const ask = dialog().getByRole('button', { name: 'Ask', exact: true });
      const answer = dialog().getByRole('textbox', { name: 'Pseudonym of the candidate' });
      await dialog().getByLabel('Candidate', { exact: false }).first().fill('alice');
      assert(await ask.isDisabled(), 'it can be asked without a reason');
      await dialog().getByLabel('Reason').fill('case 4711');
      await ask.click();
      await answer.waitFor();
      const own = (await answer.innerText()).trim();
      await dialog().getByLabel('Pseudonym at hand').fill(own);
      await waitFor('the answer to go with its question', async () => (await answer.count()) === 0);
      await ask.click();
      await dialog().getByText('It is the candidate’s.').waitFor();
      await checkAccessibility(page, 'pseudonym');
      await screenshot(page, 'pseudonym');
      await dialog().getByLabel('Pseudonym at hand').fill('psn-00000000000000000000');
      await ask.click();
      await dialog().getByText('It is not the candidate’s.').waitFor();
    }],
    ['trust choices: rules of collection are taken for every module that is offered', async () => {
      await open('/privacy');
      await page.getByRole('button', { name: 'Add a rule' }).click();
      const module = page.getByRole('combobox', { name: 'Module of rule 1' }).or(page.getByRole('textbox', { name: 'Module of rule 1' })).first();
      await module.click();
      const names = await page.getByRole('option').allInnerTexts();
      await page.keyboard.press('Escape');
      for (const name of names) {
        await module.click();
        await page.getByRole('option', { name, exact: true }).click();
        await page.getByRole('button', { name: 'Save' }).click();
        await waitFor(`a rule for ${name}`, () => page.getByRole('button', { name: 'Save' }).isDisabled());
        assert((await page.getByRole('alert').filter({ hasText: /no module/ }).count()) === 0, `${name} is offered and refused`);
      }
      await page.getByRole('button', { name: 'Remove rule 1' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByText(/Agents may send events/).waitFor();
    }],
    ['trust choices: what the keys are at is offered in the palette', async () => {
      await open('/privacy/requests');
      await page.getByRole('button', { name: 'Record a request' }).click();
      await dialog().getByRole('textbox', { name: 'Person' }).fill(unique);
      await dialog().getByRole('textbox', { name: 'Names in the data' }).or(dialog().getByLabel('Names in the data')).first().fill(`${unique}-user`);
      await page.keyboard.press('Enter');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      const rows = page.getByRole('table', { name: 'People’s requests' }).locator('tbody tr');
      await rows.filter({ hasText: unique }).waitFor();
      await rows.filter({ hasText: unique }).getByRole('checkbox').check();
      await page.getByRole('toolbar', { name: 'Actions for the selected requests' }).getByRole('button', { name: 'Identity checked' }).waitFor();
      assert(await page.getByRole('toolbar').getByTitle('It is no request of erasure.').isDisabled(), 'a request of access can be answered by erasing');
      await checkAccessibility(page, 'a selected request');
      await screenshot(page, 'subjects-selected');
      await page.waitForLoadState('networkidle');
      await page.keyboard.press('Control+k');
      await page.getByPlaceholder('Go to a page or do something').fill('identity checked');
      await page.keyboard.press('Enter');
      await dialog().getByLabel('What was done').fill('known by voice');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await rows.filter({ hasText: unique }).getByText('Open', { exact: true }).waitFor();
    }],
  ];
}
