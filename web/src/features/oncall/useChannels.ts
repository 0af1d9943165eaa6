import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { channelsQuery } from '@/features/oncall/queries';
import { notifyDone, notifyFailure } from '@/ui/notify';

/** Channels to choose from, and the name of each by the id; the id where the reader may not know channels. */
export function useChannels() {
  const { data } = useInfiniteQuery(channelsQuery);
  const channels = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const nameOf = useCallback((id: string) => channels.find((each) => each.id === id)?.name ?? id, [channels]);
  return { channels, nameOf };
}

/** Sends one notice through each of the channels now, and says whether it arrived. */
export function useTrial() {
  const { t } = useTranslation();
  return useCallback(
    async (channels: readonly string[]) => {
      for (const id of channels) {
        try {
          // One after the other: what is said is in the order of the list.
          // oxlint-disable-next-line no-await-in-loop
          const trial = await bodyOf(api.POST('/notice-channels/{id}/trial', { params: { path: { id } } }));
          if (trial.arrived) notifyDone(t('channels.arrived'));
          else notifyFailure(new Error(trial.error ?? ''));
        } catch (error) {
          notifyFailure(error);
        }
      }
    },
    [t],
  );
}
