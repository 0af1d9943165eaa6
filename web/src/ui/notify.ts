import { notifications } from '@mantine/notifications';
import i18next from 'i18next';
import { ProblemError } from '@/api/problem';

const closeButton = () => ({ closeButtonProps: { 'aria-label': i18next.t('common.close') } });

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'green', autoClose: 4000, ...closeButton() });
}

export function notifyFailure(error: unknown): void {
  const message = error instanceof ProblemError ? (error.problem.detail ?? error.problem.title) : String(error);
  notifications.show({ message, color: 'red', autoClose: 10_000, ...closeButton() });
}
