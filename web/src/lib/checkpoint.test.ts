import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { expect, it } from 'vitest';
import { openCheckpoint } from '@/lib/checkpoint';

const name = 'warder.audit/01935f00-0000-7000-8000-000000000001';
const makeKey = (algorithm = 1) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const bytes = Buffer.concat([Buffer.of(algorithm), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)]);
  const id = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  return { privateKey, id, text: `${name}+${id.toString('hex')}+${bytes.toString('base64')}` };
};
const noteOf = (text: string, key: { privateKey: KeyObject; id: Buffer }, signer = name) =>
  `${text}\n— ${signer} ${Buffer.concat([key.id, sign(null, Buffer.from(text), key.privateKey)]).toString('base64')}\n`;

const key = makeKey();
const other = makeKey();
const root = createHash('sha256').update('root').digest();
const text = `${name}\n42\n${root.toString('base64')}\n`;

it('opens what the key has signed', async () => {
  expect(await openCheckpoint(noteOf(text, key), key.text)).toEqual({ head: { size: 42, root: Uint8Array.from(root) } });
});

it('passes over signatures of others', async () => {
  const both = noteOf(text, key) + noteOf(text, other, 'witness').split('\n\n')[1];
  expect(await openCheckpoint(both, key.text)).toHaveProperty('head');
});

it.each([
  ['another size', noteOf(text, key).replace('42', '43'), 'signature'],
  ['another root', noteOf(text, key).replace(root.toString('base64'), createHash('sha256').digest('base64')), 'signature'],
  ['another key', noteOf(text, other), 'signature'],
  ['the name of this key on the signature of another', noteOf(text, { ...other, id: key.id }), 'signature'],
  ['no signature', `${text}\n`, 'signature'],
  ['another list', noteOf(text.replace('warder', 'harder'), key), 'key'],
  ['no size', noteOf(text.replace('42', 'forty'), key), 'form'],
  ['a short root', noteOf(`${name}\n42\nAAAA\n`, key), 'form'],
  ['no note', 'hello', 'form'],
])('refuses %s', async (_what, note, refusal) => {
  expect(await openCheckpoint(note, key.text)).toEqual({ refusal });
});

it.each([
  ['of another name', key.text.replace('warder', 'harder')],
  ['with another id', key.text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
  ['of another algorithm', makeKey(2).text],
  ['of nothing', ''],
])('refuses a key %s', async (_what, keyText) => {
  expect(await openCheckpoint(noteOf(text, key), keyText)).toEqual({ refusal: 'key' });
});

it('says so when the browser has no Ed25519', async () => {
  const importKey = crypto.subtle.importKey;
  crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError'));
  try {
    expect(await openCheckpoint(noteOf(text, key), key.text)).toEqual({ refusal: 'unable' });
  } finally {
    crypto.subtle.importKey = importKey;
  }
});
