/** An event class as the catalogue has it (EVC-40 to EVC-42), and how it is kept in the store. */

import * as v from 'valibot';
import { type EventClassDescription, readLibrary, writeLibrary } from '../../shared/index.ts';
import { type Columns, GUID_NULL } from './store-query.ts';

export interface InstalledEventClass extends EventClassDescription {
  /** Who installed it first. */
  readonly owner: string;
  /** The name of the library it came from. */
  readonly typelib: string;
  /** Whether it comes from the operator's configuration. */
  readonly configured: boolean;
}

/** What a query can look at; what was left out has its default (EVC-42). */
export function columnsOfClass(eventClass: InstalledEventClass): Columns {
  const { name, clsid, owner, typelib, interfaces, description } = eventClass;
  const { publisherId, multiInterfacePublisherFilterClsid, allowInprocActivation, fireInParallel } = eventClass;
  const [firing] = interfaces;
  return {
    eventClassId: clsid,
    eventClassName: name,
    ownerSid: owner,
    typeLib: typelib,
    publisherId: publisherId ?? '',
    allowInprocActivation: allowInprocActivation ?? true,
    fireInParallel: fireInParallel ?? false,
    eventClassPartitionId: GUID_NULL,
    eventClassApplicationId: GUID_NULL,
    ...(firing && { firingInterfaceIid: firing.iid }),
    ...(description !== undefined && { description }),
    ...(multiInterfacePublisherFilterClsid && { multiInterfacePublisherFilterClsid }),
  };
}

const record = v.strictObject({ version: v.literal(1), owner: v.string(), library: v.unknown() });

export function encodeClass({ owner, typelib, configured: _, ...eventClass }: InstalledEventClass): Uint8Array {
  const library = writeLibrary({ name: typelib, eventClasses: [eventClass] });
  return new TextEncoder().encode(JSON.stringify({ version: 1, owner, library }));
}

/** Throws for bytes that are no class. */
export function decodeClass(bytes: Uint8Array): InstalledEventClass {
  const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  const { owner, library } = v.parse(record, json);
  const { name, eventClasses } = readLibrary(library);
  const [eventClass] = eventClasses;
  if (!eventClass || eventClasses.length !== 1) throw new Error('not one class');
  return { ...eventClass, owner, typelib: name, configured: false };
}
