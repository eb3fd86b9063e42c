/** The parts of a run, each in a process of its own: what the stage asks of them and they of the stage. */

import { connect, type Methods, type Port, type Remote } from './line.ts';
import type { BenchListener, Broker, OnAnswer, Peer } from './peer.ts';
import type { Settings } from './settings.ts';
import type { BrokerEnd, BrokerMemory, Figures, Finish, Restarted, Sent, Workload } from './workload.ts';

export type RoleName = 'broker' | 'listeners' | 'stopped' | 'sender';

export interface Role {
  /** Broker: starts, with a folder for what must last. The others: connects, or for the sender nothing. */
  start(place: string): Promise<{ readonly url: string; readonly pid: number }>;
  /** Sender: sends everything. */
  send(url: string): Promise<Sent>;
  /** Sender: enough was measured. */
  enough(): void;
  /** Listeners: everything is sent. */
  finish(sent: number): Promise<Figures>;
  /** Stopped: does nothing at all from now on, not even read. */
  freeze(): void;
  /** Broker: collects garbage. */
  collect(): void;
  /** Broker: ends, to be started again. */
  end(how: BrokerEnd): Promise<void>;
  stop(): Promise<void>;
}

/** What every part may ask. */
export interface Stage {
  fault(fault: string): void;
  measuring(): void;
  measured(): void;
  brokerMemory(): Promise<number | undefined>;
  brokerMemoryNow(): Promise<BrokerMemory | undefined>;
  restartBroker(end: BrokerEnd): Promise<Restarted>;
}

export interface Script {
  readonly peer: Peer;
  readonly workload: Workload;
  readonly settings: Settings;
  /** How a process of its own does nothing at all. */
  readonly freeze?: () => void;
}

/** Plays a part for whoever is at the other side of the port. */
export function play(name: RoleName, script: Script, port: Port): void {
  const methods: Partial<Role> & Methods = {};
  const stage: Remote<Stage> = connect<Stage>(port, methods);
  Object.assign(methods, PARTS[name](script, stage));
}

const PARTS = { broker, listeners, stopped, sender } satisfies Record<
  RoleName,
  (script: Script, stage: Remote<Stage>) => Partial<Role>
>;

function broker({ peer }: Script): Partial<Role> {
  let running: Broker | undefined;
  return {
    async start(folder) {
      running = await peer.startBroker(folder);
      return { url: running.url, pid: running.pid };
    },
    collect() {
      globalThis.gc?.();
      globalThis.gc?.();
    },
    async end(how) {
      if (how === 'stopped') return running?.stop();
      if (!running?.kill) throw new Error('it is not a program of its own');
      await running.kill();
    },
    stop: async () => running?.stop(),
  };
}

function listeners({ peer, workload, settings }: Script, stage: Remote<Stage>): Partial<Role> {
  const leaving = new Leaving();
  let finish: Finish | undefined;
  return {
    async start(url) {
      finish = await workload.listen({
        url,
        settings,
        ...signals(stage),
        atEnd: (leave) => leaving.add(leave),
        connect: async (onObject) => {
          const listener = await peer.connectListener(url, onObject);
          leaving.add(() => listener.close());
        },
        async register() {
          if (!peer.durable) throw new Error(`${peer.name} keeps nothing`);
          await peer.durable.register(url);
        },
        brokerMemory: () => stage.brokerMemory(),
        brokerMemoryNow: () => stage.brokerMemoryNow(),
        restartBroker: (end) => stage.restartBroker(end),
      });
      return { url, pid: process.pid };
    },
    finish: async (sent) => (await finish?.(sent)) ?? {},
    stop: () => leaving.now(),
  };
}

function stopped({ peer, freeze }: Script): Partial<Role> {
  let connected: BenchListener | undefined;
  return {
    async start(url) {
      connected = await peer.connectListener(url, () => {});
      return { url, pid: process.pid };
    },
    freeze: () => freeze?.(),
    stop: async () => connected?.close(),
  };
}

function sender({ peer, workload, settings }: Script, stage: Remote<Stage>): Partial<Role> {
  const leaving = new Leaving();
  const desk = { enough: false };
  return {
    async send(url) {
      const place = {
        url,
        settings,
        ...signals(stage),
        atEnd: (leave: Leave) => leaving.add(leave),
        connect: async (onAnswer: OnAnswer) => {
          const connected = await peer.connectSender(url, onAnswer);
          leaving.add(() => connected.close());
          return connected;
        },
      };
      return (await workload.send?.(Object.assign(desk, place))) ?? { sent: 0 };
    },
    enough() {
      desk.enough = true;
    },
    stop: () => leaving.now(),
  };
}

type Leave = () => unknown;

/** What a part has to close. */
class Leaving {
  readonly #leaves: Leave[] = [];

  add(leave: Leave): void {
    this.#leaves.push(leave);
  }

  async now(): Promise<void> {
    await Promise.all(this.#leaves.map((leave) => leave()));
  }
}

/** Nobody waits for an answer to these. */
function signals(stage: Remote<Stage>): Pick<Stage, 'fault' | 'measuring' | 'measured'> {
  return {
    fault: (fault) => void stage.fault(fault),
    measuring: () => void stage.measuring(),
    measured: () => void stage.measured(),
  };
}
