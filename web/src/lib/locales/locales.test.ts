import { describe, expect, it } from 'vitest';
import en from '@/lib/locales/en.json';
import ja from '@/lib/locales/ja.json';

type Tree = { [key: string]: string | Tree };

function flatten(tree: Tree, prefix = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'string') texts.set(prefix + key, value);
    else for (const [inner, text] of flatten(value, `${prefix}${key}.`)) texts.set(inner, text);
  }
  return texts;
}

/** Languages have different plurals: one key for the comparison. */
const withoutPlural = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, '');
const keysOf = (texts: Map<string, string>) => [...new Set([...texts.keys()].map(withoutPlural))].toSorted();
const placeholdersOf = (text: string) => [...new Set(text.match(/\{\{\w+\}\}|<\/?\w+>/g))].toSorted();

describe('the catalogues', () => {
  const english = flatten(en);
  const japanese = flatten(ja);

  it('have the same keys', () => {
    expect(keysOf(japanese)).toEqual(keysOf(english));
  });
  it('have no empty text', () => {
    expect([...english, ...japanese].filter(([, text]) => text.trim() === '')).toEqual([]);
  });
  it('have the same placeholders', () => {
    for (const [key, text] of japanese) {
      const other = english.get(key) ?? english.get(`${withoutPlural(key)}_other`) ?? '';
      expect(placeholdersOf(text), key).toEqual(placeholdersOf(other));
    }
  });
  it('have every plural that their language needs', () => {
    for (const [texts, locale] of [[english, 'en'], [japanese, 'ja']] as const) {
      const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories;
      for (const key of texts.keys()) {
        if (withoutPlural(key) === key) continue;
        for (const category of categories) expect(texts.has(`${withoutPlural(key)}_${category}`), `${locale} ${key}`).toBe(true);
      }
    }
  });
});
