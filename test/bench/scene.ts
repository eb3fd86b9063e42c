/** What happens in a run, in order, and what the parts ask for meanwhile. */

import type { Actor } from './cast.ts';
import type { Methods, Remote } from './line.ts';
import { ownMemory, peakMemory, resetPeakMemory, residentMemory } from './memory.ts';
import type { Role, RoleName, Stage } from './roles.ts';
import type { Settings } from './settings.ts';
import type { BrokerEnd, Figures, Restarted } from './workload.ts';

export interface Player {
  readonly actor: Actor;
  readonly part: Remote<Role>;
}
type Players = Readonly<Partial<Record<RoleName, Player>>>;

export class Scene {
  /** Rejects with the first fault. */
  readonly failed: Promise<never>;
  fail: (reason: Error) => void = () => {};
  readonly #settings: Settings;
  readonly #folder: string;
  #players: Players = {};
  #url = '';
  #brokerPid = 0;
  #peak: number | undefined;

  /** `folder`: of the broker, for what must last. */
  constructor(settings: Settings, folder: string) {
    this.#settings = settings;
    this.#folder = folder;
    this.failed = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.failed.catch(() => {});
  }

  /** For the parts. */
  get stage(): Stage & Methods {
    return {
      fault: (fault: string) => this.fail(new Error(fault)),
      measuring: () => resetPeakMemory(this.#brokerPid),
      measured: () => {
        this.#peak = peakMemory(this.#brokerPid);
        void this.#players.sender?.part.enough();
      },
      brokerMemory: async () => {
        const { settling } = this.#settings;
        await pause(settling);
        await this.#players.broker?.part.collect();
        await pause(settling);
        return residentMemory(this.#brokerPid);
      },
      brokerMemoryNow: async () => {
        const [resident, own] = [residentMemory(this.#brokerPid), ownMemory(this.#brokerPid)];
        return resident === undefined || own === undefined ? undefined : { resident, own };
      },
      restartBroker: (end: BrokerEnd) => this.#restartBroker(end),
    };
  }

  async perform(players: Players): Promise<Figures> {
    this.#players = players;
    const { broker, listeners, stopped, sender } = players;
    if (!broker || !listeners) throw new Error('somebody is missing');
    const url = await this.#startBroker(broker);
    await stopped?.part.start(url);
    // It will not answer.
    void stopped?.part.freeze().catch(() => {});
    await listeners.part.start(url);
    const { sent, figures } = sender ? await sender.part.send(this.#url) : { sent: 0, figures: {} };
    const seen = await listeners.part.finish(sent);
    return { ...figures, ...seen, ...(this.#peak === undefined ? {} : { peak: this.#peak / 1e6 }) };
  }

  async #startBroker({ part }: Player): Promise<string> {
    const { url, pid } = await part.start(this.#folder);
    this.#url = url;
    this.#brokerPid = pid;
    return url;
  }

  async #restartBroker(end: BrokerEnd): Promise<Restarted> {
    const { broker } = this.#players;
    if (!broker) throw new Error('there is no broker');
    await broker.part.end(end);
    const start = performance.now();
    const url = await this.#startBroker(broker);
    return { url, took: performance.now() - start };
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
