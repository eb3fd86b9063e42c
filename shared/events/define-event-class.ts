/**
 * An event class written in TypeScript, whose types follow from what is written:
 *
 *     const PrinterEvents = defineEventClass({
 *       name: 'Office.Printer',
 *       clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
 *       interfaces: {
 *         IPrinterEvents: {
 *           iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d',
 *           methods: { onPaperJam: { tray: 'u8' }, onCleared: {} },
 *         },
 *       },
 *     });
 */

import type { EventClassDescription, Publication } from './event-class.ts';
import { readLibrary } from './library.ts';
import type { ParameterType, ValueOf } from './parameter-type.ts';

/** The parameters of a method, by name. */
export type ParameterTypes = Readonly<Record<string, ParameterType>>;
/** The methods of an event class, by name. */
export type MethodTypes = Readonly<Record<string, ParameterTypes>>;

export interface InterfaceSource {
  readonly iid: string;
  readonly methods: MethodTypes;
}

export interface EventClassSource extends Omit<Publication, 'multiInterfacePublisherFilterClsid'> {
  readonly name: string;
  readonly clsid: string;
  readonly interfaces: Readonly<Record<string, InterfaceSource>>;
  readonly multiInterfacePublisherFilterClsid?: string;
}

declare const METHODS: unique symbol;

/** An event class of which the compiler knows the methods. */
export interface EventClass<Methods extends MethodTypes = MethodTypes> extends EventClassDescription {
  /** For the compiler alone: never there. */
  readonly [METHODS]?: Methods;
}

/** The arguments of a method as the compiler knows them. */
export type ArgumentsOf<Parameters extends ParameterTypes> = {
  readonly [Name in keyof Parameters]: ValueOf<Parameters[Name]>;
};

/**
 * The methods of an event class as functions: what a publisher calls and a subscriber implements. A method without
 * parameters takes nothing.
 */
export type EventMethods<Methods extends MethodTypes, Result> = {
  readonly [Name in keyof Methods]: keyof Methods[Name] extends never
    ? () => Result
    : (given: ArgumentsOf<Methods[Name]>) => Result;
};

type Interfaces<Source extends EventClassSource> = Source['interfaces'][keyof Source['interfaces']]['methods'];
type NameIn<Union> = Union extends unknown ? keyof Union : never;
type MethodIn<Union, Name extends PropertyKey> =
  Union extends Readonly<Record<Name, infer Parameters>> ? Parameters : never;

/** The methods of all the interfaces together. */
export type MethodsOf<Source extends EventClassSource> = {
  readonly [Name in NameIn<Interfaces<Source>>]: MethodIn<Interfaces<Source>, Name>;
};

/** Throws what `readLibrary` throws for a library of this one class. */
export function defineEventClass<const Source extends EventClassSource>(source: Source): EventClass<MethodsOf<Source>> {
  const { interfaces, ...publication } = source;
  const [eventClass] = readLibrary({
    library: source.name,
    interfaces: Object.entries(interfaces).map(([name, { iid, methods }]) => ({
      name,
      iid,
      methods: Object.entries(methods).map(([method, parameters]) => ({
        name: method,
        parameters: Object.entries(parameters).map(([parameter, type]) => ({ name: parameter, type })),
      })),
    })),
    eventClasses: [{ ...publication, interfaces: Object.keys(interfaces) }],
  }).eventClasses;
  return eventClass as EventClass<MethodsOf<Source>>;
}
