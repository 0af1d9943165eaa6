// Passkeys in a real browser with a virtual authenticator: made, used alone and after the password, copied, removed.
import { assert, checkAccessibility, screenshot } from './lib.mjs';
import { ownPassword } from './flows.mjs';

export function passkeys(world) {
  const { page, manager, context } = world;
  // The stand-in manager checks no signatures.
  if (!manager.isReal) return [];
  const button = (name) => page.getByRole('button', { name });
  const heading = (name) => page.getByRole('heading', { level: 1, name }).waitFor();
  const password = process.env.WARDER_USER ? manager.password : ownPassword;
  const section = page.getByRole('region', { name: 'Passkeys' });
  let devtools;
  let authenticatorId;

  const logOut = async () => {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: 'Log out' }).click();
    await heading('Log in');
  };
  const send = (method, parameters) => devtools.send(`WebAuthn.${method}`, parameters);
  const credentials = async () => (await send('getCredentials', { authenticatorId })).credentials;

  return [
    ['a passkey is made', async () => {
      devtools = await context.newCDPSession(page);
      await send('enable');
      ({ authenticatorId } = await send('addVirtualAuthenticator', {
        options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
      }));
      await page.goto(`${manager.url}/second-factor`);
      await section.getByRole('button', { name: 'Add a passkey' }).click();
      await section.getByLabel('Name of the passkey').fill('Laptop');
      await section.getByLabel('Current password').fill(password);
      await checkAccessibility(page, 'passkey');
      await button('Make the passkey').click();
      await heading('Recovery codes');
      await button('I have kept them').click();
      await heading('Events');
      const made = await credentials();
      assert(made.length === 1 && made[0].isResidentCredential, JSON.stringify(made));
    }],
    ['a passkey logs in without a name', async () => {
      await logOut();
      await screenshot(page, 'login');
      await button('Use a passkey').click();
      await heading('Events');
    }],
    ['a passkey is the second factor after the password', async () => {
      await logOut();
      await page.getByLabel('User name').fill(manager.user);
      await page.getByLabel('Password', { exact: true }).fill(password);
      await button('Log in').click();
      await button('Use a passkey').click();
      await heading('Events');
    }],
    ['a copied passkey is refused', async () => {
      await logOut();
      const [original] = await credentials();
      await button('Use a passkey').click();
      await heading('Events');
      await logOut();
      // The same key with the counter of before: what a copy would show.
      await send('removeCredential', { authenticatorId, credentialId: original.credentialId });
      await send('addCredential', { authenticatorId, credential: { ...original, signCount: 1 } });
      await button('Use a passkey').click();
      await page.getByRole('alert').waitFor();
      await send('removeCredential', { authenticatorId, credentialId: original.credentialId });
      await send('addCredential', { authenticatorId, credential: { ...original, signCount: 100 } });
      await button('Use a passkey').click();
      await heading('Events');
    }],
    ['a passkey is removed with itself as the proof', async () => {
      await page.goto(`${manager.url}/second-factor`);
      await section.getByRole('button', { name: 'Remove Laptop' }).click();
      await section.getByLabel('Current password').fill(password);
      await checkAccessibility(page, 'passkey-removal');
      await section.getByRole('button', { name: 'Remove Laptop' }).last().click();
      await section.getByRole('button', { name: 'Remove Laptop' }).first().waitFor({ state: 'detached' });
      await send('disable');
      await page.goto(`${manager.url}/events`);
      await heading('Events');
    }],
  ];
}
