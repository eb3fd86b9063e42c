import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JOB_STATES, type JobState } from '../../shared/jobs/vocabulary.ts';
import { FIRST_STATE, isFinal, next, TRIGGERS, type Trigger } from './job-machine.ts';

const STATES = Object.keys(JOB_STATES) as JobState[];
const LIVING = STATES.filter((state) => !isFinal(state));

test('JOB-1, JOB-2, JOB-3, JOB-4, JOB-5, JOB-6, JOB-7, JOB-8, JOB-9: nine states with the numbers of BG_JOB_STATE', () => {
  expect(Object.entries(JOB_STATES).sort(([, one], [, other]) => one - other)).toEqual([
    ['QUEUED', 0],
    ['CONNECTING', 1],
    ['TRANSFERRING', 2],
    ['SUSPENDED', 3],
    ['ERROR', 4],
    ['TRANSIENT_ERROR', 5],
    ['TRANSFERRED', 6],
    ['ACKNOWLEDGED', 7],
    ['CANCELLED', 8],
  ]);
});

test('JOB-4, JOB-10: a new job is suspended', () => {
  expect(FIRST_STATE).toBe('SUSPENDED');
});

test.each<[string, JobState, Trigger, JobState]>([
  ['JOB-11', 'SUSPENDED', 'resume', 'QUEUED'],
  ['JOB-13', 'QUEUED', 'turn', 'CONNECTING'],
  ['JOB-14', 'CONNECTING', 'connected', 'TRANSFERRING'],
  ['JOB-14', 'CONNECTING', 'recoverableError', 'TRANSIENT_ERROR'],
  ['JOB-15', 'TRANSFERRING', 'sliceOver', 'QUEUED'],
  ['JOB-16', 'TRANSFERRING', 'done', 'TRANSFERRED'],
  ['JOB-17', 'TRANSFERRING', 'recoverableError', 'TRANSIENT_ERROR'],
  ['JOB-17', 'TRANSFERRING', 'fatalError', 'ERROR'],
  ['JOB-18', 'TRANSIENT_ERROR', 'retryDelayOver', 'QUEUED'],
  ['JOB-18', 'TRANSIENT_ERROR', 'resume', 'QUEUED'],
  ['JOB-19', 'TRANSIENT_ERROR', 'noProgress', 'ERROR'],
  ['JOB-20', 'ERROR', 'resume', 'QUEUED'],
  ['JOB-21', 'TRANSFERRED', 'complete', 'ACKNOWLEDGED'],
  ['JOB-22', 'TRANSFERRED', 'resume', 'QUEUED'],
  ['JOB-28', 'QUEUED', 'printerLost', 'TRANSIENT_ERROR'],
  ['JOB-28', 'TRANSFERRING', 'printerLost', 'TRANSIENT_ERROR'],
  ['JOB-29', 'TRANSIENT_ERROR', 'printerBack', 'QUEUED'],
  ['JOB-31', 'TRANSFERRING', 'spoolerStarted', 'QUEUED'],
])('%s: %s, %s: %s', (_, from, trigger, to) => {
  expect(next(from, trigger)).toBe(to);
});

describe.each(LIVING)('from %s', (state) => {
  test('JOB-23, JOB-24, JOB-30: it can be cancelled, suspended, and given up', () => {
    expect(next(state, 'cancel')).toBe('CANCELLED');
    expect(next(state, 'suspend')).toBe('SUSPENDED');
    expect(next(state, 'inactive')).toBe('CANCELLED');
  });

  test('JOB-25, JOB-26: it is completed only when everything was printed', () => {
    expect(next(state, 'complete')).toBe(state === 'TRANSFERRED' ? 'ACKNOWLEDGED' : undefined);
  });
});

test('JOB-5: nothing but its owner, or nobody for long, leads out of an error', () => {
  const leads = TRIGGERS.filter((trigger) => next('ERROR', trigger) !== undefined);
  expect(leads).toEqual(['resume', 'suspend', 'cancel', 'restart', 'rejected', 'inactive']);
});

const triggers = fc.array(fc.constantFrom(...TRIGGERS), { maxLength: 60 });

test('JOB-8, JOB-9, JOB-27: nothing leads out of a final state', () => {
  for (const trigger of TRIGGERS) {
    expect(next('ACKNOWLEDGED', trigger)).toBeUndefined();
    expect(next('CANCELLED', trigger)).toBeUndefined();
  }
});

test('JOB-13, JOB-16, JOB-21: nobody is acknowledged who was not printed, nor printed without a turn', () => {
  const comesFrom = (path: readonly JobState[], to: JobState): readonly (JobState | undefined)[] =>
    path.flatMap((state, at) => (state === to ? [path[at - 1]] : []));
  fc.assert(
    fc.property(triggers, (happenings) => {
      const path: JobState[] = [FIRST_STATE];
      for (const trigger of happenings) {
        const to = next(path.at(-1) ?? FIRST_STATE, trigger);
        if (to !== undefined && to !== path.at(-1)) path.push(to);
      }
      expect(comesFrom(path, 'CONNECTING').every((state) => state === 'QUEUED')).toBe(true);
      expect(comesFrom(path, 'TRANSFERRING').every((state) => state === 'CONNECTING')).toBe(true);
      expect(comesFrom(path, 'TRANSFERRED').every((state) => state === 'TRANSFERRING')).toBe(true);
      expect(comesFrom(path, 'ACKNOWLEDGED').every((state) => state === 'TRANSFERRED')).toBe(true);
    }),
  );
});

test('every state can be reached', () => {
  const reached = new Set<JobState>([FIRST_STATE]);
  // A set that grows while one walks it is walked to its new end.
  for (const state of reached)
    for (const trigger of TRIGGERS) {
      const to = next(state, trigger);
      if (to !== undefined) reached.add(to);
    }
  expect([...reached].sort()).toEqual([...STATES].sort());
});
