import { Button, Group, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';

interface SectionProps {
  title: string;
  help: string;
  add: string;
  right: Parameters<typeof useCan>[0];
  open: () => void;
  children: ReactNode;
}

/** One of the lists of the page, with what it is and the button that adds to it. */
export function CertificateSection({ title, help, add, right, open, children }: SectionProps) {
  const { t } = useTranslation();
  const can = useCan(right);
  return (
    <section aria-label={title}>
      <Group justify="space-between" mb={4}>
        <Title order={2} size="h5">
          {title}
        </Title>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!can} title={can ? undefined : t('action.noRight')} onClick={open}>
          {add}
        </Button>
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        {help}
      </Text>
      {children}
    </section>
  );
}
