/** What a client's call becomes, and what comes back. */

import { describe, expect, test } from 'vitest';
import { hresultOf, SpoolError } from '../shared/index.ts';
import type { Service } from '../spooler/index.ts';
import { type RigOptions, startRig } from '../test/harness/index.ts';
import { encodePayload, failureOf } from './call.ts';
import { Connection } from './connection.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();
const S_OK = hresultOf('S_OK');

/** Answers `say` with what it was given, `later` never, and refuses everything else with all it knows. */
const echo: Service = {
  name: 'echo',
  call(_, method, payload) {
    if (method === 'say')
      return payload.length === 0 ? { hresult: S_OK } : { hresult: S_OK, json: JSON.parse(text.decode(payload)) };
    if (method === 'later') return new Promise(() => {});
    throw new SpoolError('EVENT_E_QUERYFIELD', { input: method, details: { position: 3 } });
  },
};

async function joined(options: RigOptions, use: (connection: Connection, cut: () => void) => Promise<void>) {
  await using rig = await startRig({ ...options, services: [() => echo] });
  const link = await rig.link();
  const hooks = { offered: () => {}, lost: () => {} };
  const connection = await Connection.greet(link, { user: 'ann', clock: rig.clock }, undefined, hooks);
  await use(connection, () => link.cut());
  await connection.close();
  expect(connection.stats()).toEqual({ ends: 0, requests: 0, sends: 0, liveObjects: 0 });
}

describe('a call', () => {
  test('resolves with the outcome and what the service said, or nothing where it said nothing', () =>
    joined({}, async (connection) => {
      const outcome = { code: 'S_OK', hresult: 0 };
      const words = { words: ['paper', 'jam'], tray: 2 };
      expect(await connection.call('echo', 'say', words)).toEqual({ outcome, json: words });
      expect(await connection.call('echo', 'say', null)).toEqual({ outcome, json: null });
      expect(await connection.call('echo', 'say')).toEqual({ outcome, json: undefined });
    }));

  test('rejects with what the service refuses it with, and all it said', () =>
    joined({}, async (connection) => {
      await expect(connection.call('echo', 'sing', {})).rejects.toMatchObject({
        name: 'SpoolError',
        code: 'EVENT_E_QUERYFIELD',
        hresult: 0x80040204,
        input: 'sing',
        details: { position: 3 },
      });
      await expect(connection.call('tea', 'make')).rejects.toMatchObject({ code: 'E_NOINTERFACE', details: {} });
    }));

  test('that cannot be written is not sent', () =>
    joined({ limits: { payload: 10 } }, async (connection) => {
      const circular: { self?: unknown } = {};
      circular.self = circular;
      await expect(connection.call('echo', 'say', circular)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
      await expect(connection.call('echo', 'say', { big: 1n })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
      await expect(connection.call('', 'say')).rejects.toMatchObject({ code: 'E_INVALIDARG' });
      await expect(connection.call('echo', 'x'.repeat(65))).rejects.toMatchObject({ code: 'E_INVALIDARG' });
      await expect(connection.call('echo', 'say', '123456789')).rejects.toMatchObject({
        code: 'MAX_NOTIFICATION_SIZE_EXCEEDED',
        input: '11 bytes',
      });
      expect(await connection.call('echo', 'say', '12345678')).toMatchObject({ json: '12345678' });
    }));

  test('under way when the spooler is lost rejects with CONNECTION_LOST, afterwards at once', () =>
    joined({}, async (connection, cut) => {
      const underWay = connection.call('echo', 'later');
      cut();
      await expect(underWay).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      await expect(connection.call('echo', 'say')).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    }));

  test('is given up with the signal, before and while it is under way', () =>
    joined({}, async (connection, cut) => {
      const stop = new AbortController();
      const underWay = connection.call('echo', 'later', {}, stop.signal);
      stop.abort();
      await expect(underWay).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
      await expect(connection.call('echo', 'say', {}, stop.signal)).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
      // The service never answers: only the end of the connection ends the wait.
      cut();
    }));
});

describe('a failure', () => {
  test.each(['', 'null', '7', '"text"', '[]', '{}', '{"input":7}'])('that says %s is its code alone', (json) => {
    expect(failureOf(0x80004002, utf8.encode(json))).toMatchObject({ code: 'E_NOINTERFACE', input: undefined });
  });

  test('of an unknown code carries the number that came (PAN-238)', () => {
    expect(failureOf(0x8abcdef0, utf8.encode('{"input":"x"}'))).toMatchObject({
      code: 'UNKNOWN_HRESULT',
      hresult: 0x8abcdef0,
      input: '0x8abcdef0',
    });
  });

  test('that is no JSON breaks the protocol', () => {
    expect(() => failureOf(0x80004002, utf8.encode('{'))).toThrow(
      expect.objectContaining({ code: 'PROTOCOL_VIOLATED' }) as Error,
    );
  });

  test('of what JSON cannot hold says why', () => {
    expect(() => encodePayload(1n, 10)).toThrow(/BigInt/);
  });
});
