import { ActionIcon, Kbd, Menu, Text } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useRights } from '@/api/session';
import { type Action, refusalOf } from '@/lib/actions';
import { usePreferences } from '@/lib/preferences';

interface ActionMenuProps<Item> {
  label: string;
  actions: Action<Item>[];
  items: Item[];
}

/** The actions of one thing or a selection; what cannot be done says why. */
export function ActionMenu<Item>({ label, actions, items }: ActionMenuProps<Item>) {
  const { t } = useTranslation();
  const rights = useRights();
  const { singleKeys } = usePreferences();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => {
          const refusal = refusalOf(action, items, rights);
          const Icon = action.icon;
          const key = singleKeys ? action.key : undefined;
          return (
            <Menu.Item
              key={action.id}
              disabled={refusal !== undefined}
              {...(action.dangerous ? { c: 'var(--mantine-color-error)' } : {})}
              {...(Icon ? { leftSection: <Icon size={14} /> } : {})}
              {...(key ? { 'aria-keyshortcuts': key, rightSection: <Kbd size="xs" aria-hidden>{key}</Kbd> } : {})}
              onClick={() => action.run(items)}
            >
              {t(action.label)}
              {refusal && (
                <Text size="xs" c="dimmed">
                  {t(refusal)}
                </Text>
              )}
            </Menu.Item>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
