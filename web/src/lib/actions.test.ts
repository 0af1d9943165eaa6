import { expect, it } from 'vitest';
import { type Action, refusalOf } from '@/lib/actions';

const action: Action<number> = {
  id: 'x',
  label: 'action.copyJson',
  right: 'agents:write',
  single: true,
  refusal: (items) => (items[0] === 0 ? 'action.nothingSelected' : undefined),
  run: () => undefined,
};

it.each([
  [[1], [], 'action.noRight'],
  [[], ['agents:write'], 'action.nothingSelected'],
  [[1, 2], ['agents:write'], 'action.onlyOne'],
  [[0], ['agents:write'], 'action.nothingSelected'],
  [[1], ['agents:write'], undefined],
])('%j with %j', (items, rights, expected) => {
  expect(refusalOf(action, items, rights)).toBe(expected);
});
