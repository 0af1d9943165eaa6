import '@/app/styles';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { setApiLocale } from '@/api/client';
import { statusOf } from '@/api/problem';
import { makeQueryClient, sessionQuery } from '@/api/queries';
import { App } from '@/app/App';
import { makeRouter } from '@/app/router';
import { setLocale, startI18n } from '@/lib/i18n';
import { firstLocale, getPreferences } from '@/lib/preferences';

const locale = firstLocale();
setApiLocale(locale);
const i18n = await startI18n(locale);
const client = makeQueryClient();
const router = makeRouter(client);

client.getQueryCache().subscribe(({ type, query }) => {
  if (type !== 'updated') return;
  // A session that ended while the console was open: everything known about it goes.
  if (statusOf(query.state.error) === 401 && client.getQueryData(sessionQuery.queryKey)) {
    client.setQueryData(sessionQuery.queryKey, null);
    void router.invalidate();
  }
  // The user's own language counts until this browser's user has chosen one.
  const session = query.queryKey[0] === 'session' ? client.getQueryData(sessionQuery.queryKey) : undefined;
  if (session && !getPreferences().locale && session.user.locale !== i18n.language) {
    setApiLocale(session.user.locale);
    void setLocale(i18n, session.user.locale);
  }
});

const element = document.getElementById('root');
if (element) {
  createRoot(element).render(
    <StrictMode>
      <App client={client} router={router} />
    </StrictMode>,
  );
}
