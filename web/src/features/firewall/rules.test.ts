import { expect, test } from 'vitest';
import { conditionsOf } from '@/features/firewall/rules';

const rule = (definition: Record<string, unknown>) => ({ id: 'r', name: '', direction: 'incoming', priority: 0, action: 'allow', in_force: true, definition });

test('conditions are one line', () => {
  expect(conditionsOf(rule({}))).toBe('any * → *');
  expect(conditionsOf(rule({ protocol: 'tcp', source_addresses: ['@offices'], source_addresses_not: true, destination_ports: ['22', '80'] }))).toBe('tcp !@offices → *:22, 80');
  expect(conditionsOf(rule({ protocol: 'udp', destination_ports: ['1', '2', '3', '4', '5'], schedule: 'nights' }))).toBe('udp * → *:1, 2, 3, 4 … (5) (nights)');
});
