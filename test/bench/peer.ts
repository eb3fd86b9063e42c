/**
 * What the benchmark asks of everything it compares: bytes go from one sender through a broker to listeners, and
 * listeners can answer. One file in `peers/` for each. A peer is written as its own users would write it, tuned as its
 * documents say, and knows nothing of workloads.
 */

export interface Peer {
  /** As in the tables: `raw ws`, `socket.io`. */
  readonly name: string;
  /** Package or program with its version, as measured: `aedes 1.2.0, mqtt 5.16.0`. */
  version(): string;
  /** Why it cannot run here, such as `nats-server is not installed`; undefined where it can. */
  missing(): string | undefined;
  /**
   * Called in the broker's process. Resolves when it takes connections on a free loopback port. `folder` is for what must
   * last; what it finds there it takes up again.
   */
  startBroker(folder: string): Promise<Broker>;
  /** Called in the sender's process, once. */
  connectSender(url: string, onAnswer: OnAnswer): Promise<BenchSender>;
  /**
   * Called in the listeners' process, once for each listener. Resolves when whatever is sent from now on arrives. Of a
   * durable peer: the one listener that registered comes back, gets all that was kept for it, and acknowledges it.
   */
  connectListener(url: string, onObject: OnObject): Promise<BenchListener>;
  /** Workloads it cannot do, by name, each with the reason. */
  readonly cannot?: Readonly<Record<string, string>>;
  /** Whoever keeps what is sent for a listener that is away. What its pipes' `send` returns resolves when the broker says so. */
  readonly durable?: Durability;
}

export interface Durability {
  /** When the broker says that it has it, for the table: `after its sync`. */
  readonly acknowledges: string;
  /** Called in the listeners' process, once: the listener makes itself known, and leaves. */
  register(url: string): Promise<void>;
}

/** Something a listener received. The bytes are only valid during the call; `answer` may be called then or later. */
export type OnObject = (bytes: Uint8Array, answer: (bytes: Uint8Array) => void) => void;

/** Something a listener answered. Which conversation it belongs to stands in the bytes. */
export type OnAnswer = (bytes: Uint8Array) => void;

export interface Broker {
  readonly url: string;
  /** Whose memory counts: the broker's own process, or the program it started. */
  readonly pid: number;
  stop(): Promise<void>;
  /** Ends it without a chance to do anything. Only of programs. */
  kill?(): Promise<void>;
}

export interface BenchSender {
  /** One way to every listener; lossless. */
  openPipe(): Promise<BenchPipe>;
  /** A conversation with the one listener there is. Peers without conversations give the same pipe each time. */
  openConversation(): Promise<BenchPipe>;
  close(): Promise<void>;
}

export interface BenchPipe {
  /**
   * Sends bytes that nobody changes afterwards. What it returns is awaited only where the peer has flow control of its
   * own: then a promise resolves when this object no longer counts against what may be in flight. Peers that return
   * nothing are kept within a window by the workload, which counts answers.
   */
  send(bytes: Uint8Array): Promise<unknown> | undefined;
}

export interface BenchListener {
  close(): Promise<void>;
}
