/** The notification types that have names: section 7.1 of the fact sheet. What travels under them is nothing to the pipe. */

import { expect, test } from 'vitest';
import { NOTIFICATION_RELEASE, notificationType, WELL_KNOWN_TYPES } from '../../shared/index.ts';

const TYPES = [
  ['PAN-257', 'NOTIFICATION_RELEASE', 'ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157'],
  ['PAN-258', 'AsyncPrintNotificationType_AsyncUI', 'f6853f92-eb31-4e23-b6e7-fd69056153f0'],
  ['PAN-258', 'MS_ASYNCNOTIFY_UI', 'f6853f92-eb31-4e23-b6e7-fd69056153f0'],
  ['PAN-259, GAP-18', 'AsyncPrintNotificationType_PrinterConfiguration', '2abad223-b994-4aca-82fc-4571b1b585ac'],
  ['PAN-259, GAP-18', 'PRINT_APP_BIDI_NOTIFY_CHANNEL', '2abad223-b994-4aca-82fc-4571b1b585ac'],
  ['PAN-260', 'PRINT_PORT_MONITOR_NOTIFY_CHANNEL', '25df3b0e-74a9-47f5-80ce-79b4b1eb5c58'],
  ['PAN-261', 'SAMPLE_NOTIFICATION_UI', '0b20806a-328a-4e1c-931c-0250308574c7'],
] as const;

test.each(TYPES)('%s: %s', (_, name, type) => {
  expect(WELL_KNOWN_TYPES[name]).toBe(type);
  expect(notificationType(name.toUpperCase())).toBe(type);
});

test('they are all, and the reserved one is among them', () => {
  expect(new Set(Object.keys(WELL_KNOWN_TYPES))).toEqual(new Set(TYPES.map(([, name]) => name)));
  expect(NOTIFICATION_RELEASE).toBe(TYPES[0][2]);
});
