import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { pages, sections } from '@/app/navigation';
import { setPreferences } from '@/lib/preferences';
import { renderApp } from '@/testing/renderApp';

const navigation = async () => within(await screen.findByRole('navigation', { name: 'Pages' }));

it('leads to every page, each in one section', async () => {
  await renderApp('/fleet');
  const nav = await navigation();
  expect(nav.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(pages.map((page) => page.to));
  expect(new Set(pages.map((page) => page.to)).size).toBe(pages.length);
  expect(nav.getAllByRole('button').length).toBe(sections.length);
});

it('shows what the role may not open, without a link', async () => {
  await renderApp('/fleet', { rights: ['agents:read'] });
  const nav = await navigation();
  expect(nav.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual(['/fleet', '/quarantine']);
  expect(nav.getByText('Audit log').getAttribute('aria-disabled')).toBe('true');
});

it('folds a section away by the keyboard, and remembers', async () => {
  setPreferences({ folded: [] });
  const { user } = await renderApp('/fleet');
  const nav = await navigation();
  const heading = nav.getByRole('button', { name: 'Administration' });
  heading.focus();
  await user.keyboard('{Enter}');
  expect(heading.getAttribute('aria-expanded')).toBe('false');
  expect(nav.queryByRole('link', { name: 'Audit log' })).toBeNull();
  expect(JSON.parse(localStorage.getItem('warder-preferences') ?? '{}')).toMatchObject({ folded: ['administration'] });
  setPreferences({ folded: [] });
  await nav.findByRole('link', { name: 'Audit log' });
});
