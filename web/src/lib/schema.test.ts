import { describe, expect, it } from 'vitest';
import { problemOf, sectionsOf, type SettingSchema } from '@/lib/schema';

const schema = {
  type: 'object',
  properties: {
    integrity: {
      type: 'object',
      description: 'Files that must not change.',
      properties: {
        enabled: { type: 'boolean', default: true, description: 'On or off.' },
        rescan_s: { type: 'integer', default: 3600, minimum: 60, maximum: 86400, description: 'Seconds.' },
        watch: { type: 'array', items: { type: 'string' }, default: ['/etc'], maxItems: 2, description: 'Paths.' },
        hash: { type: 'string', enum: ['sha256', 'none'], default: 'sha256', 'x-personal-data': 'none' },
        strange: { type: 'object' },
      },
    },
  },
};

describe('sectionsOf', () => {
  it('reads what the field tables export', () => {
    const [section] = sectionsOf(schema);
    expect(section?.description).toBe('Files that must not change.');
    expect(section?.settings.map((each) => [each.key, each.type, each.fallback])).toEqual([
      ['enabled', 'boolean', true],
      ['rescan_s', 'integer', 3600],
      ['watch', 'list', ['/etc']],
      ['hash', 'string', 'sha256'],
    ]);
    expect(section?.settings[3]?.choices).toEqual(['sha256', 'none']);
  });
  it.each([undefined, null, 3, [], {}, { properties: 4 }, { properties: { a: null } }])('survives %j', (bad) => {
    expect(sectionsOf(bad)).toEqual([]);
  });
});

describe('problemOf', () => {
  const number: SettingSchema = { key: 'n', type: 'integer', description: '', fallback: 1, minimum: 1, maximum: 9 };
  const list: SettingSchema = { key: 'l', type: 'list', description: '', fallback: [], maximum: 2, choices: ['a', 'b'] };
  it.each([
    [number, 5, undefined],
    [number, 0, { code: 'low', limit: 1 }],
    [number, 10, { code: 'high', limit: 9 }],
    [number, 1.5, { code: 'integer' }],
    [list, ['a', 'b'], undefined],
    [list, ['a', 'b', 'a'], { code: 'high', limit: 2 }],
    [list, ['c'], { code: 'choice', value: 'c' }],
  ])('%# ', (schema, value, expected) => {
    expect(problemOf(schema, value)).toEqual(expected);
  });
});
