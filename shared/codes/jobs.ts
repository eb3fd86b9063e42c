/** What print jobs answer with: JOB-152 to JOB-161 and winerror.h; the last two are this library's own (JOB-MAP-5, JOB-MAP-6). */

import { type CodeEntry, entry } from './entry.ts';

export const JOB_CODES = {
  ERROR_INVALID_PRINTER_NAME: entry(0x80070709, 'There is no such printer here.', 'See which printers are there.'),
  ERROR_PRINTER_ALREADY_EXISTS: entry(
    0x8007070a,
    'There is a printer of this name already.',
    'Use another name, or change the one that is there.',
  ),
  ERROR_DISK_FULL: entry(
    0x80070070,
    'The spooler has no room for the document.',
    'Complete or cancel other jobs, or have its operator make room.',
  ),
  BG_E_NOT_FOUND: entry(0x80200001, 'There is no such job here.', 'See which jobs are there.'),
  BG_E_INVALID_STATE: entry(
    0x80200002,
    'The job is in a state in which this cannot be done.',
    'See what state it is in, and what that allows.',
  ),
  BG_E_EMPTY: entry(0x80200003, 'The job has no file.', 'Add a file first.'),
  BG_E_ERROR_INFORMATION_UNAVAILABLE: entry(0x8020000f, 'The job is in no error.', 'Ask while the job is in an error.'),
  BG_E_NETWORK_DISCONNECTED: entry(0x80200010, 'The printer is offline.', 'Bring the printer back.'),
  BG_E_STRING_TOO_LONG: entry(0x80200021, 'The text is too long.', 'Use a shorter one.'),
  BG_E_RECORD_DELETED: entry(
    0x80200042,
    'The spooled file is gone.',
    'Write the file again, then resume the job; or cancel it.',
  ),
  BG_E_VALIDATION_FAILED: entry(
    0x80200053,
    'The file was found invalid by whoever validates it.',
    'Write the file again, then resume the job; or cancel it.',
  ),
  PRINTER_STOPPED: entry(
    0x80200ff0,
    'The printer cannot print now.',
    'See what the printer needs: paper, toner, somebody to clear a jam or to resume it.',
  ),
  DOCUMENT_BLOCKED: entry(0x80200ff1, 'The printer cannot print this document at all.', 'Cancel the job.'),
} as const satisfies Record<string, CodeEntry>;
