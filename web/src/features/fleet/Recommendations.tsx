import { Alert, List, Spoiler } from '@mantine/core';
import { IconBulb } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { recommendationsQuery } from '@/features/fleet/inventory';
import { useWord } from '@/ui/words';

/** Rule packs that fit what this host has; nothing while there are none. */
export function Recommendations({ agentId }: { agentId: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const items = useQuery(recommendationsQuery(agentId)).data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Alert variant="default" icon={<IconBulb />} title={t('inventory.recommended')}>
      <Spoiler maxHeight={104} showLabel={t('inventory.showAll')} hideLabel={t('inventory.showFewer')}>
        <List size="sm">
          {items.map((item) => (
            <List.Item key={`${item.module}/${item.id}`}>
              {word('module', item.module)}: {item.title} – {item.reason}
            </List.Item>
          ))}
        </List>
      </Spoiler>
    </Alert>
  );
}
