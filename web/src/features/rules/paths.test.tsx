import { screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import { asRuleFile, pathsOf } from '@/features/rules/paths';
import { renderApp } from '@/testing/renderApp';

it('reads a path a line; a slash at the end makes it a directory', () => {
  expect(pathsOf('/etc/passwd\n\n  /srv/www/ \nno path\n/')).toEqual([
    { path: '/etc/passwd', type: 'file' },
    { path: '/srv/www', type: 'directory' },
    { path: '/', type: 'directory' },
  ]);
  expect(pathsOf('/a\n'.repeat(300))).toHaveLength(200);
});

it('makes a file of one rule of a list, and leaves whole files alone', () => {
  expect(asRuleFile('- id: a')).toBe('rules:\n- id: a');
  expect(asRuleFile('<FileSet base="/etc"/>')).toBe('<FileSet base="/etc"/>');
});

it('tries a rule of the product on paths', async () => {
  const { user } = await renderApp('/rules/integrity/accounts');
  await user.click(await screen.findByRole('link', { name: 'Try it' }));
  await user.type(await screen.findByLabelText(/^Paths, one a line/), '/etc/passwd{Enter}/srv/x');
  await user.click(screen.getByRole('button', { name: 'Test' }));
  await screen.findByText('Watched');
  expect(screen.getByText('Not watched')).toBeTruthy();
  expect(screen.getByText(/watches it/)).toBeTruthy();
});
