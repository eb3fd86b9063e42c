/** What both ends of the pipe offer: the words of channels and notifications. */

export {
  type Cause,
  type ConversationStyle,
  DataObject,
  type Explanation,
  type Interest,
  Lease,
  NOTIFICATION_RELEASE,
  notificationType,
  type Outcome,
  type StatusReport,
  type UserFilter,
  WELL_KNOWN_TYPES,
} from '../shared/index.ts';
export type { Sendable } from './sendable.ts';
