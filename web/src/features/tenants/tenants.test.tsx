import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { limitsOf, shareOf, textsOf, wrongLimits } from '@/features/tenants/limits';
import { renderApp } from '@/testing/renderApp';

const begin = async (user: { click: (element: Element) => Promise<void> }, name: string, action: RegExp) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  await user.click(await screen.findByRole('menuitem', { name: action, hidden: true }));
  return within(await screen.findByRole('dialog'));
};

it('reads limits as people write them', () => {
  const texts = { max_agents: '10', max_users: '', max_events_per_day: ' 5 ' };
  expect(limitsOf(texts)).toEqual({ max_agents: 10, max_users: null, max_events_per_day: 5 });
  expect(textsOf({ max_agents: 10, max_users: null })).toEqual({ max_agents: '10', max_users: '', max_events_per_day: '' });
  expect(wrongLimits(texts)).toEqual([]);
  expect(wrongLimits({ max_agents: '0', max_users: '1.5', max_events_per_day: '1000000000001' })).toEqual(['max_agents', 'max_users', 'max_events_per_day']);
  expect([shareOf(5, 10), shareOf(5, null)]).toEqual([0.5, undefined]);
});

it('makes a tenant, and shows the link once', async () => {
  const { user } = await renderApp('/tenants');
  await user.click(await screen.findByRole('button', { name: 'Add a tenant' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Name/), 'Not allowed');
  expect(dialog.getByRole('button', { name: 'Make the tenant' }).hasAttribute('disabled')).toBe(true);
  await user.clear(dialog.getByLabelText(/^Name/));
  await user.type(dialog.getByLabelText(/^Name/), 'acme');
  await user.click(dialog.getByRole('button', { name: 'Make the tenant' }));
  await dialog.findByText('There is a tenant of this name.');
  await user.clear(dialog.getByLabelText(/^Name/));
  await user.type(dialog.getByLabelText(/^Name/), 'initech');
  await user.type(dialog.getByLabelText('Agents at most'), '25');
  await user.click(dialog.getByRole('button', { name: 'Make the tenant' }));
  const link = await screen.findByRole('textbox', { name: 'Reset link' });
  expect(link.textContent).toContain('/reset#tenant.secret');
  await user.click(screen.getByRole('button', { name: 'Done' }));
  const row = (await screen.findByRole('link', { name: 'initech' })).closest('tr');
  expect(row?.textContent).toContain('25');
  expect(screen.queryByRole('textbox', { name: 'Reset link' })).toBeNull();
});

it('deletes only after the name was typed and a reason given', async () => {
  const { user } = await renderApp('/tenants');
  const dialog = await begin(user, 'acme', /^Delete/);
  const button = dialog.getByRole('button', { name: 'Delete' });
  await user.type(dialog.getByLabelText(/Reason/), 'contract ended');
  await user.type(dialog.getByLabelText(/Type acme/), 'acm');
  expect(button.hasAttribute('disabled')).toBe(true);
  await user.type(dialog.getByLabelText(/Type acme/), 'e');
  await user.click(button);
  await screen.findByText('Waiting for deletion');
  await screen.findByText('contract ended');
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  await user.click((await begin(user, 'acme', /^Resume/)).getByRole('button', { name: 'Resume' }));
  await waitFor(() => expect(screen.queryByText('Waiting for deletion')).toBeNull());
});

it('keeps hands off the tenant that operates the others', async () => {
  const { user } = await renderApp('/tenants');
  await user.click(await screen.findByRole('button', { name: 'Actions for primary' }));
  const item = await screen.findByRole('menuitem', { name: /^Suspend/, hidden: true });
  expect(item.textContent).toContain('It operates the others');
});

it('shows a tenant against its limits, and changes them', async () => {
  const { user } = await renderApp('/tenants/01935f00-0000-7000-8000-0000000000ac');
  await screen.findByRole('heading', { level: 1, name: 'acme' });
  await screen.findByText('/ 500');
  const dialog = await begin(user, 'acme', /Change limits/);
  await user.clear(dialog.getByLabelText('Agents at most'));
  await user.type(dialog.getByLabelText('Agents at most'), '480');
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await screen.findByText('The limit is reached');
});

it('says where a template is wrong', async () => {
  const { user } = await renderApp('/tenants/template');
  const box = await screen.findByRole('textbox', { name: 'Template' });
  const put = async (text: string) => {
    await user.clear(box);
    await user.click(box);
    await user.paste(text);
  };
  await put('{"limits":');
  await screen.findByText(/This is not JSON/);
  expect(screen.getByRole('button', { name: 'Save' }).hasAttribute('disabled')).toBe(true);
  await put('{"policies":"none"}');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('/policies');
  await put('{"limits":{"max_users":7}}');
  await user.click(screen.getByRole('button', { name: 'Save' }));
  await screen.findByText('Saved.');
});

it('tries whether tenants are apart', async () => {
  const { user } = await renderApp('/tenants/isolation');
  await user.click(await screen.findByRole('button', { name: 'Run now' }));
  await screen.findByText('42 attempts from 3 tenants.');
  expect((await screen.findAllByText('Tenants are apart')).length).toBe(2);
});

it('is not in the navigation of who operates nothing', async () => {
  await renderApp('/access-grants', { rights: ['access-grants:read', 'access-grants:decide'] });
  await screen.findByText('olga');
  expect(screen.queryByText('Tenants')).toBeNull();
  expect(screen.queryByRole('button', { name: 'Ask for access' })).toBeNull();
});
