// The subset of JSON Schema that the manager's field tables export: what a policy form is drawn from and checked against.

export type SettingValue = boolean | number | string | string[];

export interface SettingSchema {
  key: string;
  type: 'boolean' | 'integer' | 'string' | 'list';
  description: string;
  fallback: SettingValue;
  minimum?: number;
  maximum?: number;
  choices?: string[];
  personalData?: string;
}

export interface SectionSchema {
  name: string;
  description: string;
  settings: SettingSchema[];
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown) => (typeof value === 'number' ? value : undefined);
const textsOf = (value: unknown) =>
  Array.isArray(value) && value.every((each) => typeof each === 'string') ? (value as string[]) : undefined;

const kinds: Record<string, SettingSchema['type']> = {
  boolean: 'boolean',
  integer: 'integer',
  string: 'string',
  array: 'list',
};
const empty: Record<SettingSchema['type'], SettingValue> = { boolean: false, integer: 0, string: '', list: [] };
const limits: Record<SettingSchema['type'], [string, string]> = {
  boolean: ['', ''],
  integer: ['minimum', 'maximum'],
  string: ['minLength', 'maxLength'],
  list: ['minItems', 'maxItems'],
};

export function isSettingValue(value: unknown): value is SettingValue {
  return ['boolean', 'number', 'string'].includes(typeof value) || textsOf(value) !== undefined;
}

function setting(key: string, schema: Json): SettingSchema | undefined {
  const type = kinds[textOf(schema.type)];
  if (!type) return undefined;
  const items = isObject(schema.items) ? schema.items : {};
  const [low, high] = limits[type];
  const minimum = numberOf(schema[low]);
  const maximum = numberOf(schema[high]);
  const choices = textsOf(type === 'list' ? items.enum : schema.enum);
  return {
    key,
    type,
    description: textOf(schema.description),
    fallback: isSettingValue(schema.default) ? schema.default : empty[type],
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(choices ? { choices } : {}),
    ...(schema['x-personal-data'] ? { personalData: textOf(schema['x-personal-data']) } : {}),
  };
}

/** The sections of a policy in the schema's order; what the console cannot draw is left out. */
export function sectionsOf(schema: unknown): SectionSchema[] {
  if (!isObject(schema) || !isObject(schema.properties)) return [];
  return Object.entries(schema.properties).flatMap(([name, section]) => {
    if (!isObject(section) || !isObject(section.properties)) return [];
    const settings = Object.entries(section.properties)
      .map(([key, value]) => (isObject(value) ? setting(key, value) : undefined))
      .filter((each) => each !== undefined);
    return [{ name, description: textOf(section.description), settings }];
  });
}

export type SettingProblem =
  | { code: 'low'; limit: number }
  | { code: 'high'; limit: number }
  | { code: 'integer' }
  | { code: 'choice'; value: string };

/** What is wrong with a value, before the manager is asked. */
export function problemOf(schema: SettingSchema, value: SettingValue): SettingProblem | undefined {
  if (schema.type === 'integer' && !Number.isInteger(value)) return { code: 'integer' };
  const size = typeof value === 'number' ? value : typeof value === 'boolean' ? undefined : value.length;
  if (size !== undefined && schema.minimum !== undefined && size < schema.minimum) return { code: 'low', limit: schema.minimum };
  if (size !== undefined && schema.maximum !== undefined && size > schema.maximum) return { code: 'high', limit: schema.maximum };
  if (schema.choices && typeof value !== 'number' && typeof value !== 'boolean') {
    const wrong = [value].flat().find((each) => !schema.choices?.includes(each));
    if (wrong !== undefined) return { code: 'choice', value: wrong };
  }
  return undefined;
}
