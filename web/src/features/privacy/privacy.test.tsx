import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { renderApp } from '@/testing/renderApp';

it('asks before events are kept for less time, and names whose go', async () => {
  const { user } = await renderApp('/privacy/retention');
  const field = await screen.findByRole('textbox', { name: 'Days of Firewall' });
  const save = screen.getByRole('button', { name: 'Save' });
  expect(save.hasAttribute('disabled')).toBe(true);
  fireEvent.change(field, { target: { value: '91' } });
  expect(await screen.findByText('At most 90 days')).toBeTruthy();
  expect(save.hasAttribute('disabled')).toBe(true);
  fireEvent.change(field, { target: { value: '7' } });
  await user.click(save);
  const dialog = within(await screen.findByRole('dialog'));
  expect(await dialog.findByText(/do not come back: Firewall\.$/)).toBeTruthy();
  await user.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect((await screen.findByRole('textbox', { name: 'Days of Firewall' })).getAttribute('value')).toBe('7');
});

it('lets nobody change it, or ask for pseudonyms, without the right', async () => {
  await renderApp('/privacy/retention', { rights: ['privacy:read', 'events:read'] });
  expect((await screen.findByRole('textbox', { name: 'Days of Firewall' })).hasAttribute('disabled')).toBe(true);
  expect(screen.getByRole('button', { name: 'Save' }).getAttribute('title')).toBe('Your role does not allow this');
});

it('offers the modules that the API knows', async () => {
  const { user } = await renderApp('/privacy');
  await user.click(await screen.findByRole('button', { name: 'Add a rule' }));
  await user.click(screen.getByRole('combobox', { name: 'Module of rule 1' }));
  expect(await screen.findByRole('option', { name: 'Intrusion prevention', hidden: true })).toBeTruthy();
});

it('asks for a pseudonym only for a reason, and shows an answer only beside its question', async () => {
  const { user } = await renderApp('/privacy');
  await user.click(await screen.findByRole('button', { name: 'Whose pseudonym?' }));
  const dialog = within(await screen.findByRole('dialog'));
  const write = (label: RegExp, value: string) => fireEvent.change(dialog.getByLabelText(label), { target: { value } });
  write(/^Candidate/, 'alice');
  expect(dialog.getByRole('button', { name: 'Ask' }).hasAttribute('disabled')).toBe(true);
  write(/^Pseudonym at hand/, 'psn-0123456789abcdef0123');
  write(/^Reason/, 'case 4711');
  await user.click(dialog.getByRole('button', { name: 'Ask' }));
  expect(await dialog.findByText('It is the candidate’s.')).toBeTruthy();
  write(/^Pseudonym at hand/, 'psn-1');
  await waitFor(() => expect(dialog.queryByText('It is the candidate’s.')).toBeNull());
});
