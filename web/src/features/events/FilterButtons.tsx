import { IconFilterMinus, IconFilterPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import classes from '@/features/events/Events.module.css';
import { useSearchState } from '@/features/events/useSearchState';
import { filterIn, filterOut, type FilterValue, stateOf } from '@/lib/filter';

interface FilterButtonsProps {
  field: string;
  value: FilterValue;
  /** How the value is named for a person. */
  label: string;
  /** In the rows of the event table the keys are reached through the drawer instead: fewer stops on the way. */
  isTabStop?: boolean;
}

/** Filter in and filter out, for any value on the page. */
export function FilterButtons({ field, value, label, isTabStop = true }: FilterButtonsProps) {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  const filter = search.filter ?? '';
  const state = stateOf(filter, field, value);
  const tabIndex = isTabStop ? 0 : -1;
  return (
    <span className={classes.filterButtons}>
      <button
        type="button"
        tabIndex={tabIndex}
        aria-label={t('events.filterIn', { value: label })}
        aria-pressed={state === 'in'}
        title={t('events.filterIn', { value: label })}
        onClick={(event) => {
          event.stopPropagation();
          change({ filter: filterIn(filter, field, value) });
        }}
      >
        <IconFilterPlus size={14} aria-hidden />
      </button>
      <button
        type="button"
        tabIndex={tabIndex}
        aria-label={t('events.filterOut', { value: label })}
        aria-pressed={state === 'out'}
        title={t('events.filterOut', { value: label })}
        onClick={(event) => {
          event.stopPropagation();
          change({ filter: filterOut(filter, field, value) });
        }}
      >
        <IconFilterMinus size={14} aria-hidden />
      </button>
    </span>
  );
}
