import { expect, test } from 'vitest';
import { freshPacket, packetText, parsePacket } from '@/features/firewall/packet';

test('a packet is written and read back', () => {
  const cases = [
    'in tcp 203.0.113.9:51000 > 192.0.2.10:443',
    'out udp [2001:db8::1]:5000 > [2001:db8::2]:53',
    'in icmp 203.0.113.9 > 192.0.2.10 type=8 code=0',
    'in tcp 203.0.113.9:51000 > 192.0.2.10:22 flags=syn iface=eth0',
  ];
  for (const text of cases) expect(packetText(parsePacket(text))).toBe(text);
});

test('what the form cannot say begins anew', () => {
  expect(parsePacket('forward tcp a > b')).toEqual(freshPacket);
  expect(parsePacket(undefined)).toEqual(freshPacket);
});
