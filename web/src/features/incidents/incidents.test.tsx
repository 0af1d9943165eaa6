import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { momentOf } from '@/features/incidents/moments';
import { missingToClose, nextStates } from '@/features/incidents/states';
import { renderApp } from '@/testing/renderApp';

describe('states', () => {
  it('never go back to the declaration, and closing is none of them', () => {
    expect(nextStates('contained')).toEqual(['triaged', 'eradicated', 'recovered']);
    expect(nextStates('closed')).toEqual(['triaged']);
  });

  it('closing takes three words, and blanks are none', () => {
    expect(missingToClose({ root_cause: ' ', corrective_action: 'passkeys', plan_review: '' })).toEqual(['root_cause', 'plan_review']);
  });
});

describe('moments', () => {
  it('are read in the zone that they are shown in', () => {
    expect(momentOf('2026-11-27 14:30', 'UTC')).toBe('2026-11-27T14:30:00.000Z');
    expect(momentOf('2026-11-27 14:30', 'local')).toBe(new Date(2026, 10, 27, 14, 30).toISOString());
  });
  it.each(['', '27.11.2026', '2026-13-01 10:00', '2026-11-27'])('"%s" is none', (text) => {
    expect(momentOf(text, 'UTC')).toBeUndefined();
  });
});

it('declares from anywhere and opens what it declared', async () => {
  const { user, router } = await renderApp('/fleet');
  await user.click(await screen.findByRole('button', { name: 'Declare an incident' }));
  const dialog = await screen.findByRole('dialog');
  expect(within(dialog).getByRole('button', { name: 'Declare', hidden: true }).hasAttribute('disabled')).toBe(true);
  await user.type(within(dialog).getByLabelText(/What happened/), 'A printer speaks');
  await user.click(within(dialog).getByRole('button', { name: 'Declare', hidden: true }));
  await screen.findByRole('heading', { level: 1, name: '3: A printer speaks' });
  expect(router.state.location.pathname).toMatch(/^\/incidents\/[\w-]+$/);
});

it('whoever may not declare sees why', async () => {
  await renderApp('/fleet', { rights: ['agents:read'] });
  const button = await screen.findByRole('button', { name: 'Declare an incident' });
  expect(button.hasAttribute('disabled')).toBe(true);
  expect(button.title).toBe('Your role does not allow this');
});

it('the queue stands by severity', async () => {
  await renderApp('/incidents');
  const rows = within(await screen.findByRole('table', { name: 'Incidents' })).getAllByRole('row').slice(1);
  expect(rows.map((row) => within(row).getByRole('link').textContent)).toEqual(['db-1 sends mail', 'A laptop was lost']);
});

it('is closed only with all three words', async () => {
  const { user } = await renderApp('/incidents');
  await user.click(await screen.findByRole('link', { name: 'db-1 sends mail' }));
  await user.click(await screen.findByRole('tab', { name: 'Closing' }));
  const close = await screen.findByRole('button', { name: 'Close the incident' });
  await user.type(screen.getByLabelText(/^Root cause/), 'a weak password');
  await user.type(screen.getByLabelText(/^Corrective action/), 'passkeys');
  expect(close.hasAttribute('disabled')).toBe(true);
  expect(close.title).toBe('Still missing: Review of the response plan');
  await user.type(screen.getByLabelText(/^Review of the response plan/), 'nobody knew the rota');
  await user.click(close);
  await screen.findByText(/^Closed:/);
});

it('a late notification takes the reasons for the delay', async () => {
  const { user } = await renderApp('/incidents');
  await user.click(await screen.findByRole('link', { name: 'A laptop was lost' }));
  await user.click(await screen.findByRole('tab', { name: 'Personal data' }));
  const when = await screen.findByLabelText(/^Authority notified/);
  const note = screen.getByRole('button', { name: 'Note the notification' });
  expect(note.hasAttribute('disabled')).toBe(false);
  await user.clear(when);
  await user.type(when, '2099-01-01 00:00');
  await waitFor(() => expect(note.hasAttribute('disabled')).toBe(true));
  await user.type(screen.getByLabelText(/^Reasons for the delay/), 'a long weekend');
  await user.click(note);
  expect((await screen.findAllByText('Notified late')).length).toBeGreaterThan(0);
});
