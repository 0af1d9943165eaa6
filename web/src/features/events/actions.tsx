// What can be done with events: the same list in the bulk bar, the drawer, the palette and the single keys.
import { IconBraces, IconChecks, IconCopy, IconEyeOff, IconServer2, IconTag, IconTags } from '@tabler/icons-react';
import { lazy, type ReactNode, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Event } from '@/api/types';
import { ExplainDialog } from '@/ui/ExplainDialog';
import { refusalToExplain } from '@/ui/explanation';
import { TagDialog } from '@/features/events/TagDialog';
import { useSearchState } from '@/features/events/useSearchState';
import type { Action } from '@/lib/actions';
import { saveText } from '@/lib/download';
import { filterIn, filterOut } from '@/lib/filter';
import { notifyDone } from '@/ui/notify';
import { useRun } from '@/ui/useRun';

const DeclareDialog = lazy(() => import('@/ui/DeclareDialog'));
const maxEventsOfIncident = 100;

export function useEventActions(): { actions: Action<Event>[]; dialogs: ReactNode } {
  const { t } = useTranslation();
  const { search, change } = useSearchState();
  const filter = search.filter ?? '';
  const [run, running] = useRun();
  const [explained, setExplained] = useState<Event[]>();
  const [tagged, setTagged] = useState<Event[]>();
  const [suspicious, setSuspicious] = useState<Event[]>();
  const actions = useMemo<Action<Event>[]>(() => {
    const narrow = (next: string) => change({ filter: next, event: undefined });
    return [
      { id: 'explain', label: 'explain.action', icon: IconChecks, key: 'a', right: 'events:explain', refusal: refusalToExplain, run: setExplained },
      { id: 'tag', label: 'tags.action', icon: IconTags, key: 't', right: 'events:tag', run: setTagged },
      {
        id: 'incident',
        label: 'declare.fromHere',
        right: 'incidents:declare',
        refusal: (events) => (events.length > maxEventsOfIncident ? 'declare.tooMany' : undefined),
        run: setSuspicious,
      },
      {
        id: 'same-host',
        label: 'action.sameHost',
        icon: IconServer2,
        single: true,
        run: ([event]) => event && narrow(filterIn(filter, 'host.name', event.host)),
      },
      {
        id: 'same-type',
        label: 'action.sameType',
        icon: IconTag,
        single: true,
        run: ([event]) => event && narrow(filterIn(filter, 'type', event.type)),
      },
      {
        id: 'hide-type',
        label: 'action.hideType',
        icon: IconEyeOff,
        key: 'e',
        single: true,
        run: ([event]) => event && narrow(filterOut(filter, 'type', event.type)),
      },
      {
        id: 'copy-json',
        label: 'action.copyJson',
        icon: IconCopy,
        run: (events) => {
          void navigator.clipboard.writeText(JSON.stringify(events, null, 2)).then(() => notifyDone(t('common.copied')));
        },
      },
      {
        id: 'save-json',
        label: 'action.saveJson',
        icon: IconBraces,
        run: (events) =>
          saveText('events.jsonl', 'application/x-ndjson', events.map((each) => `${JSON.stringify(each)}\n`).join('')),
      },
    ];
  }, [change, filter, t]);
  const dialogs = (
    <>
      {explained && <ExplainDialog events={explained} run={run} close={() => setExplained(undefined)} />}
      {tagged && <TagDialog events={tagged} run={run} close={() => setTagged(undefined)} />}
      <Suspense>
        {suspicious && <DeclareDialog events={suspicious.map((each) => each.id)} title={suspicious[0]?.title ?? ''} close={() => setSuspicious(undefined)} />}
      </Suspense>
      {running}
    </>
  );
  return { actions, dialogs };
}
