/** What a session is given and when (PROTOCOL.md section 6): the corners that records on the wire hardly reach. */

import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, encodeRecord, type Limits } from '../../shared/index.ts';
import { Outbox } from '../../shared/outbox.ts';
import { RecordingLink, turnEnd } from '../../test/fuzz/recording-link.ts';
import { ManualClock } from '../../test/harness/index.ts';
import { Delivery, type Window } from './delivery.ts';
import { TrafficCount } from './traffic.ts';

const STALL = DEFAULT_LIMITS.stallTime;

/** A delivery to somebody who gives back when the test says so. */
class Stage {
  readonly clock = new ManualClock();
  readonly traffic = new TrafficCount();
  /** What the session was told of it. */
  readonly told: string[] = [];
  readonly delivery: Delivery;
  #sequence = 0;

  constructor(limits: Partial<Limits>) {
    this.delivery = new Delivery(
      new Outbox(new RecordingLink()),
      { ...DEFAULT_LIMITS, ...limits },
      this.clock,
      this.traffic,
      { stalled: () => this.told.push('stalled'), emptied: () => this.told.push('emptied') },
    );
  }

  /** Gives something of so many bytes on an end; says whether it went at once. */
  give(end: number, window: Window, size = 1): boolean {
    const sequence = ++this.#sequence;
    const record = encodeRecord({ op: 'notify', end, sequence, data: new Uint8Array(size), release: false });
    return this.delivery.give({ end, sequence, size, record }, window);
  }

  /** Gives back everything on an end. */
  takeBack(end: number): void {
    this.delivery.released(end, this.#sequence, false);
  }

  /** Notes when there may be room, and whether it was in the middle of something. */
  seek(): readonly string[] {
    const woken: string[] = [];
    this.delivery.whenRoom({ roomMade: () => woken.push('woken') });
    return woken;
  }
}

describe('the bound of bytes', () => {
  test.each<[string, Partial<Limits>]>([
    ['a registration', { registrationHeldBytes: 4 }],
    ['a session', { sessionHeldBytes: 4 }],
  ])('of %s is reached by as many, not only by more', (_, limits) => {
    const stage = new Stage(limits);
    const window = stage.delivery.newWindow();
    expect([stage.give(1, window, 3), stage.give(1, window, 1), stage.give(1, window, 1)]).toEqual([true, true, false]);
  });

  test('what waits is counted once it is given, as what is given at once', () => {
    const stage = new Stage({ registrationHeldObjects: 1 });
    const window = stage.delivery.newWindow();
    stage.give(1, window, 3);
    stage.give(1, window, 4);
    expect(stage.traffic.snapshot).toMatchObject({ delivered: 1, deliveredBytes: 3 });
    stage.takeBack(1);
    expect(stage.traffic.snapshot).toMatchObject({ delivered: 2, deliveredBytes: 7 });
  });
});

describe('room', () => {
  test('is there for whoever need not wait, however much waits in another window', () => {
    const stage = new Stage({ registrationHeldObjects: 1, queueBytes: 4 });
    const [full, free] = [stage.delivery.newWindow(), stage.delivery.newWindow()];
    stage.give(1, full);
    stage.give(1, full, 4);
    expect([full, free].map((window) => stage.delivery.hasRoom(window))).toEqual([false, true]);
  });

  test('is made by what is withdrawn; whoever seeks it hears of it afterwards, once', async () => {
    const stage = new Stage({ sessionHeldObjects: 1, queueBytes: 4 });
    const window = stage.delivery.newWindow();
    stage.give(1, window);
    const waiting = { end: 2, sequence: 1, size: 4, record: [new Uint8Array(20)] };
    stage.delivery.give(waiting, stage.delivery.common);
    const woken = stage.seek();
    expect(stage.delivery.hasRoom(window)).toBe(false);
    stage.delivery.withdraw(waiting, stage.delivery.common);
    expect([woken.length, stage.delivery.queued, stage.delivery.queuedBytes]).toEqual([0, 0, 0]);
    await turnEnd();
    expect(woken).toHaveLength(1);
    stage.takeBack(1);
    await turnEnd();
    expect(woken).toHaveLength(1);
  });

  test('is sought no more of a window that is closed, also where nothing waited in it', async () => {
    const stage = new Stage({ registrationHeldObjects: 1, queueLength: 0 });
    const window = stage.delivery.newWindow();
    stage.give(1, window);
    expect(stage.delivery.hasRoom(window)).toBe(false);
    const woken = stage.seek();
    stage.delivery.close(window);
    await turnEnd();
    expect(woken).toHaveLength(1);
  });
});

describe('who stays at the bound', () => {
  test('has the whole time again after each thing he gives back, and never more', () => {
    const stage = new Stage({ registrationHeldObjects: 1 });
    const window = stage.delivery.newWindow();
    for (let count = 0; count < 3; count++) stage.give(1, window);
    stage.clock.advance(STALL - 1);
    stage.takeBack(1);
    stage.clock.advance(1);
    expect(stage.told).toEqual([]);
    stage.clock.advance(STALL);
    expect(stage.told).toEqual(['stalled']);
  });

  test('is not watched once nothing waits for him', () => {
    const stage = new Stage({ registrationHeldObjects: 1 });
    const window = stage.delivery.newWindow();
    for (let count = 0; count < 2; count++) stage.give(1, window);
    expect(stage.clock.pending).toBe(1);
    stage.takeBack(1);
    expect([stage.told, stage.clock.pending]).toEqual([['emptied'], 0]);
  });
});

test('the end of a session leaves nothing that waits, nothing held and no timer', () => {
  const stage = new Stage({ registrationHeldObjects: 1, sessionHeldObjects: 2 });
  const window = stage.delivery.newWindow();
  for (let count = 0; count < 3; count++) stage.give(1, window);
  for (let count = 0; count < 2; count++) stage.give(2, stage.delivery.common);
  stage.delivery.end();
  expect(stage.delivery).toMatchObject({ queued: 0, queuedBytes: 0, held: { heldObjects: 0, heldBytes: 0 } });
  expect(window).toMatchObject({ heldObjects: 0, queued: 0 });
  expect([stage.told.at(-1), stage.clock.pending]).toEqual(['emptied', 0]);
});
