/**
 * A spooler with an event system in a rig, and clients that speak to it in the words of docs/events.md: what every client
 * library does, and nothing else.
 */

import type { Listener } from '../../../client/listener.ts';
import { type Guid, guid, hresultOf, type Outcome, SpoolError } from '../../../shared/index.ts';
import type { EventReport } from '../../../spooler/events/event-log.ts';
import { type Classes, EventSystem, type EventSystemOptions } from '../../../spooler/events/event-system.ts';
import { EventsService } from '../../../spooler/events/events-service.ts';
import { type Rig, type RigOptions, startRig } from '../../harness/index.ts';

export const id = (number: number): Guid => guid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);

export const WEATHER = id(900);
export const IWeather = id(901);
export const IStorm = id(902);

/** The event class that every stage has. */
export const LIBRARY = {
  library: 'Weather',
  interfaces: [
    {
      name: 'IWeather',
      iid: IWeather,
      methods: [
        {
          name: 'onReading',
          parameters: [
            { name: 'Temperature', type: 'i32' },
            { name: 'Pressure', type: 'i32' },
          ],
        },
        { name: 'onCalm' },
      ],
    },
    { name: 'IStorm', iid: IStorm, methods: [{ name: 'onStorm', parameters: [{ name: 'Force', type: 'u8' }] }] },
  ],
  eventClasses: [{ name: 'Weather', clsid: WEATHER, interfaces: ['IWeather', 'IStorm'] }],
};

/** What a subscriber does with a call: the HRESULT it answers, its answer as it is, or undefined for none at all. */
export type Subscriber = (call: {
  method: string;
  arguments: Record<string, unknown>;
}) => number | string | Uint8Array | undefined;

export interface EventStageOptions extends EventSystemOptions, Pick<RigOptions, 'transport' | 'tokens' | 'patience'> {
  readonly classes?: Partial<Classes>;
  /** What else the event class is, such as `fireInParallel`. */
  readonly eventClass?: Readonly<Record<string, unknown>>;
}

export class EventStage implements AsyncDisposable {
  readonly rig: Rig;
  readonly log: EventReport[];
  readonly system: () => EventSystem;

  private constructor(rig: Rig, log: EventReport[], system: () => EventSystem) {
    this.rig = rig;
    this.log = log;
    this.system = system;
  }

  static async start({
    classes,
    eventClass,
    transport,
    tokens,
    patience,
    ...options
  }: EventStageOptions = {}): Promise<EventStage> {
    const log: EventReport[] = [];
    let system: EventSystem | undefined;
    const unknown = (clsid: Guid): Promise<never> =>
      Promise.reject(new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid }));
    const rig: Rig = await startRig({
      ...(transport && { transport }),
      ...(tokens && { tokens }),
      ...(patience !== undefined && { patience }),
      wallClock: () => rig.clock.now(),
      services: [
        (host) => {
          system = new EventSystem(
            { ...host, wallClock: () => host.clock.now() },
            { activate: unknown, createInproc: unknown, isInproc: () => false, ...classes },
            { log: (report) => log.push(report), ...options },
          );
          return new EventsService(system);
        },
      ],
    });
    const running = (): EventSystem => {
      if (!system) throw new Error('the rig has no event system');
      return system;
    };
    const stage = new EventStage(rig, log, running);
    const [first] = LIBRARY.eventClasses;
    await running().ready();
    await running().catalogue.install({ ...LIBRARY, eventClasses: [{ ...first, ...eventClass }] }, 'operator');
    return stage;
  }

  /** A client of its own session. */
  async client(user = 'ann', token?: string): Promise<EventClient> {
    return new EventClient(this.rig, await this.rig.listener(token === undefined ? { user } : { token }));
  }

  settle(): Promise<void> {
    return this.rig.settle();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rig.close();
  }
}

/** Properties of a subscription. */
export interface Wanted {
  readonly name?: string;
  readonly publisherId?: string;
  readonly eventClass?: Guid;
  readonly [property: string]: unknown;
}

let lastId = 0;

export class EventClient {
  readonly listener: Listener;
  /** What its subscribers were called with, in order. */
  readonly got: string[] = [];
  readonly #rig: Rig;

  constructor(rig: Rig, listener: Listener) {
    this.#rig = rig;
    this.listener = listener;
  }

  /** Rejects with the `SpoolError` of a refusal. */
  async call(method: string, json?: unknown): Promise<unknown> {
    return (await this.listener.connection.call('events', method, json)).json;
  }

  /** The result of firing, also where it is a failure. */
  async fire(
    method: string,
    given: Readonly<Record<string, unknown>> = {},
    more: object = {},
  ): Promise<Outcome['code']> {
    try {
      const call = { eventClass: WEATHER, interface: IWeather, method, arguments: given, ...more };
      return (await this.listener.connection.call('events', 'fire', call)).outcome.code;
    } catch (reason) {
      return SpoolError.from(reason, 'PROTOCOL_VIOLATED').code;
    }
  }

  /** Registers an object and subscribes it; gives the ID. */
  async subscribe(more: Wanted = {}, subscriber: Subscriber = () => 0): Promise<Guid> {
    const subscription = id(++lastId);
    const { name = `s${lastId}`, ...rest } = more;
    const type = more.publisherId === undefined ? (more.eventClass ?? WEATHER) : subscription;
    await this.listener.registerForNotifications(
      { name: subscription, type, style: 'kBiDirectional' },
      this.#rig.recorder((event) => {
        if (event.kind !== 'notification') return;
        const call = event.text === '' ? { method: '', arguments: {} } : (JSON.parse(event.text) as never);
        this.got.push(`${name} ${shown(call)}`.trim());
        const answer = subscriber(call);
        if (answer === undefined) return;
        const given = typeof answer === 'number' ? JSON.stringify({ hresult: answer }) : answer;
        void event.channel?.sendNotification(given).catch(() => {});
      }),
    );
    const scope = more.publisherId === undefined ? { eventClass: WEATHER } : {};
    await this.call('subscribe', { subscription: { id: subscription, name, ...scope, ...rest } });
    return subscription;
  }
}

function shown({ method, arguments: given }: { method: string; arguments: Record<string, unknown> }): string {
  return [method, ...Object.values(given).map(String)].join(' ');
}

export const FAILED = hresultOf('E_FAIL');
