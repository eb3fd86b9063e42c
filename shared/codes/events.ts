/** What the event system answers with (EVC-181 to EVC-196, EVC-209). */

import { type CodeEntry, entry } from './entry.ts';

export const EVENT_CODES = {
  EVENT_S_SOME_SUBSCRIBERS_FAILED: entry(
    0x00040200,
    'Some subscribers could not be called or failed, others were called.',
    "See the spooler's log for their names.",
  ),
  EVENT_E_ALL_SUBSCRIBERS_FAILED: entry(
    0x80040201,
    'None of the subscribers could be called.',
    "See the spooler's log for their names and codes.",
  ),
  EVENT_S_NOSUBSCRIBERS: entry(
    0x00040202,
    'The event was fired and nobody had subscribed to it.',
    'Nothing to do, or see which subscriptions are there.',
  ),
  EVENT_E_QUERYSYNTAX: entry(0x80040203, 'The criteria are malformed.', 'Mend the criteria at the position shown.'),
  EVENT_E_QUERYFIELD: entry(
    0x80040204,
    'The criteria name a field that is not there, or compare it with what it can never be.',
    'Use a name that is there, and a constant of its type.',
  ),
  EVENT_E_INTERNALEXCEPTION: entry(
    0x80040205,
    'Something unexpected was thrown inside the event system.',
    "Report it with what the spooler's log says.",
  ),
  EVENT_E_INTERNALERROR: entry(
    0x80040206,
    'Something that cannot happen has happened inside the event system.',
    "Report it with what the spooler's log says.",
  ),
  EVENT_E_INVALID_PER_USER_SID: entry(
    0x80040207,
    'The user that the subscription is for does not exist.',
    'Name a user that the spooler knows.',
  ),
  EVENT_E_USER_EXCEPTION: entry(
    0x80040208,
    'A subscriber or a filter that somebody supplied has thrown.',
    'Mend the subscriber or the filter.',
  ),
  EVENT_E_TOO_MANY_METHODS: entry(
    0x80040209,
    'The interface has too many methods to fire events from.',
    'Divide the interface into smaller ones.',
  ),
  EVENT_E_MISSING_EVENTCLASS: entry(
    0x8004020a,
    'The event class of the subscription is not installed.',
    'Install the event class first.',
  ),
  EVENT_E_NOT_ALL_REMOVED: entry(
    0x8004020b,
    'Some of the objects that were to be removed are still there.',
    'See which are left and remove them one by one.',
  ),
  EVENT_E_COMPLUS_NOT_INSTALLED: entry(
    0x8004020c,
    'The event system is not there.',
    'Use a spooler that has the event system.',
  ),
  EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT: entry(
    0x8004020d,
    'The object was made by a program and cannot be changed as one that an operator configured.',
    'Change it as the program that made it does.',
  ),
  EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT: entry(
    0x8004020e,
    'The object was configured by an operator and cannot be changed by a program.',
    "Change it in the operator's configuration.",
  ),
  EVENT_E_INVALID_EVENT_CLASS_PARTITION: entry(
    0x8004020f,
    'The event class belongs to another partition.',
    'Use an event class of the same partition.',
  ),
  EVENT_E_PER_USER_SID_NOT_LOGGED_ON: entry(
    0x80040210,
    'The user that the subscription is for is not connected.',
    'Fire again once the user is there, or queue the subscription.',
  ),
} as const satisfies Record<string, CodeEntry>;
