import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

it('keeps a filter over hosts as a group, and lists whoever matches it', async () => {
  const { user, router } = await renderApp('/fleet/groups');
  await user.click(await screen.findByRole('button', { name: 'Add smart group' }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Name/), 'Web');
  await user.type(dialog.getByLabelText(/^Filter of hosts/), 'name:"web"');
  expect((await dialog.findByRole('status')).textContent).toMatch(/^It matches \d+ hosts? now\.$/);
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await user.click(await screen.findByRole('link', { name: 'Web' }));
  await expect.poll(() => router.state.location.search).toHaveProperty('smart');
  await screen.findByRole('link', { name: 'web-1' });
  expect(screen.queryByRole('link', { name: /^db-/ })).toBeNull();
});

it('narrows the list by a filter in the address, and says what is wrong with one', async () => {
  const { user, router } = await renderApp('/fleet?filter=name:db');
  await screen.findByRole('link', { name: /^db-/ });
  expect(screen.queryByRole('link', { name: 'web-1' })).toBeNull();
  const input = screen.getByRole('textbox', { name: 'Filter of hosts' });
  await user.clear(input);
  await user.type(input, 'name:web{Enter}');
  await expect.poll(() => router.state.location.search).toMatchObject({ filter: 'name:web' });
  await screen.findByRole('link', { name: 'web-1' });
});

it('does not offer to change smart groups without the right', async () => {
  await renderApp('/fleet/groups', { rights: ['agents:read'] });
  expect((await screen.findByRole('button', { name: 'Add smart group' })).hasAttribute('disabled')).toBe(true);
});
