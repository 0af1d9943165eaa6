// Written policies: filed, reviewed by somebody else, read and acknowledged by whom they are for, and withdrawn.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

/** Somebody else reviews the policy of this title: of a real manager, WARDER_SECOND ("name:password"). */
async function reviewAsSecond({ manager, page }, title) {
  const api = `${manager.url}/api/v1`;
  const [username, password] = (process.env.WARDER_SECOND ?? '').split(':');
  const { token } = await (await page.request.post(`${api}/tokens`, { data: { username, password } })).json();
  const headers = { Authorization: `Bearer ${token}` };
  const { items } = await (await page.request.get(`${api}/trust/policies`, { headers })).json();
  const filed = items.find((each) => each.newest.title === title);
  assert(filed, `nobody filed ${title}`);
  const answer = await page.request.post(`${api}/trust/policies/${filed.id}/review`, { headers, data: { version: filed.newest.number } });
  assert(answer.ok(), `the review was refused: ${await answer.text()}`);
}

export function writtenPolicies({ manager, page }) {
  const open = (path) => page.goto(manager.url + path);
  const dialog = () => page.getByRole('dialog');
  const row = (table, text) => page.getByRole('table', { name: table, exact: true }).getByRole('row').filter({ hasText: text });
  const act = async (at, name) => {
    await at.getByRole('button', { name: /^Actions for/ }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  const title = `Travel ${Date.now().toString(36)}`;
  // The stand-in has one that somebody else has filed; there is nobody else to review one's own.
  const reviewed = manager.isReal ? title : 'What follows when rules are broken';

  return [
    ['written policies: one is filed, and its filer may not review it', async () => {
      await open('/assurance/policies');
      await page.getByRole('button', { name: 'File a policy' }).click();
      await dialog().getByRole('textbox', { name: 'Title' }).fill(title);
      await dialog().getByRole('textbox', { name: 'Owner' }).fill('olga');
      await dialog().getByRole('textbox', { name: 'What it says' }).fill('Keep it with you.\n\nLock it.');
      await checkAccessibility(page, 'file a policy');
      await screenshot(page, 'policy-filing');
      await dialog().getByRole('button', { name: 'Save' }).click();
      await dialog().waitFor({ state: 'detached' });
      const filed = row('Written policies', title);
      await filed.getByText('Version 1, to be reviewed').waitFor();
      await filed.getByRole('button', { name: /^Actions for/ }).click();
      await page.getByRole('menuitem', { name: /^Review.*nor has filed it/ }).waitFor();
      await page.keyboard.press('Escape');
      await act(filed, 'Read');
      await dialog().getByText('Keep it with you.').waitFor();
      await checkAccessibility(page, 'text of a policy');
      await page.keyboard.press('Escape');
      await dialog().waitFor({ state: 'detached' });
    }],
    ['written policies: a version in force is read and acknowledged by whom it is for', async () => {
      if (manager.isReal) {
        await reviewAsSecond({ manager, page }, title);
      } else {
        await open('/assurance/policies');
        await act(row('Written policies', reviewed), 'Review');
        await checkAccessibility(page, 'review of a policy');
        await dialog().getByRole('button', { name: 'Review' }).click();
        await dialog().waitFor({ state: 'detached' });
      }
      await open('/own-policies');
      await page.getByRole('button', { name: /^Account of .* to acknowledge$/ }).click();
      await page.getByRole('menuitem', { name: /^Policies for me \(\d+ to acknowledge\)$/ }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: `Read and acknowledge: ${reviewed}` }).click();
      await page.waitForURL(/policy=/);
      await dialog().getByRole('group', { name: reviewed }).waitFor();
      await checkAccessibility(page, 'read a policy');
      await screenshot(page, 'policy-read');
      await dialog().getByRole('button', { name: /^I have read version 1/ }).click();
      await dialog().waitFor({ state: 'detached' });
      await row('Policies for me', reviewed).getByText('Acknowledged', { exact: true }).waitFor();
      await checkAccessibility(page, 'policies for me');
      await screenshot(page, 'own-policies');
    }],
    ['written policies: who has acknowledged one is told by name', async () => {
      await open('/assurance/policies');
      await page.getByRole('link', { name: reviewed }).click();
      const people = page.getByRole('table', { name: 'Who has acknowledged it, and who has not' });
      await people.getByRole('row').filter({ hasText: manager.user }).getByText('Acknowledged', { exact: true }).waitFor();
      await checkAccessibility(page, 'a policy');
      await screenshot(page, 'written-policy');
    }],
    ['written policies: one is withdrawn after a question', async () => {
      await open('/assurance/policies');
      await act(row('Written policies', title), 'Withdraw');
      await checkAccessibility(page, 'withdraw a policy');
      await dialog().getByRole('button', { name: 'Withdraw' }).click();
      await waitFor('the policy to go', async () => (await row('Written policies', title).count()) === 0);
      await screenshot(page, 'written-policies');
    }],
  ];
}
