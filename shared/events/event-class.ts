/**
 * What an event class is: the interfaces it fires, their methods, and how it publishes (EVC-2, EVC-35, EVC-41). The one
 * form that everybody reads, whether it came from a library or from `defineEventClass`.
 */

import type { Guid } from '../guid.ts';
import type { ParameterType } from './parameter-type.ts';

export interface ParameterDescription {
  readonly name: string;
  readonly type: ParameterType;
}

/** An event (EVC-2). It has input parameters only and returns HRESULT (EVC-30, EVC-31), so neither is said. */
export interface MethodDescription {
  readonly name: string;
  readonly parameters: readonly ParameterDescription[];
}

export interface InterfaceDescription {
  readonly name: string;
  readonly iid: Guid;
  readonly methods: readonly MethodDescription[];
}

/** How an event class publishes; what is left out has the default of EVC-42. */
export interface Publication {
  readonly description?: string;
  /** Empty by default. */
  readonly publisherId?: string;
  /** Class of the publisher filter (EVC-131). None by default. */
  readonly multiInterfacePublisherFilterClsid?: Guid;
  /** Whether subscribers may be modules in the spooler (EVC-OPEN-1). True by default. */
  readonly allowInprocActivation?: boolean;
  /** False by default. */
  readonly fireInParallel?: boolean;
  /** The roles that may fire it (EVC-202). Everybody who may send by default; an empty list is nobody. */
  readonly mayFire?: readonly string[];
}

export interface EventClassDescription extends Publication {
  /** The ProgID (EVC-40). */
  readonly name: string;
  readonly clsid: Guid;
  /** The firing interfaces, at least one. No two methods have the same name (EVC-34). */
  readonly interfaces: readonly InterfaceDescription[];
}

export function interfaceOf({ interfaces }: EventClassDescription, iid: Guid): InterfaceDescription | undefined {
  return interfaces.find((one) => one.iid === iid);
}

export function methodOf(eventClass: EventClassDescription, iid: Guid, name: string): MethodDescription | undefined {
  return interfaceOf(eventClass, iid)?.methods.find((method) => method.name === name);
}
