import { Button, Menu, Text, VisuallyHidden } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DashboardTab, DashboardWidget } from '@/api/types';
import classes from '@/features/dashboard/Dashboard.module.css';
import { maxWidgets, moved, removed, replaced, widgetKinds } from '@/features/dashboard/layout';
import { WidgetFrame } from '@/features/dashboard/WidgetFrame';
import { Empty } from '@/ui/States';

interface WidgetGridProps {
  tab: DashboardTab;
  isArranging: boolean;
  change: (widgets: DashboardWidget[]) => void;
}

/** The widgets of a tab. What is carried by the pointer takes the place of what it is over, and stays there when let go. */
export function WidgetGrid({ tab, isArranging, change }: WidgetGridProps) {
  const { t } = useTranslation();
  const { widgets } = tab;
  const grid = useRef<HTMLUListElement>(null);
  const [carried, setCarried] = useState<{ from: number; over: number }>();
  const [said, say] = useState('');
  const shown = carried ? moved(widgets, carried.from, carried.over) : widgets;

  const move = (from: number, to: number) => {
    const place = Math.max(0, Math.min(to, widgets.length - 1));
    if (place === from) return;
    change(moved(widgets, from, place));
    say(t('dashboard.movedTo', { place: place + 1, of: widgets.length }));
    // The focus goes with what was moved.
    requestAnimationFrame(() => grid.current?.children[place]?.querySelector<HTMLElement>('[data-handle]')?.focus());
  };
  const carry = {
    start: (from: number) => setCarried({ from, over: from }),
    to: (x: number, y: number) => {
      const item = document.elementFromPoint(x, y)?.closest('[data-widget]');
      const over = item ? Array.from(grid.current?.children ?? []).indexOf(item) : -1;
      if (over >= 0) setCarried((now) => now && { ...now, over });
    },
    end: () => {
      if (carried) move(carried.from, carried.over);
      setCarried(undefined);
    },
  };
  return (
    <>
      {isArranging && (
        <Text size="xs" c="dimmed" mb="xs">
          {t('dashboard.arrangeHelp')}
        </Text>
      )}
      {widgets.length === 0 && <Empty title={t('dashboard.noWidgets')}>{t('dashboard.noWidgetsHint')}</Empty>}
      <ul className={classes.grid} ref={grid}>
        {shown.map((widget, index) => (
          <WidgetFrame
            // oxlint-disable-next-line no-array-index-key -- a widget is its place
            key={index}
            tab={tab}
            widget={widget}
            isCarried={carried?.over === index}
            arranging={
              isArranging
                ? { carry, index, move: (by) => move(index, index + by), widen: () => change(replaced(widgets, index, { wide: !widget.wide })), remove: () => change(removed(widgets, index)) }
                : undefined
            }
          />
        ))}
      </ul>
      {isArranging && widgets.length < maxWidgets && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="xs" mt="sm" variant="default" leftSection={<IconPlus size={14} />}>
              {t('dashboard.addWidget')}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {widgetKinds.map((kind) => (
              <Menu.Item key={kind} onClick={() => change([...widgets, { kind, wide: false }])}>
                {t(`dashboard.widget.${kind}`)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}
