// Client certificates: an authority with its revocation list, and whose certificate is whose. The certificates are real ones.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAccessibility, screenshot } from './lib.mjs';

/** An authority, a certificate of it and its list, as files in a folder of their own. */
function makeFiles() {
  const folder = mkdtempSync(join(tmpdir(), 'warder-certificates-'));
  const at = (name) => join(folder, name);
  const openssl = (...words) => execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
  writeFileSync(at('index'), '');
  writeFileSync(at('ca.cnf'), '[ca]\ndefault_ca=own\n[own]\ndatabase=index\ndefault_md=sha256\ndefault_crl_days=7\n');
  writeFileSync(at('client.ext'), 'extendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n');
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '30', '-subj', '/CN=Browser test CA', '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  openssl('req', ...newKey, '-keyout', 'card.key', '-out', 'card.csr', '-subj', '/CN=card');
  openssl('x509', '-req', '-in', 'card.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '20', '-extfile', 'client.ext', '-out', 'card.pem');
  openssl('ca', '-gencrl', '-config', 'ca.cnf', '-keyfile', 'ca.key', '-cert', 'ca.pem', '-out', 'ca.crl');
  return { at, read: (name) => readFileSync(at(name), 'utf8'), remove: () => rmSync(folder, { recursive: true }) };
}

export function certificates({ manager, page }) {
  const name = `e2e-${Date.now().toString(36)}`;
  const dialog = page.getByRole('dialog');
  const row = page.getByRole('row').filter({ hasText: name });
  const act = async (of, action) => {
    await page.getByRole('button', { name: `Actions for ${of}` }).click();
    await page.getByRole('menuitem', { name: action }).click();
    await dialog.waitFor();
  };
  const save = async () => {
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
  };

  return [
    ['client certificates: an authority, its list, and whose a certificate is', async () => {
      const files = makeFiles();
      try {
        await page.goto(`${manager.url}/users/certificates`);
        await page.getByRole('button', { name: 'New authority' }).click();
        await dialog.getByLabel('Name').fill(name);
        await dialog.getByLabel('Certificate').fill('no certificate');
        await dialog.getByRole('button', { name: 'Save' }).click();
        await dialog.getByRole('alert').waitFor();
        await checkAccessibility(page, 'new client authority');
        await screenshot(page, 'client-authority-new');
        await dialog.locator('input[type=file]').setInputFiles(files.at('ca.pem'));
        await save();
        await row.getByText('None given').waitFor();
        await act(name, 'Give a revocation list');
        await dialog.getByLabel('Revocation lists').fill(files.read('ca.crl'));
        await save();
        await row.getByText(/\d revoked/).waitFor();

        await page.getByRole('button', { name: 'New certificate' }).click();
        await dialog.getByRole('combobox', { name: 'User' }).click();
        await page.getByRole('option', { name: manager.user, exact: true }).click();
        await dialog.getByLabel('Name').fill(`${name} card`);
        await dialog.getByLabel('Certificate').fill(files.read('card.pem'));
        await dialog.getByLabel('Current password').fill(manager.password);
        await checkAccessibility(page, 'new certificate of a user');
        await save();
        await act(`${name} card`, 'Delete');
        await dialog.getByRole('button', { name: 'Delete' }).click();
        await page.getByRole('row').filter({ hasText: `${name} card` }).waitFor({ state: 'detached' });
        await act(name, 'Delete');
        await dialog.getByRole('button', { name: 'Delete' }).click();
        await row.waitFor({ state: 'detached' });
      } finally {
        files.remove();
      }
    }],
  ];
}
