/** What a subscriber asks for: checked here, before anything is sent, and put into the words of the event system. */

import {
  compileFilter,
  type EventClass,
  type Filter,
  FilterError,
  type Guid,
  type InterfaceDescription,
  type MethodDescription,
  type MethodTypes,
  SpoolError,
} from '../../shared/index.ts';
import { DEFAULT_NAME, type SubscriptionProperties } from './event-catalogue.ts';
import { memberOf } from './event-sink.ts';

/** Which events a subscriber wants. */
export interface EventScope<Methods extends MethodTypes, Name extends keyof Methods = keyof Methods> {
  /** Whose events, and what they look like. */
  readonly eventClass: EventClass<Methods>;
  /**
   * Instead of the events of `eventClass`: those of every class that publishes under this ID (EVC-97). `eventClass` then
   * says what they look like; where it has one interface, only events of that are asked for.
   */
  readonly publisherId?: string;
  /** The name or the IID of one of its interfaces; default all. */
  readonly interface?: string;
  /** One method; default all (EVC-95). */
  readonly method?: Name;
}

/** What the spooler is asked for, but for the ID and the object. */
export interface SubscriptionRequest extends SubscriptionProperties {
  readonly name: string;
  readonly eventClass?: Guid;
  readonly publisherId?: string;
  readonly interface?: Guid;
  readonly method?: string;
}

/**
 * Throws `E_INVALIDARG` for an interface or a method that the class does not have, `EVENT_E_QUERYSYNTAX` for criteria that
 * are malformed and `EVENT_E_QUERYFIELD` for those that suit none of the methods, both as a `FilterError` with the position.
 */
export function requestOf<Methods extends MethodTypes>(
  scope: EventScope<Methods> & SubscriptionProperties,
): SubscriptionRequest {
  const { eventClass, publisherId, interface: wanted, method: name, ...properties } = scope;
  checkCriteria(scope, methodsIn(scope));
  const { interfaces } = eventClass;
  const sole = publisherId !== undefined && interfaces.length === 1 ? interfaces[0] : undefined;
  const one = wanted === undefined ? sole : interfaceIn(interfaces, wanted);
  return {
    ...properties,
    name: properties.name ?? DEFAULT_NAME,
    ...(publisherId === undefined ? { eventClass: eventClass.clsid } : { publisherId }),
    ...(one && { interface: one.iid }),
    ...(typeof name === 'string' && { method: name }),
  };
}

/** Throws `E_INVALIDARG` where the object lacks a method that it may be called with. */
export function checkSink<Methods extends MethodTypes>(sink: object, scope: EventScope<Methods>): void {
  for (const { name } of methodsIn(scope)) {
    if (!memberOf(sink, name)) throw new SpoolError('E_INVALIDARG', { input: `the object has no method ${name}` });
  }
}

function methodsIn<Methods extends MethodTypes>(scope: EventScope<Methods>): readonly MethodDescription[] {
  const { eventClass, interface: wanted, method } = scope;
  if (method !== undefined) return [methodIn(scope)];
  const interfaces = wanted === undefined ? eventClass.interfaces : [interfaceIn(eventClass.interfaces, wanted)];
  return interfaces.flatMap(({ methods }) => methods);
}

function methodIn<Methods extends MethodTypes>({
  eventClass: { interfaces, name: whose },
  interface: wanted,
  method: name,
}: EventScope<Methods>): MethodDescription {
  const among = wanted === undefined ? interfaces : [interfaceIn(interfaces, wanted)];
  const method = among.flatMap(({ methods }) => methods).find((one) => one.name === name);
  return method ?? refuse(`method: ${whose} has no ${JSON.stringify(String(name).slice(0, 80))}`);
}

function interfaceIn(interfaces: readonly InterfaceDescription[], wanted: string): InterfaceDescription {
  const iid = wanted.toLowerCase().replace(/^\{(.*)\}$/, '$1');
  const found = interfaces.find((one) => one.name === wanted || one.iid === iid);
  return found ?? refuse(`interface: there is no ${JSON.stringify(wanted.slice(0, 80))}`);
}

function checkCriteria(
  { filterCriteria, filterLanguage = 'criteria' }: SubscriptionProperties,
  methods: readonly MethodDescription[],
): void {
  if (filterCriteria === undefined) return;
  const filter = compileFilter(filterCriteria, { language: filterLanguage });
  const troubles = methods.map((method) => troubleWith(filter, method));
  // The one that went furthest is most likely the one that was meant.
  const [trouble] = troubles.flatMap((one) => one ?? []).sort((one, other) => other.position - one.position);
  if (trouble && troubles.every(Boolean)) throw trouble;
}

function troubleWith(filter: Filter, { parameters }: MethodDescription): FilterError | undefined {
  try {
    filter.bind(parameters);
    return undefined;
  } catch (reason) {
    if (reason instanceof FilterError) return reason;
    throw reason;
  }
}

function refuse(input: string): never {
  throw new SpoolError('E_INVALIDARG', { input });
}
