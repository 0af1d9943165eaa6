import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Key } from '@/api/types';
import { objectOf, sorted } from '@/features/keys/levels';
import { renderApp } from '@/testing/renderApp';

const key = (owner: string, level: string, epoch: number): Key => ({ owner, owner_name: owner, level, epoch, created: null, current: true, provider: null, root_key: null });
type User = Awaited<ReturnType<typeof renderApp>>['user'];
const rotate = async (user: User, name: string) => {
  await user.click(await screen.findByRole('button', { name: `Actions for ${name}` }));
  return screen.findByRole('menuitem', { name: /^Rotate/, hidden: true });
};

it('puts the control database first and levels in their order', () => {
  const mixed = [key('b', 'contact', 1), key('b', 'tenant', 1), key('b', 'tenant', 2), key('control', 'other', 1), key('a', 'odd', 1)];
  expect(sorted(mixed).map(({ owner, level, epoch }) => `${owner}/${level}/${epoch}`)).toEqual(['control/other/1', 'a/odd/1', 'b/tenant/2', 'b/tenant/1', 'b/contact/1']);
  expect([objectOf({ level: 'root' }), objectOf({ level: 'tenant', owner: 'control' })]).toEqual(['key:root', 'key:control/tenant']);
});

it('rotates a class of data at once', async () => {
  const { user } = await renderApp('/keys');
  await user.click(await rotate(user, 'primary contact 1'));
  await user.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Rotate' }));
  await screen.findByText('A new key seals now: epoch 2.');
  expect((await rotate(user, 'primary contact 1')).textContent).toContain('It seals nothing any more');
});

it('says why derivation stays', async () => {
  const { user } = await renderApp('/keys');
  expect((await rotate(user, 'primary derivation 1')).textContent).toContain('must stay');
});

it('rotates the root key only with the word of another custodian', async () => {
  const { user, manager } = await renderApp('/keys');
  await user.click(await screen.findByRole('button', { name: 'Rotate the root key' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(await dialog.findByLabelText(/Reason/), 'yearly');
  await user.click(dialog.getByRole('button', { name: 'Ask a second person' }));
  await dialog.findByText('Waiting for a second person');
  expect(dialog.getByRole('button', { name: 'Rotate now' }).hasAttribute('disabled')).toBe(true);
  expect(manager.approvals[0]).toMatchObject({ action: 'keys.rotate', object: 'key:root', reason: 'yearly' });
  Object.assign(manager.approvals[0] ?? {}, { state: 'approved' });
  await dialog.findByText('A second person has agreed');
  await user.click(dialog.getByRole('button', { name: 'Rotate now' }));
  await screen.findByText('The key was rotated.');
  expect(manager.approvals[0]).toMatchObject({ state: 'used' });
});
