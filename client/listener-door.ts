/** What `spoolpipe/listener` offers on every platform. */

export {
  type Cause,
  type Code,
  type ConversationStyle,
  DataObject,
  type Explanation,
  type Guid,
  guid,
  type Interest,
  Lease,
  NOTIFICATION_RELEASE,
  notificationType,
  type Outcome,
  SpoolError,
  type StatusReport,
  type UserFilter,
  WELL_KNOWN_TYPES,
} from '../shared/index.ts';
export type { PersistentRegistration, Retention } from '../shared/persistence/registrations.ts';
export type { ConnectionStats } from './connection.ts';
export type { ConnectionOptions } from './connection-options.ts';
export { ListenerChannel } from './listener-channel.ts';
export { ListenerRegistration } from './listener-registration.ts';
export type { Loss } from './loss.ts';
export {
  createListener,
  type Dial,
  type Gap,
  Listener,
  type ListenerOptions,
} from './notification-listener.ts';
export type { NotifyCallback, RegistrationSpecification } from './notify-callback.ts';
export type {
  KeptNotification,
  PersistentIdentity,
  PersistentNotifyCallback,
  PersistentRegistrationSpecification,
  Recovery,
} from './persistence/persistent-callback.ts';
export { PersistentListenerRegistration } from './persistence/persistent-registration.ts';
export type { OnProblem, Problem } from './problem.ts';
export type { ReconnectPolicy } from './reconnect.ts';
export type { Sendable } from './sendable.ts';
