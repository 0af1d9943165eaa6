// Problem details (RFC 9457) as an Error, and their way into forms.
import type { FieldValues, Path, UseFormSetError } from 'react-hook-form';
import type { Problem } from '@/api/types';

export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }
  get status(): number {
    return this.problem.status;
  }
}

/** The status of an error that came from the API; 0 when the manager could not be reached. */
export const statusOf = (error: unknown): number => (error instanceof ProblemError ? error.status : 0);

export function problemFrom(response: Response, body: unknown): ProblemError {
  const given = typeof body === 'object' && body !== null ? (body as Partial<Problem>) : {};
  return new ProblemError({
    type: 'about:blank',
    code: String(response.status),
    ...given,
    title: given.title ?? (response.statusText || String(response.status)),
    status: response.status,
  });
}

/** A field's name as a JSON pointer: "settings.url" is "/settings/url". */
const pointer = (field: string) => `/${field.replaceAll('.', '/')}`;

/**
 * Puts an error's messages beside the fields they are about. Gives what is left for the form as a whole, or undefined when
 * every message found its field.
 */
export function showProblem<Values extends FieldValues>(
  error: unknown,
  fields: readonly Path<Values>[],
  setError: UseFormSetError<Values>,
): unknown {
  if (!(error instanceof ProblemError)) return error;
  const placed = (error.problem.errors ?? []).filter((each) => {
    const name = fields.find((field) => each.pointer === pointer(field) || each.pointer.startsWith(`${pointer(field)}/`));
    if (name) setError(name, { type: 'server', message: each.detail });
    return name !== undefined;
  });
  return placed.length > 0 && placed.length === error.problem.errors?.length ? undefined : error;
}
