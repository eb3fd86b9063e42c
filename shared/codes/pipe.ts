/** `PrintAsyncNotifyError` (PAN-197 to PAN-220). The documents use most of them with either severity (GAP-6, GAP-10). */

import { type CodeEntry, entry } from './entry.ts';

export const PIPE_CODES = {
  CHANNEL_CLOSED_BY_SERVER: entry(
    0x80040001,
    'The source or the spooler closed the channel.',
    'Wait for the next channel.',
  ),
  CHANNEL_CLOSED_BY_ANOTHER_LISTENER: entry(
    0x80040002,
    'Another listener closed the channel.',
    'Wait for the next channel.',
  ),
  CHANNEL_CLOSED_BY_SAME_LISTENER: entry(
    0x80040003,
    'This listener closed the channel itself.',
    'Do not use a channel after closing it.',
  ),
  CHANNEL_RELEASED_BY_LISTENER: entry(
    0x80040004,
    'This listener released the channel without answering.',
    'Do not use a channel after releasing it.',
  ),
  UNIRECTIONAL_NOTIFICATION_LOST: entry(
    0x00040005,
    'Some listeners missed the notification, others got it.',
    'Send slower, or open the channel with overflow "wait".',
  ),
  ASYNC_NOTIFICATION_FAILURE: entry(
    0x80040006,
    'None of the listeners present could take the notification.',
    'Send it again later, or open the channel with overflow "wait".',
  ),
  NO_LISTENERS: entry(0x00040007, 'Nobody is registered for this.', 'Ask explain which registration comes nearest.'),
  CHANNEL_ALREADY_CLOSED: entry(0x80040008, 'The channel is closed.', 'Open another channel.'),
  CHANNEL_ALREADY_OPENED: entry(0x80040009, 'The channel is open already.', 'Use it as it is, or open another one.'),
  CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION: entry(
    0x8004000a,
    'The listener has not answered the last notification yet.',
    'Send again after the answer has come.',
  ),
  CHANNEL_NOT_OPENED: entry(0x8004000b, 'The channel was never opened.', 'Open it first.'),
  ASYNC_CALL_ALREADY_PARKED: entry(
    0x8004000c,
    'The end is waiting for the other party already.',
    'Answer after the next notification.',
  ),
  NOT_REGISTERED: entry(0x8004000d, 'The registration was never made.', 'Register first.'),
  ALREADY_UNREGISTERED: entry(0x8004000e, 'The registration was ended before.', 'Nothing to do, or register again.'),
  ALREADY_REGISTERED: entry(
    0x8004000f,
    'The registration is in force already.',
    'Use a registration of its own for each interest.',
  ),
  CHANNEL_ACQUIRED: entry(0x80040010, 'Another listener acquired the channel.', 'Let it go; the answer was discarded.'),
  ASYNC_CALL_IN_PROGRESS: entry(
    0x80040011,
    'The last answer on this channel is still being processed by the source.',
    'Answer after the next notification.',
  ),
  MAX_NOTIFICATION_SIZE_EXCEEDED: entry(
    0x80040012,
    'The payload is larger than the spooler allows.',
    "Send a smaller payload, or raise the spooler's limit.",
  ),
  INTERNAL_NOTIFICATION_QUEUE_IS_FULL: entry(
    0x80040013,
    'There is no room to hold the message for the other end now.',
    'Send it again later, or drop it.',
  ),
  INVALID_NOTIFICATION_TYPE: entry(
    0x80040014,
    'The data object has another type than the channel.',
    'Use the type the channel was opened with.',
  ),
  MAX_REGISTRATION_COUNT_EXCEEDED: entry(
    0x80070015,
    'There are as many registrations as the spooler allows.',
    'Unregister what is not needed, or raise the limit.',
  ),
  MAX_CHANNEL_COUNT_EXCEEDED: entry(
    0x80040016,
    'There are as many channels as the spooler allows.',
    'Close what is not needed, or raise the limit.',
  ),
  LOCAL_ONLY_REGISTRATION: entry(
    0x00040017,
    'Only the local half of the registration worked.',
    'Register again for the remote half.',
  ),
  REMOTE_ONLY_REGISTRATION: entry(
    0x00040018,
    'Only the remote half of the registration worked.',
    'Register again for the local half.',
  ),
} as const satisfies Record<string, CodeEntry>;
