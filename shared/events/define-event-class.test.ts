import { expect, expectTypeOf, test } from 'vitest';
import type { Guid } from '../guid.ts';
import { defineEventClass, type EventClass, type EventMethods } from './define-event-class.ts';
import type { EventClassDescription } from './event-class.ts';
import type { Json } from './json.ts';

const clsid = '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11';

const Everything = defineEventClass({
  name: 'Test.Everything',
  clsid,
  fireInParallel: true,
  interfaces: {
    INumbers: {
      iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d',
      methods: { onNumbers: { small: 'i8', large: 'u64', broken: 'f64' }, onNothing: {} },
    },
    IOthers: {
      iid: '7b1f3c52-0a54-4b3e-8f8e-6f1c6a0a4c1d',
      methods: { onOthers: { yes: 'boolean', text: 'string', id: 'guid', page: 'bytes', more: 'json' } },
    },
  },
});

type MethodsOfClass<Class> = Class extends EventClass<infer Methods> ? EventMethods<Methods, Promise<void>> : never;

test('the compiler knows the methods of every interface and the types of their arguments', () => {
  type Events = MethodsOfClass<typeof Everything>;
  expectTypeOf<keyof Events>().toEqualTypeOf<'onNumbers' | 'onNothing' | 'onOthers'>();
  expectTypeOf<Parameters<Events['onNumbers']>>().toEqualTypeOf<
    [{ readonly small: number; readonly large: bigint; readonly broken: number }]
  >();
  expectTypeOf<Parameters<Events['onOthers']>>().toEqualTypeOf<
    [
      {
        readonly yes: boolean;
        readonly text: string;
        readonly id: Guid;
        readonly page: Uint8Array;
        readonly more: Json;
      },
    ]
  >();
  expectTypeOf<Parameters<Events['onNothing']>>().toEqualTypeOf<[]>();
  expectTypeOf<ReturnType<Events['onNumbers']>>().toEqualTypeOf<Promise<void>>();
});

test('a wrong call does not compile', () => {
  const calls: unknown[] = [];
  const record = async (given?: unknown): Promise<void> => void calls.push(given);
  const events: MethodsOfClass<typeof Everything> = { onNumbers: record, onNothing: record, onOthers: record };
  void events.onNumbers({ small: 1, large: 2n, broken: 0.5 });
  void events.onNothing();
  // @ts-expect-error: a parameter is missing
  void events.onNumbers({ small: 1, large: 2n });
  // @ts-expect-error: another type
  void events.onNumbers({ small: '1', large: 2n, broken: 0.5 });
  // @ts-expect-error: one too many
  void events.onNumbers({ small: 1, large: 2n, broken: 0.5, more: 1 });
  // @ts-expect-error: takes none
  void events.onNothing({ small: 1 });
  expectTypeOf(events).not.toHaveProperty('onPaperJam');
  expect(calls).toHaveLength(6);
});

test('a type that there is not does not compile', () => {
  const interfaces = { IBroken: { iid: clsid, methods: { onBroken: { x: 'float' } } } } as const;
  // @ts-expect-error: no such parameter type
  expect(() => defineEventClass({ name: 'Broken', clsid, interfaces })).toThrow(/interfaces.0.methods.0.parameters.0/);
});

test('what it makes is a description like one from a library', () => {
  const description: EventClassDescription = Everything;
  expect(description).toEqual({
    name: 'Test.Everything',
    clsid,
    fireInParallel: true,
    interfaces: [
      {
        name: 'INumbers',
        iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d',
        methods: [
          {
            name: 'onNumbers',
            parameters: [
              { name: 'small', type: 'i8' },
              { name: 'large', type: 'u64' },
              { name: 'broken', type: 'f64' },
            ],
          },
          { name: 'onNothing', parameters: [] },
        ],
      },
      {
        name: 'IOthers',
        iid: '7b1f3c52-0a54-4b3e-8f8e-6f1c6a0a4c1d',
        methods: [
          {
            name: 'onOthers',
            parameters: [
              { name: 'yes', type: 'boolean' },
              { name: 'text', type: 'string' },
              { name: 'id', type: 'guid' },
              { name: 'page', type: 'bytes' },
              { name: 'more', type: 'json' },
            ],
          },
        ],
      },
    ],
  });
  // A class of which only this is known is one of unknown methods.
  expectTypeOf(Everything).toExtend<EventClass>();
});
