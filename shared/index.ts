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
export { argumentsFromJson, argumentsToJson, type CallArguments, checkArguments } from './events/arguments.ts';
export {
  type ArgumentsOf,
  defineEventClass,
  type EventClass,
  type EventClassSource,
  type EventMethods,
  type InterfaceSource,
  type MethodsOf,
  type MethodTypes,
  type ParameterTypes,
} from './events/define-event-class.ts';
export {
  callFromJson,
  callToJson,
  decodeCall,
  type EventCall,
  encodeCall,
  type MethodLookup,
} from './events/event-call.ts';
export {
  type EventClassDescription,
  type InterfaceDescription,
  interfaceOf,
  type MethodDescription,
  methodOf,
  type ParameterDescription,
  type Publication,
} from './events/event-class.ts';
export type { Json } from './events/json.ts';
export { type Library, type LibraryDocument, MAX_METHODS, readLibrary, writeLibrary } from './events/library.ts';
export {
  isFilterable,
  PARAMETER_TYPES,
  type ParameterType,
  type ParameterValues,
  type Value,
  type ValueOf,
} from './events/parameter-type.ts';
export type { FilterParameter } from './filter/bind.ts';
export type { FilterExplanation } from './filter/explain.ts';
export { type BoundFilter, compileFilter, type Filter, type FilterOptions } from './filter/filter.ts';
export { FilterError } from './filter/filter-error.ts';
export type { Language as FilterLanguage } from './filter/language.ts';
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
export {
  IID_JOB_CALLBACK,
  JOB_CALLBACK,
  JOB_CALLBACK_METHODS,
  type JobCallbackMethod,
  jobCallbackMethod,
} from './jobs/job-callback.ts';
export {
  DEF_PRIORITY,
  type Failure,
  GUID_NULL,
  JOB_STATES,
  JOB_STATUS,
  type JobState,
  MAX_PRIORITY,
  MIN_PRIORITY,
  NOTIFY,
  type PrinterReason,
} from './jobs/vocabulary.ts';
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
