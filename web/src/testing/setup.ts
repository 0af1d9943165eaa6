import { notifications } from '@mantine/notifications';
import { cleanup, configure } from '@testing-library/react';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { server } from '@/testing/server';

configure({
  asyncUtilTimeout: 8000,
  getElementError: (message) => new Error(message ?? 'not found'),
});

beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => {
  cleanup();
  // They are the page's, and five are shown at a time: the next test's own would wait.
  notifications.clean();
  server.resetHandlers();
  localStorage.clear();
});
afterAll(() => server.close());

// What happy-dom lacks and Mantine asks for.
globalThis.matchMedia ??= ((query: string) => ({
  matches: false,
  media: query,
  onchange: null,
  addListener: () => undefined,
  removeListener: () => undefined,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  dispatchEvent: () => false,
})) as typeof matchMedia;
globalThis.ResizeObserver ??= class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
// Text areas that grow wait for fonts.
Object.defineProperty(document, 'fonts', { configurable: true, value: new EventTarget() });
