/** What the event system tells whoever runs it (EVC-71, EVC-199): names and codes, never arguments. */

import type { Guid } from '../../shared/index.ts';
import type { ObjectChange } from './object-change.ts';

/** The subscription concerned, as people know it. */
interface OfSubscription {
  readonly subscription: Guid;
  readonly name: string;
}

/** The event concerned. */
interface OfEvent {
  readonly eventClass: Guid;
  readonly interface: Guid;
  readonly method: string;
}

/** `id` is the number in the Windows event log, where there is one for it (EVC-199). */
export type EventReport =
  /** A subscriber answered with a failure, was gone, did not answer in time, or does not accept the publisher. */
  | ({ readonly kind: 'methodFailed'; readonly id: 4354; readonly hresult: number } & OfEvent & OfSubscription)
  /** A subscriber could not be created. */
  | ({
      readonly kind: 'notCreated';
      readonly id: 4356;
      readonly clsid: Guid;
      readonly hresult: number;
      /** Why, such as the last words of a program that did not come up. */
      readonly message: string;
    } & OfEvent &
      OfSubscription)
  /** A parameter filter could not be applied: the event was withheld from its subscription. */
  | ({
      readonly kind: 'filterUnusable';
      readonly id: 4624;
      readonly hresult: number;
      readonly criteria: string;
      readonly position: number;
      readonly offending: string;
    } & OfEvent &
      OfSubscription)
  /** A publisher filter could not be had, threw, or took too long: the event ended with it. */
  | ({ readonly kind: 'publisherFilterFailed'; readonly hresult: number; readonly message: string } & OfEvent)
  /** A queued event was tried in vain until its tries were used up. */
  | ({ readonly kind: 'deadLetter'; readonly letter: number; readonly hresult: number } & Partial<OfSubscription>)
  /** Too many of the event system's own events were under way: this change was told to nobody (EVC-11). */
  | ({ readonly kind: 'changeUntold' } & ObjectChange)
  /** Something is in the store that cannot be read; it is left there. */
  | { readonly kind: 'corrupt'; readonly id?: 4361 | 4362; readonly key: string };

/** A log that throws is ignored. */
export type EventLog = (report: EventReport) => void;
