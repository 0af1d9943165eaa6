import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

const names = async () => (await screen.findAllByRole('heading', { level: 2 })).map((each) => each.textContent);

it('leads from each number to the page that is filtered alike', async () => {
  const { user, router } = await renderApp('/dashboard');
  const hosts = (await screen.findByRole('heading', { name: 'Hosts with most events' })).closest('li') as HTMLElement;
  await user.click(await within(hosts).findByRole('link', { name: /web-1/ }));
  await waitFor(() => expect(router.state.location.href).toBe('/events?range=24h&filter=host.name+%3D+%22web-1%22'));
});

it('moves a widget by the keyboard and keeps the arrangement', async () => {
  const { user } = await renderApp('/dashboard');
  expect((await names()).slice(0, 2)).toEqual(['Hosts without protection', 'Open alerts']);
  await user.click(screen.getByRole('button', { name: 'Arrange' }));
  screen.getByRole('button', { name: 'Move Hosts without protection' }).focus();
  await user.keyboard('{ArrowRight}');
  await screen.findByText('Moved to place 2 of 8');
  expect((await names()).slice(0, 2)).toEqual(['Open alerts', 'Hosts without protection']);
  await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Move Hosts without protection'));
  await user.keyboard('{Home}');
  await screen.findByText('Moved to place 1 of 8');
});

it('adds, names and removes tabs, each with its own address', async () => {
  const { user, router, manager } = await renderApp('/dashboard');
  await user.click(await screen.findByRole('button', { name: 'Arrange' }));
  await user.click(screen.getByRole('button', { name: 'Add a tab' }));
  await waitFor(() => expect(router.state.location.search).toEqual({ tab: '3' }));
  const name = await screen.findByLabelText('Name of the tab');
  await user.clear(name);
  await user.type(name, 'Databases{Enter}');
  await screen.findByRole('link', { name: 'Databases' });
  const kept = await manager.handle(new Request('http://x/api/v1/session/dashboard'));
  await waitFor(async () => expect(JSON.stringify(await kept.clone().json())).toContain('This week'));
  await user.click(screen.getByRole('button', { name: 'Remove the tab' }));
  await waitFor(() => expect(screen.queryByRole('link', { name: 'Databases' })).toBeNull());
});
