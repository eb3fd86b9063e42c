/** What a workload is: the sender's part, the listeners' part, and what their figures mean. */

import type { BenchSender, OnAnswer, OnObject } from './peer.ts';
import type { SpoolpipeOptions } from './peers/spoolpipe.ts';
import type { Settings } from './settings.ts';

export type FigureName =
  | 'rate'
  | 'megabytes'
  | 'p50'
  | 'cost'
  | 'memory'
  | 'peak'
  | 'sending'
  | 'delivering'
  | 'startKilled'
  | 'startStopped'
  | 'memoryDelivering'
  | 'memoryDelivered'
  | 'ownDelivered';
export type Figures = Partial<Record<FigureName, number>>;

export interface Goal {
  readonly of: 'ratio' | 'figure';
  readonly at: 'least' | 'most';
  readonly bound: number;
}

export interface FigureKind {
  readonly name: FigureName;
  readonly unit: string;
  /** What is measured, where the workload's name does not say it. */
  readonly what?: string;
  /** For spoolpipe. */
  readonly goal?: Goal;
}

/**
 * `passing on`: the broker keeps nothing. `durable`: what is sent is on the disk before the sender is told. `over time`:
 * what that costs when much is kept.
 */
export type WorkloadKind = 'passing on' | 'durable' | 'over time';

export interface Workload {
  readonly name: string;
  /** Which peers it is for, and which table it is in; default `passing on`. */
  readonly kind?: WorkloadKind;
  /** One line for the report. */
  readonly description: string;
  /** What it measures; the ratio is made of the first. */
  readonly figures: readonly [FigureKind, ...FigureKind[]];
  /** Compared with this workload of the same peer, instead of with the same workload of the baseline. */
  readonly against?: string;
  /** Those it is for; default all of its kind. */
  readonly peers?: readonly string[];
  /** What spoolpipe is asked for beyond its defaults. */
  readonly spoolpipe?: SpoolpipeOptions;
  /** Whether one more listener, in a process of its own, stops reading before anything is sent. */
  readonly stopped?: boolean;
  /** Milliseconds until a run is given up, where that of the settings is too short. */
  readonly limit?: number;
  /** Connects the listeners; what is returned is called when everything is sent. */
  listen(hall: Hall): Promise<Finish>;
  /** Connects the sender and sends. Without it there is no sender. */
  send?(desk: Desk): Promise<Sent>;
}

/** Waits until everything that was sent has arrived. */
export type Finish = (sent: number) => Promise<Figures> | Figures;

export interface Sent {
  /** Objects, each of which every listener must get. */
  readonly sent: number;
  readonly figures?: Figures;
}

interface Place {
  readonly url: string;
  readonly settings: Settings;
  /** The run is worth nothing. */
  fault(fault: string): void;
  /** What is measured begins, and ends, now. */
  measuring(): void;
  measured(): void;
  /** Something to do when the run is over, besides closing what was connected here. */
  atEnd(leave: () => unknown): void;
}

/** Where the listeners' part plays. */
export interface Hall extends Place {
  connect(onObject: OnObject): Promise<void>;
  /** A listener registers that is away then; of durable peers. The next that connects is that one. */
  register(): Promise<void>;
  /** Bytes of the broker, after collecting its garbage; undefined where that cannot be known. */
  brokerMemory(): Promise<number | undefined>;
  /** Bytes of the broker now; undefined where that cannot be known. */
  brokerMemoryNow(): Promise<BrokerMemory | undefined>;
  /** Ends the broker, killed or in good order, and starts it again with what it kept. */
  restartBroker(end: BrokerEnd): Promise<Restarted>;
}

export type BrokerEnd = 'killed' | 'stopped';

export interface BrokerMemory {
  readonly resident: number;
  /** Without the files that the system has mapped in and can drop at any time. */
  readonly own: number;
}

export interface Restarted {
  readonly url: string;
  /** Milliseconds from starting it until it takes connections. */
  readonly took: number;
}

/** Where the sender's part plays. */
export interface Desk extends Place {
  connect(onAnswer: OnAnswer): Promise<BenchSender>;
  /** Whether enough was measured. */
  readonly enough: boolean;
}
