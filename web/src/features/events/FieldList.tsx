import { Badge, Table, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Event, EventFieldInfo } from '@/api/types';
import classes from '@/features/events/Events.module.css';
import { FilterButtons } from '@/features/events/FilterButtons';
import { eventFieldsQuery } from '@/features/events/queries';
import type { FilterValue } from '@/lib/filter';

/** The columns of an event, by their names in the filter language. */
const columnsOf = (event: Event): [string, string][] => [
  ['module', event.module],
  ['type', event.type],
  ['severity', event.severity],
  ['action', event.action],
  ['rule', event.rule],
  ['host.name', event.host],
];

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const asFilterValue = (value: unknown): FilterValue =>
  typeof value === 'number' || typeof value === 'boolean' ? value : textOf(value);

/** Every field of an event, with its meaning and the two filter buttons. */
export function FieldList({ event }: { event: Event }) {
  const { t } = useTranslation();
  const fields = useQuery(eventFieldsQuery);
  const known = new Map((fields.data?.items ?? []).map((each) => [each.key, each]));
  const rows: [string, unknown][] = [
    ...columnsOf(event),
    ...Object.entries(event.fields).toSorted(([left], [right]) => left.localeCompare(right)),
  ];
  return (
    <Table className={classes.fields ?? ''} verticalSpacing={4} aria-label={t('events.fields')}>
      <Table.Tbody>
        {rows.filter(([, value]) => value !== '').map(([key, value]) => (
          <Table.Tr key={key}>
            <Table.Th scope="row">
              <FieldName name={key} field={known.get(key)} />
            </Table.Th>
            <Table.Td className={classes.fieldValue ?? ''}>{textOf(value)}</Table.Td>
            <Table.Td>
              <FilterButtons field={key} value={asFilterValue(value)} label={`${key} ${textOf(value)}`} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function FieldName({ name, field }: { name: string; field: EventFieldInfo | undefined }) {
  const { t } = useTranslation();
  const isPersonal = field !== undefined && field.personal_data !== 'none';
  return (
    <>
      {field ? (
        <Tooltip label={field.doc} multiline maw={320} withinPortal>
          <span className={classes.explained}>{name}</span>
        </Tooltip>
      ) : (
        name
      )}
      {isPersonal && (
        <Badge ml={6} size="xs" variant="default" tt="none">
          {t('events.personal')}
        </Badge>
      )}
    </>
  );
}
