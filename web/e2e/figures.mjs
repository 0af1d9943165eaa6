// Figures of the console over many events (tests/system/browser_figures.py seeds 100,000): printed, and never a reason to
// fail; what fails is what was not there. `| figure | value | limit | ratio |`, as bench/ prints.
import { assert, waitFor } from './lib.mjs';

const repeats = 12;

export function figures(world) {
  const wanted = Number(process.env.WARDER_FIGURES ?? 0);
  if (!wanted) return [];
  const { page, manager } = world;
  // The whole list takes minutes to fetch.
  const deep = process.env.WARDER_LONG === '1' ? wanted : wanted / 10;
  const list = `${manager.url}/events?range=30d`;
  const rows = () => page.getByRole('grid').getByRole('row');
  const loaded = () => page.getByRole('grid').getAttribute('aria-rowcount').then(Number);
  const listed = () => waitFor('rows', async () => (await rows().count()) > 10);

  return [
    ['figures: first paint and blocked time', async () => {
      await page.evaluate(() => localStorage.setItem('warder-preferences', JSON.stringify({ locale: 'en' })));
      const paints = [];
      const blocked = [];
      for (let i = 0; i < repeats; i += 1) {
        await page.goto(list);
        await listed();
        const seen = await page.evaluate(readLoad);
        paints.push(seen.paint);
        blocked.push(seen.blocked);
      }
      print('first contentful paint of the events page', paints, 1800);
      print('blocked time of its loading (long tasks beyond 50 ms)', blocked, 200);
    }],
    ['figures: a page change', async () => {
      const taken = [];
      for (let i = 0; i <= repeats; i += 1) {
        for (const name of ['Fleet', 'Alerts', 'Events']) {
          const time = await page.evaluate(timeClick, { link: name, heading: name });
          if (i > 0) taken.push(time);  // the first time its code is fetched
        }
      }
      print('page change, to its heading', taken, 100);
    }],
    ['figures: an event is opened', async () => {
      await page.goto(list);
      await listed();
      const taken = [];
      for (let i = 1; i <= repeats; i += 1) {
        taken.push(await page.evaluate(timeDrawer, i));
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      print('event drawer, to its fields', taken, 200);
    }],
    ['figures: a value of a facet is chosen', async () => {
      const taken = [];
      for (let i = 0; i < repeats; i += 1) {
        await page.goto(list);
        await listed();
        await page.getByRole('region', { name: 'Most frequent values' }).getByRole('button', { name: 'Only Low' }).waitFor();
        const answers = ['/events?', '/events/facets', '/events/histogram'].map((path) =>
          page.waitForResponse((answer) => answer.url().includes(path) && answer.url().includes('severity')));
        const begun = performance.now();
        await page.getByRole('region', { name: 'Most frequent values' }).getByRole('button', { name: 'Only Low' }).click();
        await Promise.all(answers.map((answer) => answer.then((each) => each.finished())));
        taken.push(performance.now() - begun);
      }
      print(`facet change over ${wanted} events: list, counts and histogram there`, taken, 500);
    }],
    ['figures: a list of events is scrolled', async () => {
      await page.goto(list);
      await listed();
      const begun = performance.now();
      await page.evaluate(fetchAll, deep);
      row(`${deep} of ${wanted} events fetched by scrolling`, `${((performance.now() - begun) / 1000).toFixed(0)} s`, '', '');
      const { frames, late, seconds, worst } = await page.evaluate(scrollThrough);
      row(`frames a second while ${await loaded() - 1} rows are scrolled`, `${(frames / seconds).toFixed(1)}, worst gap ${worst.toFixed(0)} ms, ${late} of ${frames} late`, '60', (frames / seconds / 60).toFixed(2));
      assert((await rows().count()) < 200, 'rows out of sight are in the page');
    }],
  ];
}

function row(figure, value, limit, ratio) {
  console.log(`| ${figure} | ${value} | ${limit} | ${ratio} |`);
}

function print(figure, values, limit) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  row(figure, `${at(0.5).toFixed(0)} ms p50, ${at(0.95).toFixed(0)} ms p95`, `${limit} ms`, (at(0.95) / limit).toFixed(2));
}

// What follows runs in the page.

async function readLoad() {
  const blocked = await new Promise((resolve) => {
    let sum = 0;
    new PerformanceObserver((entries) => {
      for (const { duration } of entries.getEntries()) sum += Math.max(0, duration - 50);
    }).observe({ type: 'longtask', buffered: true });
    setTimeout(() => resolve(sum), 100);
  });
  return { paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN, blocked };
}

function timeClick({ link, heading }) {
  const target = [...document.querySelectorAll('nav a')].find((each) => each.textContent.trim() === link);
  const begun = performance.now();
  target.click();
  return new Promise((resolve) => {
    const look = () => {
      if (document.querySelector('h1')?.textContent === heading) resolve(performance.now() - begun);
      else requestAnimationFrame(look);
    };
    look();
  });
}

function timeDrawer(index) {
  const target = document.querySelectorAll('[role=grid] [role=row]')[index].querySelectorAll('[role=gridcell]')[4];
  const begun = performance.now();
  target.click();
  return new Promise((resolve) => {
    const look = () => {
      if (document.querySelector('[role=dialog] dl, [role=dialog] table')) resolve(performance.now() - begun);
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** Goes to the end of the list for as long as it grows, until it has more than so many rows. */
function fetchAll(wanted) {
  const grid = document.querySelector('[role=grid]');
  return new Promise((resolve) => {
    const look = () => {
      grid.parentElement.scrollTop = grid.parentElement.scrollHeight;
      if (Number(grid.getAttribute('aria-rowcount')) > wanted) resolve();
      else requestAnimationFrame(look);
    };
    look();
  });
}

function scrollThrough() {
  const scroller = document.querySelector('[role=grid]').parentElement;
  const limit = 5000;
  scroller.scrollTop = 0;
  return new Promise((resolve) => {
    const gaps = [];
    let last;
    const begun = performance.now();
    const step = (now) => {
      if (last !== undefined) gaps.push(now - last);
      last = now;
      scroller.scrollTop += 120;
      if (now - begun < limit) requestAnimationFrame(step);
      else resolve({ frames: gaps.length, late: gaps.filter((gap) => gap > 25).length, worst: Math.max(...gaps), seconds: (now - begun) / 1000 });
    };
    requestAnimationFrame(step);
  });
}
