// What can be done to a key: rotated at once where its tenant suffices, with a permit where it takes two custodians.
import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, idempotencyKey } from '@/api/client';
import type { Key } from '@/api/types';
import { classOf, type Rotation } from '@/features/keys/levels';
import type { Action } from '@/lib/actions';
import { useConfirm } from '@/ui/confirm';
import { notifyDone } from '@/ui/notify';
import { useWord } from '@/ui/words';

export function useKeyActions(askPermit: (rotation: Rotation) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const word = useWord();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Key>[]>(() => {
    const rotateClass = (key: Key) => {
      const level = classOf(key.level);
      if (!level) return;
      ask({
        title: t('keys.rotateTitle', { level: word('keyLevel', key.level), owner: key.owner_name }),
        body: t('keys.rotateClassHelp'),
        button: t('keys.rotate'),
        run: async () => {
          const made = await bodyOf(api.POST('/keys/rotations', { params: { header: idempotencyKey() }, body: { level, owner: key.owner } }));
          await client.invalidateQueries({ queryKey: ['keys'] });
          notifyDone(t('keys.rotated', { epoch: made.epoch ?? '–' }));
        },
      });
    };
    return [
      {
        id: 'rotate',
        label: 'keys.rotate',
        right: 'keys:write',
        single: true,
        refusal: ([key]) => {
          if (!key?.current) return 'keys.notCurrent';
          return key.level === 'derivation' ? 'keys.neverRotates' : undefined;
        },
        run: ([key]) => key && (key.level === 'tenant' ? askPermit({ level: 'tenant', owner: key.owner }) : rotateClass(key)),
      },
    ];
  }, [ask, askPermit, client, t, word]);
  return [actions, confirmation] as const;
}
