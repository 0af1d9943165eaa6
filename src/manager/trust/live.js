// What the page does where there is a script: turns what is past its time grey, also when the server is dead or the
// page was kept, and verifies the signed status. Without it the page says the same, unverified.
import { verifyStatus } from './verify.js';

const REMEMBERED = 'warder-trust-key';

function show(article, state, text) {
  article.className = state;
  article.querySelector('.state').textContent = text;
}

function grey() {
  for (const article of document.querySelectorAll('article.pass[data-until]')) {
    if (Date.now() >= Date.parse(article.dataset.until)) show(article, 'stale', article.dataset.stale);
  }
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) ?? '';
  } catch {
    return '';
  }
}

function remember(key) {
  try {
    localStorage.setItem(REMEMBERED, key);
  } catch {
    // Then every visit is the first.
  }
}

function mark(report, words) {
  for (const line of report.lines) {
    const article = document.getElementById(line.id);
    if (article === null || line.shown === line.claimed || !article.classList.contains('pass')) continue;
    if (line.shown === 'stale') show(article, 'stale', words.stale);
    else show(article, 'unknown', words.unproven);
  }
}

/// How many agents have cosigned the log, and which did not, whatever the file says.
function tellWitnesses(witnesses, words) {
  const place = document.getElementById('witnessed');
  const right = witnesses.filter((witness) => witness.isRight).length;
  const text = witnesses.length === 0 ? words.none : words.some;
  place.textContent = text.replace('{n}', right).replace('{m}', witnesses.length);
  place.className = right < witnesses.length ? 'problem' : '';
  const list = document.createElement('ul');
  for (const witness of witnesses) {
    const item = document.createElement('li');
    const when = witness.isRight ? new Date(witness.time).toISOString() : `${words.wrong}: ${witness.why}`;
    item.className = witness.isRight ? '' : 'problem';
    item.textContent = `${witness.name} ${when}`;
    list.append(item);
  }
  place.append(list);
}

async function verify() {
  const place = document.getElementById('verified');
  const words = place.dataset;
  try {
    const answer = await fetch('/trust/v1/status.json', { cache: 'no-store' });
    const report = await verifyStatus(await answer.text(), remembered(), Date.now());
    remember(report.key);
    mark(report, words);
    tellWitnesses(report.witnesses, document.getElementById('witnessed').dataset);
    place.textContent = (report.isCurrent ? words.good : words.old).replace('{n}', report.proven).replace('{key}', report.key);
  } catch (error) {
    place.textContent = `${words.bad} ${error.message}`;
  }
}

grey();
setInterval(grey, 30000);
verify();
