// A packet between the form and the text that the address, the manager and the command line have for it.
export interface PacketForm {
  direction: 'in' | 'out';
  protocol: string;
  source: string;
  sourcePort: string;
  destination: string;
  destinationPort: string;
  more: string;
}

export const freshPacket: PacketForm = { direction: 'in', protocol: 'tcp', source: '203.0.113.9', sourcePort: '51000', destination: '192.0.2.10', destinationPort: '443', more: '' };

const end = (address: string, port: string) => {
  if (!port) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
};

export const packetText = (form: PacketForm) =>
  [form.direction, form.protocol, end(form.source.trim(), form.sourcePort.trim()), '>', end(form.destination.trim(), form.destinationPort.trim()), form.more.trim()].filter(Boolean).join(' ');

function parseEnd(text: string): [string, string] {
  const found = /^\[(.+)\]:(\d+)$/.exec(text) ?? /^([^:]+):(\d+)$/.exec(text);
  return found ? [found[1] ?? '', found[2] ?? ''] : [text, ''];
}

/** The form of a text that the form could have written; the fresh one for any other. */
export function parsePacket(text: string | undefined): PacketForm {
  const found = /^(in|out) (\S+) (\S+) > (\S+)(?: (.*))?$/.exec(text ?? '');
  if (!found) return freshPacket;
  const [, direction, protocol = '', from = '', to = '', more = ''] = found;
  const [source, sourcePort] = parseEnd(from);
  const [destination, destinationPort] = parseEnd(to);
  return { direction: direction === 'out' ? 'out' : 'in', protocol, source, sourcePort, destination, destinationPort, more };
}
