import { ActionIcon, Anchor, Group, Kbd, Pill, TextInput } from '@mantine/core';
import { IconSearch, IconX } from '@tabler/icons-react';
import { type RefObject, useState } from 'react';
import { useTranslation } from 'react-i18next';
import classes from '@/features/events/Events.module.css';
import { useSearchState } from '@/features/events/useSearchState';
import { filterFromInput, termsOf, without } from '@/lib/filter';

export function SearchBar({ input, problem }: { input: RefObject<HTMLInputElement | null>; problem: string | undefined }) {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  const filter = search.filter ?? '';
  // What is typed holds until the filter becomes another, from wherever.
  const [draft, setDraft] = useState({ filter, text: filter });
  const text = draft.filter === filter ? draft.text : filter;
  const submit = () => change({ filter: filterFromInput(text) || undefined });

  return (
    <form
      role="search"
      className={classes.search}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextInput
        ref={input}
        size="sm"
        value={text}
        onChange={(event) => setDraft({ filter, text: event.currentTarget.value })}
        aria-label={t('events.search')}
        placeholder={t('events.searchExample')}
        error={problem}
        spellCheck={false}
        autoComplete="off"
        classNames={{ input: classes.searchInput ?? '' }}
        leftSection={<IconSearch size={16} />}
        rightSection={
          text ? (
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t('events.clear')} onClick={() => change({ filter: undefined })}>
              <IconX size={14} />
            </ActionIcon>
          ) : (
            <Kbd size="xs">/</Kbd>
          )
        }
      />
      <Terms filter={filter} remove={(term) => change({ filter: without(filter, term) || undefined })} />
    </form>
  );
}

function Terms({ filter, remove }: { filter: string; remove: (term: string) => void }) {
  const { t } = useTranslation();
  const { change } = useSearchState();
  const terms = termsOf(filter);
  if (terms.length === 0) return null;
  return (
    <Group gap={6} mt={6}>
      {terms.map((term) => (
        <Pill
          key={term}
          withRemoveButton
          onRemove={() => remove(term)}
          removeButtonProps={{ 'aria-label': t('events.removeTerm', { term }), tabIndex: 0, 'aria-hidden': false }}
          className={classes.term ?? ''}
        >
          {term}
        </Pill>
      ))}
      {terms.length > 1 && (
        <Anchor component="button" type="button" size="xs" onClick={() => change({ filter: undefined })}>
          {t('events.clear')}
        </Anchor>
      )}
    </Group>
  );
}
