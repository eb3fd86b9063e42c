/** What the spooler tells whoever runs it: for logs, metrics and tests. Ids, names and counts, never payload. */

import type { Cause } from '../../shared/index.ts';

export type SpoolerEvent =
  | { readonly kind: 'sessionOpened'; readonly user: string; readonly agent: string }
  | {
      readonly kind: 'sessionEnded';
      readonly user: string;
      readonly agent: string;
      readonly cause: Cause;
      /** Notifications its registrations never got. */
      readonly missed: number;
    }
  /** Something that cannot happen has happened; it ended one session at most. Please report it. */
  | { readonly kind: 'fault'; readonly user: string; readonly reason: unknown };

/** An observer that throws is ignored: it must not take anybody's delivery down. */
export type Observer = (event: SpoolerEvent) => void;
