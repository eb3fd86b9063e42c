import { describe, expect, test } from 'vitest';
import { ManualClock } from '../test/harness/index.ts';
import { MessageDeadlines } from './message-deadline.ts';

const TIME = 10_000;

interface Link {
  isMidMessage: boolean;
  messages: number;
}

function started(): { clock: ManualClock; deadlines: MessageDeadlines<Link>; link: Link; missed: Link[] } {
  const clock = new ManualClock();
  const missed: Link[] = [];
  const deadlines = new MessageDeadlines<Link>(clock, TIME, (link) => missed.push(link));
  return { clock, deadlines, link: { isMidMessage: true, messages: 0 }, missed };
}

describe('a message', () => {
  test('that becomes whole in time is no concern', () => {
    const { clock, deadlines, link, missed } = started();
    deadlines.read(link);
    clock.advance(TIME - 1);
    link.messages++;
    link.isMidMessage = false;
    deadlines.read(link);
    expect(clock.pending).toBe(0);
    clock.advance(TIME);
    expect(missed).toEqual([]);
  });

  test('that is not whole in time is missed, once', () => {
    const { clock, deadlines, link, missed } = started();
    deadlines.read(link);
    clock.advance(TIME);
    expect(missed).toEqual([link]);
    clock.advance(10 * TIME);
    expect(missed).toEqual([link]);
  });

  test('that trickles gets no more time for each drop', () => {
    const { clock, deadlines, link, missed } = started();
    for (let seconds = 0; seconds < TIME / 1_000; seconds++) {
      deadlines.read(link);
      expect(missed).toEqual([]);
      clock.advance(1_000);
    }
    expect(missed).toEqual([link]);
  });

  test('after another has time of its own, also where both were never apart', () => {
    const { clock, deadlines, link, missed } = started();
    deadlines.read(link);
    for (let round = 0; round < 5; round++) {
      clock.advance(TIME - 1);
      // The end of one and the beginning of the next in one piece.
      link.messages++;
      deadlines.read(link);
    }
    expect(missed).toEqual([]);
    clock.advance(TIME);
    expect(missed).toEqual([link]);
  });

  test('of a connection that is gone leaves no timer', () => {
    const { clock, deadlines, link } = started();
    deadlines.read(link);
    deadlines.forget(link);
    expect(clock.pending).toBe(0);
    // Nor is it remembered: the same again is something new.
    deadlines.read(link);
    expect(clock.pending).toBe(1);
  });

  test('has the time of its own link and of no other', () => {
    const { clock, deadlines, link, missed } = started();
    const late: Link = { isMidMessage: true, messages: 0 };
    deadlines.read(link);
    clock.advance(TIME / 2);
    deadlines.read(late);
    clock.advance(TIME / 2);
    expect(missed).toEqual([link]);
    deadlines.forget(link);
    clock.advance(TIME / 2);
    expect(missed).toEqual([link, late]);
  });
});
