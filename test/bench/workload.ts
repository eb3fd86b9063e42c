/** What a workload is: the sender's part, the listeners' part, and what their figures mean. */

import type { BenchSender, OnAnswer, OnObject } from './peer.ts';
import type { SpoolpipeOptions } from './peers/spoolpipe.ts';
import type { Settings } from './settings.ts';

export type FigureName = 'rate' | 'megabytes' | 'p50' | 'cost' | 'memory' | 'peak';
export type Figures = Partial<Record<FigureName, number>>;

export interface Goal {
  readonly of: 'ratio' | 'figure';
  readonly at: 'least' | 'most';
  readonly bound: number;
}

export interface FigureKind {
  readonly name: FigureName;
  readonly unit: string;
  /** For spoolpipe. */
  readonly goal?: Goal;
}

export interface Workload {
  readonly name: string;
  /** One line for the report. */
  readonly description: string;
  /** What it measures; the ratio is made of the first. */
  readonly figures: readonly [FigureKind, ...FigureKind[]];
  /** Compared with this workload of the same peer, instead of with the same workload of the baseline. */
  readonly against?: string;
  /** Those it is for; default all. */
  readonly peers?: readonly string[];
  /** What spoolpipe is asked for beyond its defaults. */
  readonly spoolpipe?: SpoolpipeOptions;
  /** Whether one more listener, in a process of its own, stops reading before anything is sent. */
  readonly stopped?: boolean;
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
  /** Bytes of the broker, after collecting its garbage; undefined where that cannot be known. */
  brokerMemory(): Promise<number | undefined>;
}

/** Where the sender's part plays. */
export interface Desk extends Place {
  connect(onAnswer: OnAnswer): Promise<BenchSender>;
  /** Whether enough was measured. */
  readonly enough: boolean;
}
