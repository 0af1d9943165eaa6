import { Button, Group, Modal, Select, Stack, Text, Textarea } from '@mantine/core';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import type { ReviewSystem } from '@/api/types';
import { systemsQuery } from '@/features/review/queries';
import { judgements, nameOf } from '@/features/review/SystemTable';
import { notifyDone } from '@/ui/notify';
import { Problem } from '@/ui/Problem';

type Judgement = (typeof judgements)[number];

interface SignDialogProps {
  day: string;
  /** Only this one; else the whole day, and with it every quiet system. */
  system?: ReviewSystem;
  close: () => void;
}

/** Says that one looked. What stands out wants a judgement; for a whole day those without one are judged here, too. */
export function SignDialog({ day, system, close }: SignDialogProps) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [judgement, setJudgement] = useState<Judgement>('expected');
  const [note, setNote] = useState('');
  const open = useUnjudged(day, system);
  const wantsReason = open.some((each) => each.result !== 'quiet');
  const [key] = useState(idempotencyKey);
  const sign = useMutation({
    mutationFn: () =>
      bodyOf(
        api.POST('/reviews/{day}/sign-offs', {
          params: { path: { day }, header: key },
          body: { ...(system ? {} : { whole_day: true }), note, systems: open.map((each) => ({ system: each.system, judgement, ...(note ? { note } : {}) })) },
        }),
      ),
    onSuccess: () => {
      notifyDone(t('review.signedNow'));
      close();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['reviews'] }),
  });
  return (
    <Modal opened onClose={close} title={system ? t('review.signSystem', { name: nameOf(system) }) : t('review.signDay')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('review.signHelp')}</Text>
        {open.length > 0 && (
          <>
            {!system && <Text size="sm">{t('review.judgedWithIt', { count: open.length, names: open.slice(0, 10).map(nameOf).join(', ') })}</Text>}
            <Select label={t('review.judgement')} allowDeselect={false} value={judgement} onChange={(next) => setJudgement(judgements.find((each) => each === next) ?? judgement)} data={judgements.map((each) => ({ value: each, label: t(`judgement.${each}`) }))} />
          </>
        )}
        <Textarea label={wantsReason ? t('review.reason') : t('incidents.note')} required={wantsReason} data-autofocus maxLength={4000} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {sign.isError && <Problem error={sign.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('common.cancel')}
          </Button>
          <Button disabled={wantsReason && note.trim() === ''} loading={sign.isPending} onClick={() => sign.mutate()}>
            {t('review.sign')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The systems that this sign-off has to judge. */
function useUnjudged(day: string, system: ReviewSystem | undefined): ReviewSystem[] {
  const gaps = useInfiniteQuery({ ...systemsQuery(day, 'gap'), enabled: !system }).data;
  const looks = useInfiniteQuery({ ...systemsQuery(day, 'look'), enabled: !system }).data;
  if (system) return [system];
  return [...(gaps?.pages ?? []), ...(looks?.pages ?? [])].flatMap((page) => page.items).filter((each) => each.covered_events === null || each.covered_events < each.events);
}
