import { Button, SegmentedControl, Stack, Text } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CaptureTest } from '@/features/rules/CaptureTest';
import { FileTest } from '@/features/rules/FileTest';
import { LineTest } from '@/features/rules/LineTest';
import { PathTest } from '@/features/rules/PathTest';
import { samples } from '@/features/rules/search';
import { PageHeader } from '@/ui/PageHeader';

const route = getRouteApi('/app/rules/test');
const forms = { lines: LineTest, capture: CaptureTest, file: FileTest, paths: PathTest } as const;

/** A sample before the engine that agents run, with the product's rules and one's own. Nothing of it is kept. */
export function TestPage() {
  const { t } = useTranslation();
  const { on = 'lines' } = route.useSearch();
  const navigate = route.useNavigate();
  const Form = forms[on];
  return (
    <>
      <PageHeader title={t('rules.test')}>
        <Button size="xs" variant="default" renderRoot={(props) => <Link {...props} to="/rules" />}>
          {t('nav.rules')}
        </Button>
      </PageHeader>
      <Stack gap="sm" maw={1000} align="stretch">
        <SegmentedControl
          size="xs"
          w="fit-content"
          aria-label={t('rules.sample')}
          value={on}
          onChange={(value) => void navigate({ search: { on: samples.find((each) => each === value) }, replace: true })}
          data={samples.map((each) => ({ value: each, label: t(`rules.on.${each}`) }))}
        />
        <Text size="sm" c="dimmed">
          {t(`rules.help.${on}`)}
        </Text>
        <Form />
      </Stack>
    </>
  );
}
