/** What `spoolpipe/listener` offers on every platform. */

export type { PersistentRegistration, Retention } from '../shared/persistence/registrations.ts';
export * from './connection-names.ts';
export { ListenerChannel } from './listener-channel.ts';
export type { Dial, Gap, ListenerOptions } from './listener-options.ts';
export { ListenerRegistration } from './listener-registration.ts';
export { createListener, Listener } from './notification-listener.ts';
export * from './notification-names.ts';
export type { NotifyCallback, RegistrationSpecification } from './notify-callback.ts';
export type {
  KeptNotification,
  PersistentIdentity,
  PersistentNotifyCallback,
  PersistentRegistrationSpecification,
  Recovery,
} from './persistence/persistent-callback.ts';
export { PersistentListenerRegistration } from './persistence/persistent-registration.ts';
export type { ReconnectPolicy } from './reconnect.ts';
