/** What an event class may be, and how one that may not is refused (EVC-30 to EVC-36). */

import * as fc from 'fast-check';
import type * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { librarySchema, MAX_METHODS, readLibrary, writeLibrary } from '../../../shared/events/library.ts';
import { guid, SpoolError } from '../../../shared/index.ts';
import { COPIER, IPRINTER, ISUPPLY, OFFICE, OfficePrinter, officeDocument } from './office.ts';

/** The document with something else in one place: `interfaces.0.methods.1.name`. */
function spoilt(place: string, value: unknown): unknown {
  const document: unknown = structuredClone(officeDocument());
  const keys = place.split('.');
  const last = keys.pop() ?? '';
  let at = document as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return document;
}

/** The code of the refusal; undefined where there is none. */
function refusal(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : String(reason);
  }
}

const invalid = (input: unknown): unknown => expect.objectContaining({ code: 'E_INVALIDARG', input });

describe('a library', () => {
  test('EVC-2, EVC-3, EVC-35, EVC-36: says interfaces, whose methods are the events, and classes that name them; every class in it is read', () => {
    const { name, eventClasses } = readLibrary(officeDocument());
    expect(name).toBe('Office');
    expect(eventClasses.map(({ clsid, interfaces }) => [clsid, interfaces.map(({ iid }) => iid)])).toEqual([
      [OFFICE, [IPRINTER, ISUPPLY]],
      [COPIER, [IPRINTER]],
    ]);
    expect(eventClasses[0]?.interfaces[0]?.methods.map((event) => event.name)).toEqual([
      'onPaperJam',
      'onPrinted',
      'onCleared',
    ]);
  });

  test('in TypeScript is the same as in JSON', () => {
    expect(readLibrary(officeDocument()).eventClasses[0]).toEqual(OfficePrinter);
    expect(readLibrary(writeLibrary({ name: 'Office', eventClasses: [OfficePrinter] })).eventClasses).toEqual([
      OfficePrinter,
    ]);
  });

  test('is written as it is read, interfaces that classes share once', () => {
    const library = readLibrary(officeDocument());
    const copies = { ...library, eventClasses: structuredClone(library.eventClasses) };
    expect(writeLibrary(copies).interfaces).toHaveLength(2);
    expect(readLibrary(writeLibrary(copies))).toEqual(library);
  });

  test('EVC-47: a class without CLSID is given one where classes are stored, and refused elsewhere', () => {
    const document = spoilt('eventClasses.0', { name: 'Office.Printer', interfaces: ['IPrinterEvents'] });
    expect(() => readLibrary(document)).toThrow(invalid('eventClasses.0.clsid: is missing'));
    const made = guid('11111111-2222-4333-8444-555555555555');
    expect(readLibrary(document, () => made).eventClasses[0]?.clsid).toBe(made);
  });
});

const METHOD = 'interfaces.0.methods.0';
const PARAMETER = `${METHOD}.parameters.0`;

describe('EVC-OPEN-3, decided: what an event method must not be is refused at registration, with E_INVALIDARG', () => {
  test.each<[fact: string, place: string, value: unknown, input: string]>([
    [
      'EVC-30',
      `${PARAMETER}.direction`,
      'out',
      `${PARAMETER}.direction: an event method has input parameters only (EVC-30)`,
    ],
    [
      'EVC-30',
      `${PARAMETER}.direction`,
      'inout',
      `${PARAMETER}.direction: an event method has input parameters only (EVC-30)`,
    ],
    ['EVC-31', `${METHOD}.returns`, 'u32', `${METHOD}.returns: an event method returns HRESULT (EVC-31)`],
    [
      'EVC-32',
      `${PARAMETER}.type`,
      'interface',
      `${PARAMETER}.type: a type is one of i8, u8, i16, u16, i32, u32, i64, u64, f64, boolean, string, guid, bytes, json (EVC-32)`,
    ],
    [
      'EVC-33',
      `${PARAMETER}.size_is`,
      'n',
      `${PARAMETER}.size_is: size_is and length_is cannot be used: a type library does not carry them (EVC-33)`,
    ],
    [
      'EVC-33',
      `${PARAMETER}.length_is`,
      'n',
      `${PARAMETER}.length_is: size_is and length_is cannot be used: a type library does not carry them (EVC-33)`,
    ],
    [
      'EVC-34',
      'interfaces.0.methods.1.name',
      'onPaperJam',
      'interfaces.0: event methods are uniquely named (EVC-34): onPaperJam twice',
    ],
    [
      'EVC-34',
      'interfaces.0.methods.1.name',
      'OnPaperJam',
      'interfaces.0: event methods are uniquely named (EVC-34): OnPaperJam twice',
    ],
    [
      'EVC-34',
      'interfaces.1.methods.0.name',
      'onPaperJam',
      'eventClasses.0: event methods are uniquely named (EVC-34): onPaperJam twice',
    ],
    [
      'EVC-35',
      'eventClasses.1.interfaces',
      [],
      'eventClasses.1.interfaces: an event class fires at least one interface (EVC-35)',
    ],
    [
      'EVC-35',
      'eventClasses.1.interfaces.0',
      'IOther',
      'eventClasses.1.interfaces.0: the library has no interface IOther',
    ],
  ])('%s: %s is %j', (_, place, value, input) => {
    expect(() => readLibrary(spoilt(place, value))).toThrow(invalid(input));
  });

  test.each<[place: string, value: unknown, input: string]>([
    ['interfaces.1.iid', IPRINTER, `interfaces: ${IPRINTER} twice`],
    ['interfaces.1.name', 'iprinterevents', 'interfaces: iprinterevents twice'],
    ['interfaces.1.iid', 'IPrinterEvents', 'interfaces.1.iid: not a GUID'],
    ['eventClasses.1.clsid', `{${OFFICE}}`, `eventClasses: ${OFFICE} twice`],
    ['eventClasses.0.interfaces.1', 'IPrinterEvents', 'eventClasses.0.interfaces: IPrinterEvents twice'],
    ['eventClasses.0.name', '', 'eventClasses.0.name: a name has 1 to 255 characters, no control characters'],
    ['eventClasses.0.name', 'a\nb', 'eventClasses.0.name: a name has 1 to 255 characters, no control characters'],
    ['eventClasses.0.colour', 'red', 'eventClasses.0.colour: an unknown key'],
    ['eventClasses.0.fireInParallel', 1, 'eventClasses.0.fireInParallel: Invalid type: Expected boolean'],
    [`${METHOD}.name`, 'then', `${METHOD}.name: "then" cannot be used`],
    [`${METHOD}.name`, 'toString', `${METHOD}.name: "toString" cannot be used`],
    [`${METHOD}.name`, 'constructor', `${METHOD}.name: "constructor" cannot be used`],
    [
      `${METHOD}.name`,
      '__proto__',
      `${METHOD}.name: a name has 1 to 255 letters, digits and "_" and begins with a letter`,
    ],
    ['interfaces.0.methods.1.parameters.1.name', 'Printer', 'interfaces.0.methods.1.parameters: Printer twice'],
    ['library', undefined, 'library: is missing'],
  ])('%s is %j', (place, value, input) => {
    const document = JSON.parse(JSON.stringify(spoilt(place, value)));
    expect(() => readLibrary(document)).toThrow(invalid(input));
  });

  test('EVC-190, EVC-OPEN-2, decided: an interface has 1,024 methods at most', () => {
    const methods = Array.from({ length: MAX_METHODS + 1 }, (_, index) => ({ name: `on${index}` }));
    expect(readLibrary(spoilt('interfaces.1.methods', methods.slice(1))).eventClasses).toHaveLength(2);
    expect(() => readLibrary(spoilt('interfaces.1.methods', methods))).toThrow(
      expect.objectContaining({
        code: 'EVENT_E_TOO_MANY_METHODS',
        input: 'interfaces.1: ISupplyEvents has 1025 methods, at most 1024 are allowed',
      }),
    );
  });

  test('hostile JSON throws E_INVALIDARG and nothing else', () => {
    const places = [
      'interfaces',
      'interfaces.0',
      'interfaces.0.methods',
      METHOD,
      PARAMETER,
      'eventClasses',
      'eventClasses.0',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.oneof(fc.jsonValue(), fc.anything()), (place, value) => {
        expect([undefined, 'E_INVALIDARG']).toContain(refusal(() => readLibrary(spoilt(place, value))));
      }),
    );
  });
});

test('the published JSON Schema says what is checked (`npx vitest run test/spec/events -u` writes it)', async () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A library of event classes for spoolpipe',
    ...jsonSchema(librarySchema),
  };
  const file = '../../../docs/event-library.schema.json';
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(file);
});

/** A schema of valibot's, as far as the library uses it, as JSON Schema. */
function jsonSchema(schema: v.GenericSchema): object {
  const pipe = 'pipe' in schema ? (schema.pipe as readonly v.PipeItem<unknown, unknown, v.BaseIssue<unknown>>[]) : [];
  return pipe.map((item) => constraint(item, schema.type)).reduce((all, one) => ({ ...all, ...one }), bare(schema));
}

function bare(schema: v.GenericSchema): object {
  const { type } = schema;
  switch (type) {
    case 'string':
    case 'boolean':
      return { type };
    case 'literal':
      return { const: (schema as v.LiteralSchema<string, undefined>).literal };
    case 'picklist':
      return { enum: (schema as v.PicklistSchema<readonly string[], undefined>).options };
    case 'array':
      return { type, items: jsonSchema((schema as v.ArraySchema<v.GenericSchema, undefined>).item) };
    case 'exact_optional':
      return jsonSchema((schema as v.ExactOptionalSchema<v.GenericSchema, undefined>).wrapped);
    case 'strict_object': {
      const entries = Object.entries((schema as v.StrictObjectSchema<v.ObjectEntries, undefined>).entries);
      const allowed = entries.filter(([, entry]) => !isNever(entry));
      return {
        type: 'object',
        properties: Object.fromEntries(allowed.map(([key, entry]) => [key, jsonSchema(entry)])),
        required: allowed.filter(([, entry]) => entry.type !== 'exact_optional').map(([key]) => key),
        additionalProperties: false,
      };
    }
    default:
      throw new Error(`no JSON Schema for ${type}`);
  }
}

function isNever(entry: v.GenericSchema): boolean {
  return 'wrapped' in entry && (entry as v.ExactOptionalSchema<v.GenericSchema, undefined>).wrapped.type === 'never';
}

function constraint(
  { type, requirement }: { readonly type: string; readonly requirement?: unknown },
  of: string,
): object {
  switch (type) {
    case 'regex':
      return { pattern: (requirement as RegExp).source };
    case 'min_length':
      return { [of === 'array' ? 'minItems' : 'minLength']: requirement };
    case 'max_length':
      return { [of === 'array' ? 'maxItems' : 'maxLength']: requirement };
    default:
      return {};
  }
}
