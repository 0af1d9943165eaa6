import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from '@/features/dashboard/Dashboard.module.css';
import { HrefLink } from '@/ui/HrefLink';

export interface WidgetRow {
  key: string;
  label: string;
  count: number;
  href: string;
  color?: string | undefined;
  /** Said instead of the number. */
  text?: string;
}

/** The rows of a widget: a name, how many, and the page where they are. */
export function WidgetRows({ rows, none }: { rows: readonly WidgetRow[]; none: string }) {
  const { i18n } = useTranslation();
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed" py="xs">
        {none}
      </Text>
    );
  }
  const most = Math.max(1, ...rows.map((row) => row.count));
  return (
    <ul className={classes.rows}>
      {rows.map(({ key, label, count, href, color, text }) => (
        <li key={key}>
          <HrefLink href={href} className={classes.row ?? ''}>
            <span className={classes.label} title={label}>
              {label}
            </span>
            <span className={classes.count}>{text ?? count.toLocaleString(i18n.language)}</span>
            <span className={classes.bar} style={{ width: `${(100 * count) / most}%`, ...(color ? { background: color } : {}) }} aria-hidden />
          </HrefLink>
        </li>
      ))}
    </ul>
  );
}
