import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { isSameScopes, scopedRoleSchema } from '@/features/users/scopes';
import { renderApp } from '@/testing/renderApp';

it('takes a scope only with a role and a part of the fleet', () => {
  const scope = { role: 'operator', groups: [], policies: [], tags: ['pci'] };
  expect(scopedRoleSchema.safeParse(scope).success).toBe(true);
  expect(scopedRoleSchema.safeParse({ ...scope, tags: [] }).success).toBe(false);
  expect(scopedRoleSchema.safeParse({ ...scope, role: '' }).success).toBe(false);
  expect(scopedRoleSchema.safeParse({ ...scope, tags: ['Not a tag'] }).success).toBe(false);
});

it('compares scopes in whatever order', () => {
  const one = { role: 'operator', groups: ['a', 'b'], policies: [], tags: [] };
  const two = { role: 'auditor', groups: [], policies: ['p'], tags: ['t'] };
  expect(isSameScopes([one, two], [two, { ...one, groups: ['b', 'a'] }])).toBe(true);
  expect(isSameScopes([one], [two])).toBe(false);
  expect(isSameScopes([one], [{ ...one, tags: ['x'] }])).toBe(false);
});

it('adds a person whose role goes for the hosts with a tag alone', async () => {
  const { user, manager } = await renderApp('/users');
  await user.click(await screen.findByRole('button', { name: 'Add a user' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^User name/), 'mori');
  await user.click(dialog.getByRole('button', { name: 'Add a role for a part of the fleet' }));
  await user.click(dialog.getByRole('button', { name: 'Add a user' }));
  await dialog.findByText('Each needs a role, and a group, a policy or a tag.');
  await user.click(dialog.getByLabelText(/^Role(?!s)/, { selector: 'input' }));
  await user.click((await screen.findAllByRole('option', { name: 'Operator', hidden: true })).at(-1) as HTMLElement);
  await user.type(dialog.getByLabelText('Tags', { selector: 'input' }), 'PCI{Enter}');
  await user.click(dialog.getByRole('button', { name: 'Add a user' }));
  await screen.findByText(/Operator \(part of the fleet\)/);
  expect(manager.state).toBeTruthy();
});
