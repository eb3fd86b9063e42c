/** What the spooler allows, in one readable record. Each line says what it defends. */
export interface Limits {
  /** Bytes of one payload, inclusive (PAN-52). */
  readonly payload: number;
  /**
   * Bytes of one message. Above `payload` by room for heads and headers, so that a slightly larger payload gets its
   * code and not a dead socket.
   */
  readonly message: number;
  /** Sessions at once: file descriptors and memory. */
  readonly sessions: number;
  /** Registrations for one type and one printer or the server (PAN-247). */
  readonly registrationsPerName: number;
  /** Registrations of one session: one client must not use up the table. */
  readonly registrationsPerSession: number;
  /** Registrations of all: memory. */
  readonly registrations: number;
  /** Channels of all senders (PAN-248). */
  readonly channels: number;
  /** Notifications queued for one unidirectional registration that is at its bound (PAN-242). */
  readonly queueLength: number;
  /** Bytes queued for one session at its bound; the queue takes no more once it is above. */
  readonly queueBytes: number;
  /** Deliveries one unidirectional registration may hold unreleased; objects and bytes. */
  readonly registrationHeldObjects: number;
  readonly registrationHeldBytes: number;
  /** Deliveries one session may hold unreleased; objects and bytes. */
  readonly sessionHeldObjects: number;
  readonly sessionHeldBytes: number;
  /** Calls of services that one session may have under way; number and bytes. */
  readonly calls: number;
  readonly callBytes: number;
  /** Bytes of initial notifications held for the channels of one sender. */
  readonly initialBytes: number;
  /** Unanswered sends on one channel with overflow `wait`; objects and bytes. */
  readonly waitingObjects: number;
  readonly waitingBytes: number;
  /**
   * What a client may keep back for a moment although it is done with it, to give back much at once; objects and bytes.
   * In force is at most a quarter of what may be held, so that nobody waits for it.
   */
  readonly keptObjects: number;
  readonly keptBytes: number;
  /**
   * Milliseconds that the answer to a message of a conversation may wait for something to travel with, such as the other
   * party's message. 0: it goes at once.
   */
  readonly answerTime: number;
  /** Bytes waiting in one socket: above the first the session is not read from, above the second it is cut. */
  readonly socketPauseBytes: number;
  readonly socketBytes: number;
  /** Milliseconds from connection to `hello`. */
  readonly helloTime: number;
  /** Milliseconds from the first byte of a message to its last. */
  readonly messageTime: number;
  /** Milliseconds without any byte before a ping, and from the ping to taking the peer for dead. */
  readonly heartbeatInterval: number;
  readonly heartbeatTimeout: number;
  /** Milliseconds a session may stay at its bound, giving nothing back, while something waits for it. */
  readonly stallTime: number;
}

const MiB = 1024 * 1024;

export const DEFAULT_LIMITS: Limits = {
  payload: 10 * MiB,
  message: 10 * MiB + 64 * 1024,
  sessions: 10_000,
  registrationsPerName: 10_000,
  registrationsPerSession: 10_000,
  registrations: 200_000,
  channels: 10_000,
  queueLength: 100,
  queueBytes: 2 * MiB,
  registrationHeldObjects: 8192,
  registrationHeldBytes: 8 * MiB,
  sessionHeldObjects: 16_384,
  sessionHeldBytes: 8 * MiB,
  calls: 256,
  callBytes: 16 * MiB,
  initialBytes: 32 * MiB,
  waitingObjects: 4096,
  waitingBytes: 4 * MiB,
  keptObjects: 256,
  keptBytes: 64 * 1024,
  answerTime: 1,
  socketPauseBytes: 16 * MiB,
  socketBytes: 64 * MiB,
  helloTime: 5_000,
  messageTime: 10_000,
  heartbeatInterval: 5_000,
  heartbeatTimeout: 5_000,
  stallTime: 2_000,
};
