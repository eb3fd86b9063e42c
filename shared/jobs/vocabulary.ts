/** The numbers and names that print jobs share with the documents (JOB-1 to JOB-9, JOB-40 to JOB-45, JOB-170 to JOB-188). */

/** Where a job is in its life, with the numbers of `BG_JOB_STATE`. */
export const JOB_STATES = {
  QUEUED: 0,
  CONNECTING: 1,
  TRANSFERRING: 2,
  SUSPENDED: 3,
  ERROR: 4,
  TRANSIENT_ERROR: 5,
  TRANSFERRED: 6,
  ACKNOWLEDGED: 7,
  CANCELLED: 8,
} as const;

export type JobState = keyof typeof JOB_STATES;

/** Which notifications a job gives: a sum of these. */
export const NOTIFY = {
  JOB_TRANSFERRED: 0x01,
  JOB_ERROR: 0x02,
  DISABLE: 0x04,
  JOB_MODIFICATION: 0x08,
  FILE_TRANSFERRED: 0x10,
  FILE_RANGES_TRANSFERRED: 0x20,
} as const;

/** `JOB_STATUS_*`: how a print system says it; a sum of these. */
export const JOB_STATUS = {
  PAUSED: 0x0001,
  ERROR: 0x0002,
  DELETING: 0x0004,
  SPOOLING: 0x0008,
  PRINTING: 0x0010,
  OFFLINE: 0x0020,
  PAPEROUT: 0x0040,
  PRINTED: 0x0080,
  DELETED: 0x0100,
  BLOCKED_DEVQ: 0x0200,
  USER_INTERVENTION: 0x0400,
  RESTART: 0x0800,
  COMPLETE: 0x1000,
  RETAINED: 0x2000,
  RENDERING_LOCALLY: 0x4000,
} as const;

/** Why a printer does not print. One that is paused gives no turns; with another reason the job that gets one fails. */
export const PRINTER_REASONS = ['paused', 'offline', 'paperOut', 'jam', 'tonerOut'] as const;

export type PrinterReason = (typeof PRINTER_REASONS)[number];

/** What can happen while printing: the printer stops for a reason, or can never print this document. */
export const FAILURES = [...PRINTER_REASONS, 'blocked'] as const;

export type Failure = (typeof FAILURES)[number];

export const MIN_PRIORITY = 1;
export const MAX_PRIORITY = 99;
export const DEF_PRIORITY = 1;

/** All zeros: no class. */
export const GUID_NULL = '00000000-0000-0000-0000-000000000000';
