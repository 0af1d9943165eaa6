// Rules: found, tried on a line in the browser, and what they cover of ATT&CK.
import { assert, checkAccessibility, screenshot, waitFor } from './lib.mjs';

/** A capture (pcap, raw IP) of one datagram to port 53 that says this. */
function captureOf(text) {
  const payload = Buffer.from(text);
  const packet = Buffer.alloc(28 + payload.length);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(1, 4);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(17, 9);
  packet.set([192, 0, 2, 1, 198, 51, 100, 2], 12);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.writeUInt16BE(~sum & 0xffff, 10);
  packet.writeUInt16BE(40_000, 20);
  packet.writeUInt16BE(53, 22);
  packet.writeUInt16BE(8 + payload.length, 24);
  packet.set(payload, 28);
  const head = Buffer.alloc(40);
  [0xa1b2c3d4, 2 | (4 << 16), 0, 0, 65_535, 101, 1_764_064_801, 0, packet.length, packet.length].forEach((value, index) => head.writeUInt32LE(value, index * 4));
  return Buffer.concat([head, packet]);
}

export function rules({ manager, page }) {
  return [
    ['rules: found by words and technique, with the policies that use them', async () => {
      await page.goto(`${manager.url}/rules`);
      const table = page.getByRole('table', { name: 'Rules' });
      await table.getByRole('row').nth(1).waitFor();
      await page.getByLabel('Search rules').fill('sshd T1110');
      await page.waitForURL(/q=sshd/);
      await waitFor('rules of sshd only', async () => (await table.getByRole('row').allInnerTexts()).slice(1).every((row) => /sshd/i.test(row) && /T1110/.test(row)));
      await table.getByRole('link', { name: 'Base' }).first().waitFor();
      await screenshot(page, 'rules');
    }],
    ['rules: the page of one rule leads to its policies and to where it is tried', async () => {
      await page.goto(`${manager.url}/rules?q=710101`);
      await page.getByRole('table', { name: 'Rules' }).getByRole('link', { name: '710101', exact: true }).click();
      await page.waitForURL(/\/rules\/log-inspection\/710101$/);
      await page.getByRole('textbox', { name: 'As it is written' }).getByText(/<rule id="710101"/).waitFor();
      await page.getByRole('table', { name: 'Used by' }).getByRole('link', { name: 'Base' }).waitFor();
      await checkAccessibility(page, 'page of a rule');
      await screenshot(page, 'rule');
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.waitForURL(/\/rules\/test\?on=lines/);
    }],
    ['rules: a line is tried before the engine that agents run', async () => {
      await page.goto(`${manager.url}/rules/test`);
      await page.getByLabel('Sample lines of a log').fill('Nov 25 10:00:01 web sshd[311]: Failed password for root from 192.0.2.7 port 51000 ssh2');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      const result = page.getByRole('status').filter({ hasText: 'loaded' });
      await result.getByText(/^Rule \d+, level \d+:/).waitFor({ timeout: 30_000 });
      await result.getByText(/srcip=192\.0\.2\.7/).waitFor();
      await checkAccessibility(page, 'result of a rule test');
      await screenshot(page, 'rules-test');
    }],
    ['rules: a capture is tried before the engine of intrusion prevention', async () => {
      await page.goto(`${manager.url}/rules/test?on=capture`);
      await page.locator('input[type=file]').setInputFiles({ name: 'a.pcap', mimeType: 'application/vnd.tcpdump.pcap', buffer: captureOf('an unwanted one') });
      await page.getByLabel('Rules of your own (Suricata)').fill('drop udp any any -> any 53 (msg:"a name that nobody wants"; content:"unwanted"; sid:5;)');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      const found = page.getByRole('table', { name: 'Findings' });
      await found.getByText('1:5 a name that nobody wants').waitFor({ timeout: 30_000 });
      await found.getByText('block', { exact: true }).waitFor();
      await checkAccessibility(page, 'result of a capture');
      await screenshot(page, 'rules-test-capture');
    }],
    ['rules: a file is tried before the scanner', async () => {
      await page.goto(`${manager.url}/rules/test?on=file`);
      await page.locator('input[type=file]').setInputFiles({ name: 'sample.txt', mimeType: 'text/plain', buffer: Buffer.from('an unwanted one') });
      await page.getByLabel('Rules of your own (YARA)').fill('rule own_rule { strings: $a = "unwanted" condition: $a }');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await page.getByText('Found: own_rule (yara)').waitFor({ timeout: 30_000 });
      await checkAccessibility(page, 'result of a file');
      await screenshot(page, 'rules-test-file');
    }],
    ['rules: an integrity rule is tried on paths, from its page', async () => {
      await page.goto(`${manager.url}/rules/integrity/accounts`);
      await page.getByRole('link', { name: 'Try it' }).click();
      await page.waitForURL(/on=paths/);
      await page.getByLabel('Rules (XML or YAML)').waitFor();
      assert(/id: accounts/.test(await page.getByLabel('Rules (XML or YAML)').inputValue()), 'the rule is not in the form');
      await page.getByLabel(/^Paths, one a line/).fill('/etc/passwd\n/srv/other');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      const result = page.getByRole('status', { name: 'Result of the test' }).or(page.locator('[aria-label="Result of the test"]')).first();
      await result.getByText('Watched', { exact: true }).waitFor({ timeout: 30_000 });
      await result.getByText('Not watched', { exact: true }).waitFor();
      await checkAccessibility(page, 'result of an integrity rule');
      await screenshot(page, 'rules-test-paths');
      await page.getByLabel('Rules (XML or YAML)').fill('<FileSet/>');
      await page.getByRole('button', { name: 'Test', exact: true }).click();
      await result.getByText(/^The rules are refused:/).waitFor();
    }],
    ['rules: the matrix of ATT&CK leads to the rules of a technique', async () => {
      await page.goto(`${manager.url}/attack`);
      const cell = page.getByRole('region', { name: 'Credential access' }).getByRole('listitem').filter({ hasText: 'Brute Force' });
      await cell.waitFor();
      await screenshot(page, 'attack');
      await cell.getByRole('link', { name: /rules?$/ }).click();
      await page.getByRole('heading', { level: 1, name: 'Rules' }).waitFor();
      assert(new URL(page.url()).searchParams.get('technique') === 'T1110', page.url());
      await page.getByRole('table', { name: 'Rules' }).getByText(/T1110/).first().waitFor();
    }],
  ];
}
