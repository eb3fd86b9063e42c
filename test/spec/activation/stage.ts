/** A rig whose spooler has the service `classes`, and what tests of activation say most. */

import type { Listener } from '../../../client/listener.ts';
import { type EventCall, encodeCall, type MethodLookup } from '../../../shared/events/event-call.ts';
import { type Guid, guid, type SpoolError } from '../../../shared/index.ts';
import { ClassService, type ClassServiceOptions } from '../../../spooler/activation/class-service.ts';
import { type ClassEntry, ClassTable } from '../../../spooler/activation/class-table.ts';
import { type Reaction, type Recorder, type Rig, type RigOptions, startRig } from '../../harness/index.ts';

export const WINDOW = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01');
export const DOOR = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c02');
const EVENTS = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c0e');
const IID = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c0f');

/** Every method has one parameter: the pages. */
const lookup: MethodLookup = (_, __, method) => ({ name: method, parameters: [{ name: 'pages', type: 'i64' }] });

export function call(method: string, pages = 1n): Uint8Array {
  const event: EventCall = { eventClass: EVENTS, interface: IID, method, arguments: { pages } };
  return encodeCall(event);
}

export interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly classes: ClassService;
  /** What programs printed and modules threw. */
  readonly lines: string[];
}

type Options = Partial<Omit<ClassServiceOptions, 'table' | 'onLine'>> &
  Pick<RigOptions, 'transport' | 'tokens'> & { readonly table?: Readonly<Record<string, ClassEntry>> };

export async function stage({ table = {}, transport, tokens, ...options }: Options = {}): Promise<Stage> {
  const lines: string[] = [];
  const made: ClassService[] = [];
  const rig: Rig = await startRig({
    ...(transport && { transport }),
    ...(tokens && { tokens }),
    services: [
      (host) => {
        const service = new ClassService(host, {
          lookup,
          url: () => (rig.transport === 'websocket' ? rig.url : undefined),
          ...options,
          table: new ClassTable(Object.entries(table)),
          onLine: (line) => lines.push(line),
        });
        made.push(service);
        return service;
      },
    ],
  });
  const [classes] = made;
  if (!classes) throw new Error('the spooler did not make its service');
  return {
    rig,
    classes,
    lines,
    async [Symbol.asyncDispose]() {
      // Programs have sessions: a rig wants everybody to have left before the spooler ends.
      await classes.close();
      await rig[Symbol.asyncDispose]();
    },
  };
}

export const answering: Reaction = (event) =>
  event.kind === 'notification' ? event.channel?.sendNotification('{"hresult":0}') : undefined;

interface Server {
  readonly listener: Listener;
  readonly seen: Recorder;
}

/** A class server: registers for the class's name, then says that it serves it. */
export async function serve(
  { rig }: Stage,
  clsid: Guid,
  react: Reaction = answering,
  options: Parameters<Rig['listener']>[0] = {},
): Promise<Server> {
  const listener = await rig.listener(options);
  const seen = rig.recorder(react);
  await listener.registerForNotifications({ name: clsid, type: clsid, style: 'kBiDirectional' }, seen);
  await listener.connection.call('classes', 'register', { clsid });
  return { listener, seen };
}

export function watched(work: Promise<unknown>): { state: string } {
  const result = { state: 'pending' };
  work.then(
    () => {
      result.state = 'resolved';
    },
    ({ code, input }: SpoolError) => {
      result.state = `${code} ${input}`;
    },
  );
  return result;
}
