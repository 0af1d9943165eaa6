import { screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';
import { renderApp } from '@/testing/renderApp';

type User = Awaited<ReturnType<typeof renderApp>>['user'];

// A menu is not shown to the accessibility tree while it moves into its place.
const openMenu = async (user: User) => user.click(await screen.findByRole('button', { name: 'Views' }));

async function keep(user: User, name: string) {
  await openMenu(user);
  await user.click(await screen.findByRole('menuitem', { name: 'Keep this view…', hidden: true }));
  const dialog = within(await screen.findByRole('dialog'));
  await user.type(dialog.getByLabelText(/^Name/), name);
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await expect.poll(() => screen.queryByRole('dialog')).toBeNull();
}

test('a view of the fleet brings back all that the address said, in the filters too', async () => {
  const { user, router } = await renderApp('/fleet?state=offline&host=web&filter=name:web');
  await keep(user, 'Silent web');
  await router.navigate({ to: '/fleet', search: {} });
  const box = screen.getByRole<HTMLInputElement>('textbox', { name: 'Search hosts' });
  await expect.poll(() => box.value).toBe('');
  await openMenu(user);
  const view = await screen.findByRole('menuitem', { name: 'Silent web', hidden: true });
  expect(view.getAttribute('href')).toBe('/fleet?state=offline&host=web&filter=name%3Aweb');
  await user.click(view);
  await expect.poll(() => router.state.location.search).toEqual({ state: 'offline', host: 'web', filter: 'name:web' });
  await expect.poll(() => box.value).toBe('web');
});

test('each page has views of its own', async () => {
  const { user, router } = await renderApp('/audit?action=user.create');
  await keep(user, 'New people');
  await router.navigate({ to: '/incidents', search: { state: 'active' } });
  await keep(user, 'Open ones');
  await openMenu(user);
  await screen.findByRole('menuitem', { name: 'Open ones', hidden: true });
  expect(screen.queryByRole('menuitem', { name: 'New people', hidden: true })).toBeNull();
  await router.navigate({ to: '/alerts' });
  await openMenu(user);
  await screen.findByText('No views of this page are kept yet');
});

test('what is open beside the list is not kept', async () => {
  const { user } = await renderApp('/alerts?state=any&alert=0190c0de-0000-7000-8000-00000000000a');
  await user.keyboard('{Escape}');
  await keep(user, 'All of them');
  await openMenu(user);
  expect((await screen.findByRole('menuitem', { name: 'All of them', hidden: true })).getAttribute('href')).toBe('/alerts?state=any');
});

test('who may not keep views sees them', async () => {
  const { user } = await renderApp('/fleet', { rights: ['agents:read', 'searches:read'] });
  await openMenu(user);
  expect((await screen.findByRole('menuitem', { name: 'Keep this view…', hidden: true })).hasAttribute('disabled')).toBe(true);
});

test('without the right to read views there is no menu', async () => {
  await renderApp('/fleet', { rights: ['agents:read'] });
  await screen.findByRole('link', { name: 'web-1' });
  expect(screen.queryByRole('button', { name: 'Views' })).toBeNull();
});
