import { Anchor } from '@mantine/core';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';

export function NotFound() {
  const { t } = useTranslation();
  return (
    <Empty title={t('state.notFound')} isPage>
      <Anchor inherit renderRoot={(props) => <Link {...props} to="/events" />}>
        {t('nav.events')}
      </Anchor>
    </Empty>
  );
}

export function PageFailure({ error, reset }: ErrorComponentProps) {
  return <Problem error={error} retry={reset} />;
}
