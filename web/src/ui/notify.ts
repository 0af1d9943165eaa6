import { notifications } from '@mantine/notifications';
import { ProblemError } from '@/api/problem';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'green', autoClose: 4000 });
}

export function notifyFailure(error: unknown): void {
  const message = error instanceof ProblemError ? (error.problem.detail ?? error.problem.title) : String(error);
  notifications.show({ message, color: 'red', autoClose: 10_000 });
}
