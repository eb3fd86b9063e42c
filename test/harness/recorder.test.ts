import { describe, expect, test } from 'vitest';
import { DataObject, notificationType } from '../../shared/index.ts';
import { Recorder, read } from './index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');

function tell(recorder: Recorder, text: string | null): unknown {
  const data = text === null ? null : new TextEncoder().encode(text);
  const object = new DataObject({ type, data });
  const result = recorder.onEventNotify(null, object);
  object.release();
  return result;
}

function close(recorder: Recorder): unknown {
  return recorder.channelClosed(null, new DataObject({ type, data: null }), 'died');
}

test('reading a data object copies it and gives it back', () => {
  const bytes = new TextEncoder().encode('paper jam');
  const object = new DataObject({ type, data: bytes });
  const received = read(object);
  bytes.fill(0);
  expect(received).toMatchObject({ text: 'paper jam', size: 9, type });
  expect(object.references).toBe(1);
  object.release();
  expect(() => read(object)).toThrow('USE_AFTER_RELEASE');
});

test('null is not the same as no bytes', () => {
  const recorder = new Recorder();
  tell(recorder, null);
  tell(recorder, '');
  expect(recorder.notifications.map(({ data, size }) => [data, size])).toEqual([
    [null, 0],
    [new Uint8Array(0), 0],
  ]);
});

describe('waiting', () => {
  test('gives what has come, then what comes', async () => {
    const recorder = new Recorder();
    tell(recorder, 'first');
    expect((await recorder.nextNotification()).text).toBe('first');
    const second = recorder.nextNotification();
    tell(recorder, 'second');
    expect((await second).text).toBe('second');
    expect(recorder.texts).toEqual(['first', 'second']);
  });

  test('counts each kind apart: a close that was waited for takes no notification away', async () => {
    const recorder = new Recorder();
    tell(recorder, 'first');
    close(recorder);
    expect((await recorder.nextClose()).cause).toBe('died');
    expect((await recorder.nextNotification()).text).toBe('first');
  });

  test('may be done by several at once', async () => {
    const recorder = new Recorder();
    const all = Promise.all([recorder.nextNotification(), recorder.nextClose(), recorder.nextNotification()]);
    tell(recorder, 'first');
    tell(recorder, 'second');
    close(recorder);
    const [first, closed, second] = await all;
    expect([first.text, closed.kind, second.text]).toEqual(['first', 'closed', 'second']);
  });

  test('gives up, and says what came instead', async () => {
    const recorder = new Recorder(undefined, 0);
    tell(recorder, 'paper jam');
    tell(recorder, null);
    close(recorder);
    await expect(recorder.nextOffer()).rejects.toThrow(
      'no offer number 1 came; seen: notification "paper jam", notification null, closed (died) null',
    );
    await expect(new Recorder(undefined, 0).nextClose()).rejects.toThrow('seen: nothing');
  });

  test('that gave up has taken nothing', async () => {
    const recorder = new Recorder(undefined, 0);
    await expect(recorder.nextNotification()).rejects.toThrow('no notification number 1');
    tell(recorder, 'late');
    expect((await recorder.nextNotification()).text).toBe('late');
  });
});

test('a reaction runs inside the callback and decides what that returns', () => {
  const recorder = new Recorder((event, object) => `${event.kind} of ${object?.size} bytes`);
  expect(tell(recorder, 'abc')).toBe('notification of 3 bytes');
  expect(close(recorder)).toBe('closed of 0 bytes');
});
