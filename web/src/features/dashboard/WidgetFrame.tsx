import { ActionIcon, Group } from '@mantine/core';
import { IconArrowsHorizontal, IconGripVertical, IconX } from '@tabler/icons-react';
import type { KeyboardEvent, PointerEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { DashboardTab, DashboardWidget } from '@/api/types';
import classes from '@/features/dashboard/Dashboard.module.css';
import { addressOfWidget, WidgetBody } from '@/features/dashboard/widgets';
import { HrefLink } from '@/ui/HrefLink';

interface Arranging {
  index: number;
  carry: { start: (from: number) => void; to: (x: number, y: number) => void; end: () => void };
  move: (by: number) => void;
  widen: () => void;
  remove: () => void;
}

interface WidgetFrameProps {
  tab: DashboardTab;
  widget: DashboardWidget;
  isCarried: boolean;
  arranging: Arranging | undefined;
}

export function WidgetFrame({ tab, widget, isCarried, arranging }: WidgetFrameProps) {
  const { t } = useTranslation();
  const title = t(`dashboard.widget.${widget.kind}`);
  return (
    <li data-widget className={[classes.widget, widget.wide ? classes.wide : '', isCarried ? classes.carried : ''].join(' ')}>
      <div className={classes.head}>
        <h2 className={classes.title}>
          <HrefLink href={addressOfWidget(widget.kind, tab)}>{title}</HrefLink>
        </h2>
        {arranging && <Controls title={title} isWide={widget.wide} {...arranging} />}
      </div>
      <WidgetBody kind={widget.kind} tab={tab} />
    </li>
  );
}

const steps: Record<string, number> = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -99, End: 99 };

function Controls({ title, isWide, index, carry, move, widen, remove }: Arranging & { title: string; isWide: boolean }) {
  const { t } = useTranslation();
  const onKeyDown = (event: KeyboardEvent) => {
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    move(by);
  };
  const onPointerDown = (event: PointerEvent<HTMLButtonElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    carry.start(index);
  };
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        data-handle
        variant="subtle"
        color="gray"
        className={classes.handle ?? ''}
        aria-label={t('dashboard.move', { name: title })}
        onKeyDown={onKeyDown}
        onPointerDown={onPointerDown}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && carry.to(event.clientX, event.clientY)}
        onPointerUp={carry.end}
        onPointerCancel={carry.end}
      >
        <IconGripVertical size={16} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-pressed={isWide} aria-label={t('dashboard.wide', { name: title })} onClick={widen}>
        <IconArrowsHorizontal size={16} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label={t('dashboard.remove', { name: title })} onClick={remove}>
        <IconX size={16} />
      </ActionIcon>
    </Group>
  );
}
