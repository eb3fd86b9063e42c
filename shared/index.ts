/**
 * `spoolpipe/protocol`: the wire, for those who write another client, a proxy or a recorder.
 * PROTOCOL.md says what the records mean. Runs in browsers.
 */

export { type Cancel, type Clock, systemClock } from './clock.ts';
export { CLOSES, type CloseName, closeNameOf, isFinal } from './close-codes.ts';
export {
  DataObject,
  type DataObjectInit,
  type Leak,
  Lease,
  type NotificationData,
  ObjectLedger,
  releaseTriple,
} from './data-object.ts';
export { decodeRecord } from './decode-record.ts';
export { encodeRecord } from './encode-record.ts';
export {
  ALL_CODES,
  type Code,
  hresultOf,
  type Outcome,
  outcomeOf,
  SpoolError,
  type SpoolErrorOptions,
  succeeded,
} from './errors.ts';
export {
  type Guid,
  guid,
  guidFromBytes,
  guidToBytes,
  NOTIFICATION_RELEASE,
  nameOfType,
  notificationType,
  WELL_KNOWN_TYPES,
} from './guid.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export type { Link, LinkHandlers } from './link.ts';
export {
  type AnnouncedLimits,
  type Call,
  type ClientRecord,
  type Closed,
  type CloseEnd,
  type Direction,
  type Explain,
  FLAGS,
  type Hello,
  type Missed,
  type Notify,
  type Offer,
  OPS,
  type Open,
  type Ping,
  type Pong,
  type Register,
  type Release,
  type Result,
  type Settled,
  type SpoolerRecord,
  type Status,
  type Unregister,
  type Welcome,
  type WireRecord,
} from './ops.ts';
export { completeName, nameKey, validName } from './printer-name.ts';
export { eachRecord, HEAD_LENGTH, type Head, MAX_HEADER_LENGTH, RawRecord } from './record.ts';
export type {
  ChannelStatus,
  Difference,
  Explanation,
  Neighbour,
  RegistrationStatus,
  SessionStatus,
  Status as StatusReport,
  Totals,
  Traffic,
} from './reports.ts';
export { BEARER_PREFIX, SUBPROTOCOL } from './subprotocol.ts';
export { VERSION } from './version.ts';
export {
  CAUSES,
  type Cause,
  CONVERSATION_STYLES,
  type ConversationStyle,
  type Interest,
  OVERFLOWS,
  type Overflow,
  USER_FILTERS,
  type UserFilter,
} from './vocabulary.ts';
