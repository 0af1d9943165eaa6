// The whole console in a test: a page by its address, with the stand-in manager behind it.
import { createMemoryHistory } from '@tanstack/react-router';
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http } from 'msw';
import { vi } from 'vitest';
import { makeQueryClient } from '@/api/queries';
import { App } from '@/app/App';
import { makeRouter } from '@/app/router';
import { type Locale, startI18n } from '@/lib/i18n';
import { server } from '@/testing/server';
import { makeMockManager, type MockOptions } from '../../mock/manager.ts';

// A canvas is not there to draw on.
vi.mock('@/features/events/HistogramChart', () => ({ default: () => null }));

interface Options extends MockOptions {
  locale?: Locale;
}

export async function renderApp(path: string, options: Options = {}) {
  const manager = makeMockManager({ events: 40, ...options });
  if (!('rights' in options)) manager.state.rights = manager.allRights;
  server.use(http.all('*/api/v1/*', ({ request }) => manager.handle(request)));
  await startI18n(options.locale ?? 'en');
  const client = makeQueryClient();
  const router = makeRouter(client);
  router.update({ ...router.options, history: createMemoryHistory({ initialEntries: [path] }) });
  const user = userEvent.setup();
  render(<App client={client} router={router} />);
  return { manager, router, user };
}
