// One's own second factor: set up, asked for at the next login, removed again.
import { createHmac } from 'node:crypto';
import { assert, checkAccessibility, screenshot } from './lib.mjs';
import { ownPassword } from './flows.mjs';

/** What an authenticator app shows (RFC 6238); the stand-in manager takes one code only. */
function codeOf(secret, isReal) {
  if (!isReal) return '123456';
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac('sha1', key).update(step).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

export function account(world) {
  const { page, manager } = world;
  const button = (name) => page.getByRole('button', { name });
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const ownNow = manager.isReal && process.env.WARDER_USER ? manager.password : ownPassword;
  let recoveryCodes = [];

  return [
    ['a second factor is set up', async () => {
      await page.goto(`${manager.url}/second-factor`);
      await heading('Second factor');
      await page.getByLabel('Current password').fill(ownNow);
      await button('Set up').click();
      const secret = await page.getByRole('textbox', { name: 'Secret' }).innerText();
      await checkAccessibility(page, 'second-factor');
      await screenshot(page, 'second-factor');
      await page.getByLabel('Code').fill(codeOf(secret.trim(), manager.isReal));
      await button('Confirm with the first code').click();
      await heading('Recovery codes');
      await checkAccessibility(page, 'recovery-codes');
      recoveryCodes = await page.getByRole('listitem').allInnerTexts();
      assert(recoveryCodes.length >= 2, `${recoveryCodes.length} recovery codes`);
      await button('I have kept them').click();
      await heading('Events');
    }],
    ['the login asks for the second factor', async () => {
      await page.getByRole('button', { name: /^Account of/ }).click();
      await page.getByRole('menuitem', { name: 'Log out' }).click();
      await heading('Log in');
      await page.getByLabel('User name').fill(manager.user);
      await page.getByLabel('Password', { exact: true }).fill(ownNow);
      await button('Log in').click();
      // A code is right once, and that of the moment confirmed the set-up.
      await page.getByLabel('Code').fill(recoveryCodes[0].trim());
      await checkAccessibility(page, 'login-code');
      await button('Log in').click();
      await heading('Events');
    }],
    ['the second factor is removed', async () => {
      await page.goto(`${manager.url}/second-factor`);
      await page.getByLabel('Current password').fill(ownNow);
      await page.getByRole('textbox', { name: 'Code' }).fill(recoveryCodes[1].trim());
      await button('Remove').click();
      await button('Set up').waitFor();
      await page.goto(`${manager.url}/events`);
      await heading('Events');
    }],
  ];
}
