/**
 * A library: interfaces and event classes as one JSON document, what a type library is to COM+ (EVC-3, EVC-32). Every
 * event class in it is installed (EVC-36). docs/event-library.schema.json says the same as a JSON Schema.
 */

import * as v from 'valibot';
import { SpoolError } from '../errors.ts';
import type { Guid } from '../guid.ts';
import type { EventClassDescription, InterfaceDescription } from './event-class.ts';
import { PARAMETER_TYPES } from './parameter-type.ts';
import { checkUnique, guidText, identifier, objectName, parse, refuse, roles, text, type Written } from './schema.ts';

/** More methods than this in one interface are `EVENT_E_TOO_MANY_METHODS` (EVC-OPEN-2, decided). */
export const MAX_METHODS = 1024;

// What a type library can say and an event method must not is named, so that its refusal says why.
const never = (why: string): v.ExactOptionalSchema<v.NeverSchema<string>, undefined> => v.exactOptional(v.never(why));
const UNIQUE = 'event methods are uniquely named (EVC-34)';
const SIZE = 'size_is and length_is cannot be used: a type library does not carry them (EVC-33)';

const parameter = v.pipe(
  v.strictObject({
    name: identifier,
    type: v.picklist(PARAMETER_TYPES, `a type is one of ${PARAMETER_TYPES.join(', ')} (EVC-32)`),
    direction: v.exactOptional(v.literal('in', 'an event method has input parameters only (EVC-30)')),
    size_is: never(SIZE),
    length_is: never(SIZE),
  }),
  v.transform(({ name, type }) => ({ name, type })),
);

const method = v.pipe(
  v.strictObject({
    name: identifier,
    parameters: v.exactOptional(v.pipe(v.array(parameter), v.maxLength(64, 'at most 64 parameters')), []),
    returns: v.exactOptional(v.literal('HRESULT', 'an event method returns HRESULT (EVC-31)')),
  }),
  v.transform(({ name, parameters }) => ({ name, parameters })),
);

const firing = v.strictObject({ name: identifier, iid: guidText, methods: v.array(method) });

const eventClass = v.strictObject({
  name: objectName,
  clsid: v.exactOptional(guidText),
  interfaces: v.pipe(v.array(identifier), v.minLength(1, 'an event class fires at least one interface (EVC-35)')),
  description: v.exactOptional(text),
  publisherId: v.exactOptional(text),
  multiInterfacePublisherFilterClsid: v.exactOptional(guidText),
  allowInprocActivation: v.exactOptional(v.boolean()),
  fireInParallel: v.exactOptional(v.boolean()),
  mayFire: v.exactOptional(roles),
});

/** The entries of the document, for documents that say more. */
export const libraryEntries = {
  $schema: v.exactOptional(text),
  library: objectName,
  interfaces: v.exactOptional(v.array(firing), []),
  eventClasses: v.exactOptional(v.array(eventClass), []),
};

export const librarySchema = v.strictObject(libraryEntries);

/** The document as it is written. */
export type LibraryDocument = Written<v.InferInput<typeof librarySchema>>;
type CheckedDocument = v.InferOutput<typeof librarySchema>;

export interface Library {
  readonly name: string;
  readonly eventClasses: readonly EventClassDescription[];
}

/**
 * Reads a document of which nothing is believed. `newId` makes the CLSID of a class that has none (EVC-47); without it
 * there must be one. Throws `E_INVALIDARG`, which names the place in the document, or `EVENT_E_TOO_MANY_METHODS`.
 */
export function readLibrary(json: unknown, newId?: () => Guid): Library {
  return resolveLibrary(parse(librarySchema, json), newId);
}

/** The second half of `readLibrary`: what holds between the parts of a document. */
export function resolveLibrary(document: CheckedDocument, newId?: () => Guid): Library {
  const interfaces = new Map(document.interfaces.map((one) => [one.name, one]));
  const names = document.interfaces.map(({ name }) => name);
  const iids = document.interfaces.map(({ iid }) => iid);
  checkUnique(names, 'interfaces');
  checkUnique(iids, 'interfaces');
  for (const [index, one] of document.interfaces.entries()) checkMethods(one, `interfaces.${index}`);

  const eventClasses = document.eventClasses.map((one, index) => resolveClass(one, interfaces, newId, index));
  const clsids = eventClasses.map(({ clsid }) => clsid);
  checkUnique(clsids, 'eventClasses');
  return { name: document.library, eventClasses };
}

function checkMethods({ name, methods }: InterfaceDescription, place: string): void {
  if (methods.length > MAX_METHODS) {
    throw new SpoolError('EVENT_E_TOO_MANY_METHODS', {
      input: `${place}: ${name} has ${methods.length} methods, at most ${MAX_METHODS} are allowed`,
    });
  }
  const names = methods.map((method) => method.name);
  checkUnique(names, `${place}: ${UNIQUE}`);
  for (const [index, method] of methods.entries()) {
    const parameters = method.parameters.map((parameter) => parameter.name);
    checkUnique(parameters, `${place}.methods.${index}.parameters`);
    // An object that has `then` is taken for a promise by whoever awaits it; the others every object has.
    if (method.name === 'then' || method.name in Object.prototype) {
      refuse(`${place}.methods.${index}.name: "${method.name}" cannot be used`);
    }
  }
}

function resolveClass(
  { clsid: given, interfaces: names, ...publication }: CheckedDocument['eventClasses'][number],
  interfaces: ReadonlyMap<string, InterfaceDescription>,
  newId: (() => Guid) | undefined,
  index: number,
): EventClassDescription {
  const place = `eventClasses.${index}`;
  const clsid = given ?? newId?.() ?? refuse(`${place}.clsid: is missing`);
  checkUnique(names, `${place}.interfaces`);
  const fired = names.map((name, at) => {
    return interfaces.get(name) ?? refuse(`${place}.interfaces.${at}: the library has no interface ${name}`);
  });
  const methods = fired.flatMap((one) => one.methods.map(({ name }) => name));
  checkUnique(methods, `${place}: ${UNIQUE}`);
  return { ...publication, clsid, interfaces: fired };
}

/** The document that `readLibrary` reads as these classes. Throws what that throws. */
export function writeLibrary({ name, eventClasses }: Library): LibraryDocument {
  const interfaces = eventClasses.flatMap((one) => one.interfaces);
  const document = {
    library: name,
    // Classes that were read apart have each its own copy of an interface they share.
    interfaces: [...new Map(interfaces.map((one) => [JSON.stringify(one), one])).values()],
    eventClasses: eventClasses.map((one) => ({ ...one, interfaces: one.interfaces.map((fired) => fired.name) })),
  };
  readLibrary(document);
  return document;
}
