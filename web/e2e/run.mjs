// The console in a real Chromium. With WARDER_URL and WARDER_PASSWORD (and WARDER_USER) against that manager, otherwise
// against a stand-in. WARDER_LONG=1 runs every page in every language and theme, WARDER_SCREENSHOTS=DIR keeps pictures,
// WARDER_ONLY=WORD|WORD… runs the tests whose name has one of the words. WARDER_SNAPSHOTS=DIR takes the pictures of docs/console,
// WARDER_FIGURES=N prints figures over N events.
import { actions } from './actions.mjs';
import { account } from './account.mjs';
import { alerting } from './alerting.mjs';
import { certificates } from './certificates.mjs';
import { dashboard } from './dashboard.mjs';
import { figures } from './figures.mjs';
import { events } from './events.mjs';
import { fleetParts } from './fleet_parts.mjs';
import { firewall } from './firewall.mjs';
import { flows } from './flows.mjs';
import { incidents } from './incidents.mjs';
import { health } from './health.mjs';
import { findManager, openLastingBrowser, runAll } from './lib.mjs';
import { matrix } from './matrix.mjs';
import { operations } from './operations.mjs';
import { roles } from './own_roles.mjs';
import { passkeys } from './passkeys.mjs';
import { quarantine } from './quarantine.mjs';
import { reports } from './reports.mjs';
import { rolesSweep } from './roles.mjs';
import { rules } from './rules.mjs';
import { snapshots } from './snapshots.mjs';
import { trust } from './trust.mjs';
import { trustChoices } from './trust_choices.mjs';
import { sso } from './sso.mjs';
import { writtenPolicies } from './written_policies.mjs';
import { views } from './views.mjs';

const manager = await findManager();
const browser = await openLastingBrowser();
let isGood = false;
try {
  const { page, problems, context } = browser;
  const world = { manager, page, problems, context };
  const only = (process.env.WARDER_ONLY ?? '').split('|');
  const tests = [...flows(world), ...actions(world), ...events(world), ...views(world), ...account(world), ...alerting(world), ...dashboard(world), ...fleetParts(world), ...quarantine(world), ...firewall(world), ...rules(world), ...health(world), ...trust(world), ...trustChoices(world), ...writtenPolicies(world), ...reports(world), ...roles(world), ...certificates(world), ...passkeys(world), ...operations(world), ...incidents(world), ...(await matrix(world)), ...sso(world), ...(await snapshots(world)), ...rolesSweep(world), ...figures(world)].filter(([name]) => name === 'log in' || only.some((word) => name.includes(word)));
  isGood = await runAll(tests, browser);
} finally {
  await browser.close();
  manager.stop();
}
process.exit(isGood ? 0 : 1);
