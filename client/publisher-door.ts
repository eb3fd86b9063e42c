/** What `spoolpipe/publisher` offers on every platform. */

export type { Outcome } from '../shared/index.ts';
export * from './connection-names.ts';
export * from './events/event-names.ts';
export { createPublisher, Publisher, type PublisherOptions } from './events/event-publisher.ts';
export { Recorder } from './events/recorder.ts';
export { Transaction } from './events/transaction.ts';
export type { Dial, Gap, ListenerOptions } from './listener-options.ts';
export type { ReconnectPolicy } from './reconnect.ts';
