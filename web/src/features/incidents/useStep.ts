// A step on an incident: done, said, and everything of it read again.
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { useReload } from '@/features/incidents/queries';
import { notifyDone } from '@/ui/notify';

export function useStep<Input = void, Output = unknown>(id: string, step: (input: Input) => Promise<Output>, done?: (output: Output) => void) {
  const { t } = useTranslation();
  const reload = useReload(id);
  return useMutation({
    mutationFn: step,
    onSuccess: (output) => {
      notifyDone(t('common.saved'));
      done?.(output);
    },
    onSettled: reload,
  });
}
