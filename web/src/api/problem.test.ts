import { expect, it, vi } from 'vitest';
import { ProblemError, problemFrom, showProblem, statusOf } from '@/api/problem';

const problem = (errors?: { pointer: string; detail: string }[]) =>
  new ProblemError({ type: 'about:blank', title: 'Not accepted', status: 422, code: 'invalid', ...(errors ? { errors } : {}) });

it('puts messages beside their fields', () => {
  const setError = vi.fn();
  expect(showProblem(problem([{ pointer: '/name', detail: 'taken' }]), ['name'], setError)).toBeUndefined();
  expect(setError).toHaveBeenCalledWith('name', { type: 'server', message: 'taken' });
});

it('leaves the rest to the form', () => {
  const setError = vi.fn();
  const error = problem([{ pointer: '/name/3', detail: 'x' }, { pointer: '/names', detail: 'y' }]);
  expect(showProblem(error, ['name'], setError)).toBe(error);
  expect(setError).toHaveBeenCalledTimes(1);
  expect(showProblem(problem(), ['name'], setError)).toBeInstanceOf(ProblemError);
  expect(showProblem('unreachable', ['name'], setError)).toBe('unreachable');
});

it('makes something of any answer', () => {
  expect(problemFrom(new Response(null, { status: 502, statusText: 'Bad Gateway' }), '<html>').problem.title).toBe('Bad Gateway');
  expect(statusOf(problem())).toBe(422);
  expect(statusOf(new TypeError('network'))).toBe(0);
});
