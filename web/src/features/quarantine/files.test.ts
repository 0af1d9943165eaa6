import { expect, test } from 'vitest';
import type { Command } from '@/api/types';
import { lastQuarantine } from '@/features/quarantine/files';

const command = (change: Partial<Command>): Command => ({
  id: 'c', agent_id: 'a', module: 'anti-malware', name: 'quarantine-list', state: 'succeeded', error: null, output: { files: [], count: 0, unreadable: 0, bytes: 0 }, created: '', finished: '2026-11-27T10:00:00Z', ...change,
});

test('the newest list that makes sense counts', () => {
  expect(lastQuarantine([])).toBeUndefined();
  expect(lastQuarantine([command({ module: 'integrity' }), command({ state: 'failed' }), command({ output: { files: 'many' } })])).toBeUndefined();
  expect(lastQuarantine([command({ name: 'scan' }), command({ finished: '2026-11-27T09:00:00Z' }), command({})])?.asOf).toBe('2026-11-27T09:00:00Z');
});
