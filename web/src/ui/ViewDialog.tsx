import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { useCan } from '@/api/session';
import type { SavedSearch } from '@/api/types';
import type { ViewPage } from '@/lib/views';
import { Problem } from '@/ui/Problem';

interface ViewDialogProps {
  /** What a page shows, to be kept; or a view that is kept. */
  what: { page: ViewPage; query: string } | SavedSearch;
  close: () => void;
}

/** Keeps what the page shows as a view, or gives a view another name and says who sees it. */
export function ViewDialog({ what, close }: ViewDialogProps) {
  const view = 'id' in what ? what : undefined;
  const { t } = useTranslation();
  const client = useQueryClient();
  const mayShare = useCan('searches:share');
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const title = view ? t('views.change') : t('views.keep');
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim(), shared };
      if (view) return bodyOf(api.PATCH('/saved-searches/{id}', { params: { path: { id: view.id }, header: ifMatch(view.etag) }, body }));
      return bodyOf(api.POST('/saved-searches', { body: { ...body, page: what.page, query: what.query } }));
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['saved-searches'] });
      close();
    },
  });
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack>
          <TextInput label={t('views.name')} required maxLength={100} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Checkbox
            label={t('views.share')}
            description={mayShare ? undefined : t('action.noRight')}
            disabled={!mayShare}
            checked={shared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
          {save.isError && <Problem error={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={save.isPending}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
