import { expect, it } from 'vitest';
import type { AlertRoute } from '@/api/types';
import { bodyOfForm, formOf, hoursOf, isWhole, weekdayName } from '@/features/oncall/routeForm';

const office: AlertRoute = {
  id: 'a', name: 'office', enabled: true, severity: 'high', rules: ['agent-silent'], days: 'mon,tue,wed,thu,fri', from: '09:00', until: '18:00', time_zone: 'Asia/Tokyo', channels: ['mail'], rota: null, etag: '"1"',
};

it('comes back as it was', () => {
  const { id: _id, enabled: _enabled, etag: _etag, ...body } = office;
  expect(bodyOfForm(formOf(office, 'UTC'))).toEqual(body);
});

it('takes every alert at any time unless somebody says otherwise', () => {
  const { days, from, until, severity, rules, time_zone: zone } = bodyOfForm(formOf(undefined, 'Europe/Paris'));
  expect({ days, from, until, severity, rules, zone }).toEqual({ days: 'mon,tue,wed,thu,fri,sat,sun', from: '00:00', until: '24:00', severity: 'info', rules: [], zone: 'Europe/Paris' });
});

it('is whole with a name, a day and somebody to tell', () => {
  const form = formOf(office, 'UTC');
  expect(isWhole(form)).toBe(true);
  expect(isWhole({ ...form, channels: [] })).toBe(false);
  expect(isWhole({ ...form, channels: [], rota: 'soc' })).toBe(true);
  expect(isWhole({ ...form, days: [] })).toBe(false);
  expect(isWhole({ ...form, name: ' ' })).toBe(false);
});

it('says its hours, whatever the order of its days', () => {
  expect(hoursOf({ ...office, days: 'sun,mon,tue,wed,thu,fri,sat', from: '00:00', until: '24:00' })).toBeUndefined();
  expect(hoursOf({ ...office, days: 'sun,mon,tue,wed,thu,fri,sat' })).toEqual({ days: [], hours: '09:00–18:00', zone: 'Asia/Tokyo' });
  expect(hoursOf({ ...office, days: 'sun,sat', from: '00:00', until: '24:00' })?.days).toEqual(['sat', 'sun']);
});

it('names days in the language', () => {
  expect([weekdayName('mon', 'en'), weekdayName('sun', 'en'), weekdayName('mon', 'ja')]).toEqual(['Mon', 'Sun', '月']);
});
