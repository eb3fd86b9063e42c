import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpoolError } from '../errors.ts';
import { guid, guidFromBytes } from '../guid.ts';
import { checkArguments } from './arguments.ts';
import { callFromJson, callToJson, decodeCall, type EventCall, encodeCall } from './event-call.ts';
import type { MethodDescription } from './event-class.ts';
import { isJson, type Json, MAX_JSON_DEPTH } from './json.ts';
import { isFilterable, PARAMETER_TYPES, type ParameterType, type Value } from './parameter-type.ts';

const eventClass = guid('5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11');
const iid = guid('0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d');
const invalid = (input: string): unknown => expect.objectContaining({ code: 'E_INVALIDARG', input });

/** The code of the refusal; undefined where there is none. */
function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : String(reason);
  }
}

const VALUES: { readonly [Type in ParameterType]: fc.Arbitrary<Value> } = {
  i8: fc.integer({ min: -0x80, max: 0x7f }),
  u8: fc.nat(0xff),
  i16: fc.integer({ min: -0x8000, max: 0x7fff }),
  u16: fc.nat(0xffff),
  i32: fc.integer(),
  u32: fc.nat(0xffffffff),
  i64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  // JSON has no negative zero.
  f64: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  boolean: fc.boolean(),
  string: fc.string({ unit: 'binary' }),
  guid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(guidFromBytes),
  bytes: fc.uint8Array(),
  json: fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as Json),
};

/** A method with its arguments. */
const call = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z][A-Za-z0-9_]{0,8}$/), fc.constantFrom(...PARAMETER_TYPES)), {
    selector: ([name]) => name,
    maxLength: 8,
  })
  .chain((parameters) =>
    fc.tuple(
      fc.constant<MethodDescription>({
        name: 'onEvent',
        parameters: parameters.map(([name, type]) => ({ name, type })),
      }),
      fc.record(Object.fromEntries(parameters.map(([name, type]) => [name, VALUES[type]]))),
    ),
  );

function calling(method: MethodDescription, given: Readonly<Record<string, Value>>): EventCall {
  return { eventClass, interface: iid, method: method.name, arguments: checkArguments(method, given) };
}

const method: MethodDescription = {
  name: 'onPaperJam',
  parameters: [
    { name: 'tray', type: 'u8' },
    { name: 'since', type: 'i64' },
  ],
};

describe('a call as bytes', () => {
  test('comes back as it was, whatever its parameters', () => {
    fc.assert(
      fc.property(call, ([method, given]) => {
        const sent = calling(method, given);
        expect(decodeCall(encodeCall(sent), () => method)).toEqual(sent);
      }),
    );
  });

  test('is JSON with GUIDs as text, 64 bits as decimal text and bytes as base64', () => {
    const given = { tray: 2, since: 2n ** 60n };
    expect(JSON.parse(new TextDecoder().decode(encodeCall(calling(method, given))))).toEqual({
      eventClass,
      interface: iid,
      method: 'onPaperJam',
      arguments: { tray: 2, since: '1152921504606846976' },
    });
    const bytes = { name: 'on', parameters: [{ name: 'page', type: 'bytes' }] } as const;
    expect(callToJson(calling(bytes, { page: Uint8Array.of(255, 254, 253, 1) }))).toMatchObject({
      arguments: { page: '//79AQ==' },
    });
  });

  test('tells what is called before it reads the arguments, so that their types are known', () => {
    const asked: unknown[] = [];
    const json = { eventClass: `{${eventClass.toUpperCase()}}`, interface: iid, method: 'onPaperJam', arguments: 1 };
    expect(() => callFromJson(json, (...what) => void asked.push(what))).toThrow(
      invalid(`method: no "onPaperJam" in ${iid}`),
    );
    expect(asked).toEqual([[eventClass, iid, 'onPaperJam']]);
  });

  test.each<[what: string, json: unknown, input: string]>([
    ['a list', [], 'a call is an object'],
    ['another key', { eventClass, interface: iid, method: 'onPaperJam', arguments: {}, x: 1 }, 'a call has no "x"'],
    ['no event class', { interface: iid, method: 'onPaperJam', arguments: {} }, 'eventClass: not a GUID'],
    ['no method', { eventClass, interface: iid, arguments: {} }, 'method: not a string'],
    ['no arguments', { eventClass, interface: iid, method: 'onPaperJam' }, 'onPaperJam: the arguments are no object'],
  ])('with %s is refused', (_, json, input) => {
    expect(() => callFromJson(json, () => method)).toThrow(invalid(input));
  });

  test('that is hostile throws E_INVALIDARG and nothing else', () => {
    const shape = fc.record(
      {
        eventClass: fc.oneof(fc.constant(eventClass), fc.anything()),
        interface: fc.oneof(fc.constant(iid), fc.anything()),
        method: fc.oneof(fc.constantFrom('onPaperJam', '__proto__', 'constructor'), fc.anything()),
        arguments: fc.oneof(
          fc.record({ tray: fc.anything(), since: fc.anything() }, { requiredKeys: [] }),
          fc.dictionary(fc.constantFrom('tray', 'since', '__proto__', 'toString'), fc.jsonValue()),
          fc.anything(),
        ),
      },
      { requiredKeys: [] },
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    const every = { ...method, parameters: PARAMETER_TYPES.map((type) => ({ name: type, type })) };
    const orRefused = (run: () => unknown): void => {
      expect([undefined, 'E_INVALIDARG']).toContain(refusal(run));
    };
    fc.assert(fc.property(shape, (json) => orRefused(() => callFromJson(json, () => method))));
    fc.assert(fc.property(bytes, (hostile) => orRefused(() => decodeCall(hostile, () => every))));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...PARAMETER_TYPES), fc.anything()), (given) =>
        orRefused(() => checkArguments(every, given)),
      ),
    );
  });

  test('nested a million deep is refused without a crash', () => {
    const json: MethodDescription = { name: 'on', parameters: [{ name: 'x', type: 'json' }] };
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    const text = `{"eventClass":"${eventClass}","interface":"${iid}","method":"on","arguments":{"x":${deep}}}`;
    expect(() => decodeCall(new TextEncoder().encode(text), () => json)).toThrow(
      expect.objectContaining({ code: 'E_INVALIDARG' }),
    );
  });
});

describe('the arguments', () => {
  test.each<[what: string, given: unknown, input: string]>([
    ['are missing', { tray: 1 }, 'onPaperJam: since is missing'],
    ['are inherited', Object.create({ tray: 1, since: 1n }), 'onPaperJam: the arguments are no object'],
    ['are unknown', { tray: 1, since: 1n, slot: 3 }, 'onPaperJam: no parameter "slot"'],
    ['are too large', { tray: 256, since: 1n }, 'onPaperJam: tray is not an integer from 0 to 255'],
    [
      'have another type',
      { tray: 1, since: 1 },
      'onPaperJam: since is not an integer from -9223372036854775808 to 9223372036854775807, as a bigint or in JSON as a string',
    ],
    ['are a list', [1, 1n], 'onPaperJam: the arguments are no object'],
  ])('that %s are refused, and named but never quoted', (_, given, input) => {
    expect(() => checkArguments(method, given)).toThrow(invalid(input));
  });

  test.each<[ParameterType, readonly unknown[], readonly unknown[]]>([
    ['i8', [-128, 127], [-129, 128, 1.5, Number.NaN, '1', 1n, null]],
    ['u8', [0, 255], [-1, 256]],
    ['i16', [-32768, 32767], [-32769, 32768]],
    ['u16', [0, 65535], [-1, 65536]],
    ['i32', [-2147483648, 2147483647], [-2147483649, 2147483648]],
    ['u32', [0, 4294967295], [-1, 4294967296]],
    ['i64', [-(2n ** 63n), 2n ** 63n - 1n], [-(2n ** 63n) - 1n, 2n ** 63n, 1, '1']],
    ['u64', [0n, 2n ** 64n - 1n], [-1n, 2n ** 64n]],
    ['f64', [1.5, -1e300], [Number.NaN, Number.POSITIVE_INFINITY, '1']],
    ['boolean', [true, false], [0, 1, null, 'true']],
    ['string', ['', 'Lab', '\ud800'], [null, 1]],
    ['guid', [iid], ['', 'Lab', null]],
    ['bytes', [Uint8Array.of(1)], [[1], '', null]],
    ['json', [null, [1, { a: 'b' }]], [undefined, 1n, new Date(0), { a: undefined }, Number.NaN, Uint8Array.of(1)]],
  ])('of type %s are what it says', (type, good, bad) => {
    const one: MethodDescription = { name: 'on', parameters: [{ name: 'x', type }] };
    for (const x of good) expect(checkArguments(one, { x })).toEqual({ x });
    for (const x of bad) expect(() => checkArguments(one, { x })).toThrow(/E_INVALIDARG/);
  });

  test('of type guid may be written as people write them', () => {
    const one: MethodDescription = { name: 'on', parameters: [{ name: 'x', type: 'guid' }] };
    expect(checkArguments(one, { x: `{${iid.toUpperCase()}}` })).toEqual({ x: iid });
  });

  test.each(['=', 'A', 'AA', 'AAA', 'AA=A', 'A===', 'AAAA ', ' AAA', 'AA-_', 'AAAA====', 5])(
    'of type bytes are not %j in JSON',
    (x) => {
      const one: MethodDescription = { name: 'on', parameters: [{ name: 'x', type: 'bytes' }] };
      const json = { eventClass, interface: iid, method: 'on', arguments: { x } };
      expect(() => callFromJson(json, () => one)).toThrow(/E_INVALIDARG/);
    },
  );

  test.each(['1.0', '0x1', '', ' 1', '+1', '1e3', 2 ** 53, 1.5, true])('of type i64 are not %j in JSON', (x) => {
    const one: MethodDescription = { name: 'on', parameters: [{ name: 'x', type: 'i64' }] };
    const json = { eventClass, interface: iid, method: 'on', arguments: { x } };
    expect(() => callFromJson(json, () => one)).toThrow(/E_INVALIDARG/);
  });

  test('of type json have a bounded depth; a cycle is none', () => {
    let deep: unknown = 1;
    for (let i = 0; i < MAX_JSON_DEPTH; i++) deep = [deep];
    expect(isJson(deep)).toBe(true);
    expect(isJson([deep])).toBe(false);
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(isJson(cycle)).toBe(false);
  });
});

test('EVC-166: integers of every width, booleans, strings and GUIDs can be filtered by, nothing else', () => {
  expect(PARAMETER_TYPES.filter((type) => !isFilterable(type))).toEqual(['f64', 'bytes', 'json']);
});
