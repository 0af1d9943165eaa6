import { screen, waitFor, within } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AuditEntry } from '@/api/types';
import { runsOf } from '@/features/audit/check';
import { canonical, leafOf, microsOf } from '@/features/audit/leaf';
import { renderApp } from '@/testing/renderApp';
import { server } from '@/testing/server';

describe('the leaf of an entry', () => {
  const entry: AuditEntry = { index: 7, time: '2026-11-22T23:25:15.000042Z', actor: 'user:1', action: 'a.b', object: 'ö"', outcome: 'success', detail: { z: [1, null], a: { c: true, b: 'x\n' } }, hash: '' };

  it('is canonical JSON with microseconds', () => {
    expect(leafOf(entry)).toBe('{"action":"a.b","actor":"user:1","detail":{"a":{"b":"x\\n","c":true},"z":[1,null]},"index":7,"object":"ö\\"","outcome":"success","time_us":1795389915000042}');
  });

  it('sorts keys by UTF-16, as RFC 8785 §3.2.3 shows', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
    const inOrder = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
    expect(canonical(Object.fromEntries(keys.map((key) => [key, 0])))).toBe(`{${inOrder.map((key) => `${JSON.stringify(key)}:0`).join(',')}}`);
  });

  it.each([['1970-01-01T00:00:01Z', 1e6], ['1970-01-01T00:00:00.5Z', 500_000], ['1970-01-01T00:00:00.000001Z', 1]])('%s is %d', (time, micros) => {
    expect(microsOf(time)).toBe(micros);
  });

  it('comes in runs of neighbours', () => {
    expect(runsOf([9, 8, 5, 3, 2].map((index) => Object.assign({}, entry, { index }))).map((run) => run.map(({ index }) => index))).toEqual([[2, 3], [5], [8, 9]]);
  });
});

/** The audit page over a log of thirteen entries, and what is changed before it is opened. */
async function openLog(change?: (manager: Awaited<ReturnType<typeof renderApp>>['manager']) => void, count = 13) {
  const app = await renderApp('/nothing');
  for (let index = 0; index < count; index += 1) app.manager.audit.log('policy.update', `policy ${index}`, 'success', { version: index });
  change?.(app.manager);
  await app.router.navigate({ to: '/audit' });
  return app;
}
const table = () => screen.findByRole('table', { name: 'Audit log' });
const verdicts = async (word: string) => within(await table()).queryAllByText(word).length;
const again = (user: { click: (element: Element) => Promise<void> }) => user.click(screen.getByRole('button', { name: 'Check again' }));

describe('the browser checks the log', () => {
  afterEach(() => vi.restoreAllMocks());

  it('and finds every entry in the signed list', async () => {
    const { user, manager } = await openLog();
    await screen.findByText('Checked in this browser: nothing was changed');
    await screen.findByText('13 entries shown here are in the signed list of 13.');
    expect(await verdicts('Holds')).toBe(13);
    screen.getByText(/for the first time/);
    manager.audit.log('policy.update', 'one more');
    await again(user);
    await screen.findByText(/goes on from the list of 13/);
  });

  it('also where a filter leaves gaps', async () => {
    const { user } = await openLog((manager) => {
      manager.audit.log('user.create', 'ann');
      manager.audit.log('policy.update', 'last');
    });
    await screen.findByText('Checked in this browser: nothing was changed');
    await user.type(screen.getByLabelText('Action, such as session.login'), 'policy');
    await screen.findByText('14 entries shown here are in the signed list of 15.');
    expect(await verdicts('Holds')).toBe(14);
  });

  it.each([
    ['who', (entry: { actor: string }) => { entry.actor = 'somebody else'; }],
    ['what', (entry: { detail: object }) => { entry.detail = { version: 1000 }; }],
    ['when', (entry: { time: string }) => { entry.time = entry.time.replace(/\d{6}Z$/, '999999Z'); }],
    ['how it ended', (entry: { outcome: string }) => { entry.outcome = 'denied'; }],
  ] as const)('and shows the entry that says another thing than was signed: %s', async (_what, change) => {
    await openLog(({ audit }) => change(audit.entries[4] as never));
    await screen.findByText('Checked in this browser: the log does not hold');
    await screen.findByText('These entries are not as they were signed: 5.');
    expect(await verdicts('Does not hold')).toBe(1);
    expect(await verdicts('Holds')).toBe(12);
  });

  it('and finds out a row that was changed where it is kept, although all proofs are made anew', async () => {
    const { user, manager } = await openLog();
    await screen.findByText('Checked in this browser: nothing was changed');
    manager.audit.leaves[2] = manager.audit.leaves[2]?.replace('policy 2', 'policy X') ?? '';
    Object.assign(manager.audit.entries[2] ?? {}, { object: 'policy X' });
    manager.audit.log('policy.update', 'one more');
    await again(user);
    await screen.findByText(/not a continuation of the 13 entries/);
    await user.click(screen.getByRole('button', { name: 'Forget what this browser remembers' }));
    await user.click(await screen.findByRole('button', { name: 'Forget' }));
    await screen.findByText(/for the first time/);
    await screen.findByText('These entries are not as they were signed: 3.');
  });

  it('and finds out that the end was cut', async () => {
    const { user, manager } = await openLog();
    await screen.findByText('Checked in this browser: nothing was changed');
    manager.audit.leaves.length = 9;
    manager.audit.entries.length = 9;
    await again(user);
    await screen.findByText(/has seen 13 entries; now there are 9/);
  });

  it('and refuses a checkpoint that was changed, and one of another key', async () => {
    const other = (await openLog()).manager.audit;
    const { user, manager } = { user: (await import('@testing-library/user-event')).default.setup(), manager: other };
    await screen.findByText('Checked in this browser: nothing was changed');
    const checkpoint = await (await manager.routes.find(([, path]) => path.test('/audit/checkpoint'))?.[3]({ url: new URL('http://x/') } as never))?.json() as { note: string; key: string };
    server.use(http.get('*/api/v1/audit/checkpoint', () => HttpResponse.json({ ...checkpoint, note: checkpoint.note.replace('\n13\n', '\n14\n') })));
    await again(user);
    await screen.findByText(/signature of the checkpoint is wrong/);
    expect(await verdicts('Not checked')).toBe(13);
    localStorage.setItem('warder-audit-primary', JSON.stringify({ key: 'another', size: 2, root: '00'.repeat(32), seen: '2026-01-01T00:00:00Z' }));
    server.use(http.get('*/api/v1/audit/checkpoint', () => HttpResponse.json(checkpoint)));
    await again(user);
    await screen.findByText(/signed with another key/);
  });

  it('and never calls good what it could not check', async () => {
    vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('no', 'NotSupportedError'));
    await openLog();
    await screen.findByText('Not checked: this browser cannot verify signatures');
    expect(await verdicts('Holds')).toBe(0);
    vi.restoreAllMocks();
    server.use(http.get('*/api/v1/audit/proofs/inclusion', () => HttpResponse.json({ title: 'It broke', detail: 'Try later', status: 400, type: 'about:blank', code: 'x' }, { status: 400 })));
    await again((await import('@testing-library/user-event')).default.setup());
    await screen.findByText('The entries shown could not be checked');
    await waitFor(async () => expect(await verdicts('Holds')).toBe(0));
  });
});
