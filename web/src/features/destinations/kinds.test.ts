import { expect, test } from 'vitest';
import { kindNames, kindOf, missingSettings, sentSettings, shownSettings } from '@/features/destinations/kinds';

test('what is stored is shown and sent back, with what the form does not show', () => {
  const stored = { brokers: ['a:9092', 'b:9092'], topic: 'events', tls: false, timeout_s: 7 };
  const shown = shownSettings('kafka', stored);
  expect(shown).toMatchObject({ brokers: 'a:9092\nb:9092', topic: 'events', tls: false, sasl: 'none' });
  expect(sentSettings('kafka', { ...shown, brokers: ' c:9092 \n\n' }, stored)).toMatchObject({ brokers: ['c:9092'], timeout_s: 7, sasl: 'none' });
});

test('each kind says what it lacks', () => {
  const missing = Object.fromEntries(kindNames.map((kind) => [kind, missingSettings(kind, shownSettings(kind))]));
  expect(missing).toEqual({ syslog: ['host'], webhook: ['url'], splunk: ['url'], opensearch: ['url'], kafka: ['brokers', 'topic'], sns: ['topic_arn'] });
  expect(kindOf('smoke')).toBe('syslog');
});
