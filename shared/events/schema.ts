/** What the documents of the event system have in common: names, GUIDs, and how a bad one is refused. */

import * as v from 'valibot';
import { SpoolError } from '../errors.ts';
import { guid } from '../guid.ts';

/** Of interfaces, methods and parameters. */
export const identifier = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z][A-Za-z0-9_]{0,254}$/, 'a name has 1 to 255 letters, digits and "_" and begins with a letter'),
);

/** Of event classes and subscriptions. EVC-49 prints letters alone, yet every ProgID has a dot. */
export const objectName = v.pipe(
  v.string(),
  v.regex(/^[^\p{Cc}]{1,255}$/u, 'a name has 1 to 255 characters, no control characters'),
);

/** Values by names that somebody chose. A record leaves out what might be taken for something else without a word. */
export function byName<const Value extends v.GenericSchema>(value: Value) {
  const isTaken = (json: unknown): boolean =>
    typeof json !== 'object' || json === null || !INHERITED.some((name) => Object.hasOwn(json, name));
  return v.pipe(
    v.unknown(),
    v.check(isTaken, `${INHERITED.join(', ')} cannot be used as names`),
    v.record(objectName, value),
  );
}

const INHERITED = ['__proto__', 'prototype', 'constructor'];

/** What people write to people. */
export const text = v.pipe(v.string(), v.maxLength(4096, 'at most 4096 characters'));

/** Roles or users, by name. */
export const roles = v.pipe(v.array(objectName), v.maxLength(256, 'at most 256 roles'));

/** With or without braces, in either case; becomes a `Guid`. */
export const guidText = v.pipe(
  v.string(),
  v.regex(
    /^(\{[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$/,
    'not a GUID',
  ),
  v.transform(guid),
);

/** A document as it is handed in: nobody changes it. */
export type Written<Document> = Document extends object
  ? { readonly [Key in keyof Document]: Written<Document[Key]> }
  : Document;

/** What the schema makes of the document. Throws `E_INVALIDARG` with the place and what is wrong there first. */
export function parse<Schema extends v.GenericSchema>(schema: Schema, json: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  return parsed.success ? parsed.output : refuse(explain(parsed.issues[0]));
}

export function refuse(input: string): never {
  throw new SpoolError('E_INVALIDARG', { input });
}

/** Refuses two that differ in letter case at most: where one form is meant, the other must not hide. */
export function checkUnique(names: readonly string[], place: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (seen.has(key)) refuse(`${place}: ${name} twice`);
    seen.add(key);
  }
}

/** Where, and what is wrong. Says nothing of what was found instead: it may be long, and it may be secret. */
function explain(issue: v.BaseIssue<unknown>): string {
  const place = (issue.path ?? []).map(({ key }) => String(key).slice(0, 80)).join('.') || 'the whole';
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never';
  const missingKey = issue.type === 'strict_object' && issue.received === 'undefined';
  const what = unknownKey ? 'an unknown key' : missingKey ? 'is missing' : issue.message;
  return `${place}: ${what.replace(/(:| but) received .*$/is, '')}`;
}
