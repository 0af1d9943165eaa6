import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

async function openPolicy(tab?: string) {
  const app = await renderApp('/policies');
  await app.user.click(await screen.findByRole('link', { name: 'Base' }));
  if (tab) await app.user.click(await screen.findByRole('tab', { name: tab }));
  return app;
}

it('shows how far roll-outs are, and who is not well', async () => {
  const { user } = await openPolicy('Roll-outs');
  const backedOut = within(await screen.findByRole('region', { name: 'Roll-out: Backed out' }));
  backedOut.getByText(/1 of 1 hosts are not well/);
  await user.click(backedOut.getByRole('button', { name: 'Details' }));
  await backedOut.findByText('Not well: refused the settings');
  await user.click(backedOut.getByRole('button', { name: 'Actions for the roll-out' }));
  const item = await screen.findByRole('menuitem', { name: /Open the next ring now/, hidden: true });
  expect(item.textContent).toContain('Not in its present state');
});

it('backs one out after a question', async () => {
  const { user } = await openPolicy('Roll-outs');
  const running = within(await screen.findByRole('region', { name: 'Roll-out: Running' }));
  await user.click(running.getByRole('button', { name: 'Actions for the roll-out' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Back out', hidden: true }));
  await user.click(within(await screen.findByRole('dialog', { name: 'Back out' })).getByRole('button', { name: 'Back out' }));
  await waitFor(() => expect(screen.getAllByRole('region', { name: 'Roll-out: Backed out' }).length).toBe(2));
});

it('begins with what was changed in the form, and keeps the draft when it is refused', async () => {
  const { user } = await openPolicy();
  await screen.findByRole('region', { name: 'Integrity monitoring' });
  await user.click(within(screen.getByRole('radiogroup', { name: 'Where self_protection comes from' })).getByText('Overridden'));
  await user.click(screen.getByRole('button', { name: 'Roll out in rings…' }));
  const dialog = within(await screen.findByRole('dialog', { name: 'Roll out in rings' }));
  await user.clear(dialog.getByRole('textbox', { name: 'Rings' }));
  dialog.getByText('Name at least one ring.');
  await user.type(dialog.getByRole('textbox', { name: 'Rings' }), 'canary: 5%');
  await user.click(dialog.getByRole('button', { name: 'Begin' }));
  await dialog.findByText('A roll-out of this policy is under way.');
  await user.click(dialog.getByRole('button', { name: 'Cancel' }));
  screen.getByText('1 change not saved');
});

it('shows what a host is to do, and which level says so', async () => {
  const { user } = await renderApp('/fleet');
  await user.click(await screen.findByRole('link', { name: 'web-1' }));
  await user.click(await screen.findByRole('tab', { name: 'Policy' }));
  await screen.findByText(/nothing else names one: Base/);
  await screen.findByText('1800');
  expect(screen.queryByText('built-in default')).toBeNull();
  await user.click(screen.getByLabelText('Show built-in defaults, too'));
  expect((await screen.findAllByText('built-in default')).length).toBeGreaterThan(2);
});
