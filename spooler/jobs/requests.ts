/** What clients may ask of the service `jobs`, as schemas (docs/jobs.md). */

import * as v from 'valibot';
import { guidText } from '../../shared/events/schema.ts';
import { DEF_PRIORITY, MAX_PRIORITY, MIN_PRIORITY } from '../../shared/jobs/vocabulary.ts';
import { printerEntries } from './printer.ts';

const whole = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
const name = v.pipe(
  v.string(),
  v.regex(/^[^\p{Cc}]{1,255}$/u, 'a name has 1 to 255 characters, no control characters'),
);
const printer = v.pipe(v.string(), v.maxLength(256));
const seconds = whole(0, 2_000_000);
const priority = whole(MIN_PRIORITY, MAX_PRIORITY);
const file = whole(0, 1_000_000);
const job = v.union([guidText, whole(1, Number.MAX_SAFE_INTEGER)], 'neither a GUID nor a number');

export const nothing = v.strictObject({});
export const listing = v.strictObject({
  printer: v.exactOptional(printer),
  after: v.exactOptional(whole(0, Number.MAX_SAFE_INTEGER), 0),
  most: v.exactOptional(whole(1, 1_000), 1_000),
});
export const onePrinter = v.strictObject({ printer });
export const printerSettings = v.strictObject({ printer, ...printerEntries });
export const oneJob = v.strictObject({ job });
export const oneFile = v.strictObject({ job, file });
export const newJob = v.strictObject({
  printer,
  name,
  priority: v.exactOptional(priority, DEF_PRIORITY),
  releaseWhenPrinted: v.exactOptional(v.boolean(), false),
});
export const newFile = v.strictObject({ job, name, from: v.exactOptional(oneFile) });
export const writing = v.strictObject({
  job,
  file,
  offset: whole(0, Number.MAX_SAFE_INTEGER),
  last: v.exactOptional(v.boolean(), false),
});
export const reading = v.strictObject({
  job,
  file,
  offset: v.exactOptional(whole(0, Number.MAX_SAFE_INTEGER), 0),
  length: v.exactOptional(whole(1, 1024 * 1024), 1024 * 1024),
  temporary: v.exactOptional(v.boolean(), false),
});
export const prioritising = v.strictObject({ job, priority });
export const timing = v.strictObject({ job, seconds });
export const flagging = v.strictObject({ job, flags: v.pipe(v.number(), v.safeInteger()) });
export const attaching = v.strictObject({ job, object: v.nullable(guidText) });
export const property = v.union(
  [
    v.strictObject({ job, property: v.literal('NotificationClsid'), value: guidText }),
    v.strictObject({ job, property: v.literal('MinimumNotificationInterval'), value: whole(0, 86_400_000) }),
  ],
  'NotificationClsid with a GUID, or MinimumNotificationInterval with milliseconds',
);
const words = v.pipe(v.array(v.pipe(v.string(), v.regex(/^[^\0]*$/u, 'no NUL'))), v.maxLength(1_000));
export const commanding = v.strictObject({
  job,
  program: v.nullable(v.string()),
  parameters: v.exactOptional(words, []),
});
export const validating = v.strictObject({ job, file, valid: v.boolean() });
