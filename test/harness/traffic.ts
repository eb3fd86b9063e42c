/** Every link of a rig, seen from both ends, and whether anything is on its way over them. */

import type { Link } from '../../shared/index.ts';
import { FaultLink } from './fault-link.ts';
import { type Deadline, turn } from './real-time.ts';

interface Pair {
  /** The client's end, which has the faults. */
  readonly near: FaultLink;
  /** The spooler's. */
  readonly far: FaultLink;
}

export class Traffic {
  readonly #pairs = new Set<Pair>();
  #dialing: Promise<unknown> = Promise.resolve();
  #dials = 0;
  /** The spooler's ends accepted since the dialing began. */
  #accepted: FaultLink[] = [];

  /** What a spooler is to be given instead of the link it would accept. */
  accepted(link: Link): FaultLink {
    const far = new FaultLink(link);
    this.#accepted.push(far);
    return far;
  }

  /** A new link, once the spooler has accepted its other end. Rejects as `dial` does. */
  async open(dial: () => Promise<Link>): Promise<FaultLink> {
    this.#dials++;
    // One after another, so that the end which is accepted meanwhile is known to be the other one.
    const opened = this.#dialing.then(() => this.#open(dial));
    this.#dialing = opened.catch(() => {});
    try {
      return await opened;
    } finally {
      this.#dials--;
    }
  }

  async #open(dial: () => Promise<Link>): Promise<FaultLink> {
    for (;;) {
      this.#accepted = [];
      const link = await dial();
      const [far, another] = this.#accepted;
      if (far && !another) {
        const near = new FaultLink(link);
        this.#pairs.add({ near, far });
        return near;
      }
      // Somebody else connected in the same moment.
      link.terminate();
    }
  }

  /** How many links are not closed at the client's end. */
  get openLinks(): number {
    return [...this.#pairs].filter(({ near }) => !near.closed).length;
  }

  /** The links with something on their way, at the client's end, and what that is. */
  get restless(): readonly (readonly [near: FaultLink, what: string])[] {
    return [...this.#pairs].filter((pair) => !isAtRest(pair)).map((pair) => [pair.near, describe(pair)]);
  }

  /** Resolves with true when nothing is on its way any more, with false when the deadline passes first. */
  async becomesQuiet(deadline: Deadline): Promise<boolean> {
    // What has arrived may cause more within the turn, and what began elsewhere within the next.
    for (let quiet = 0; quiet < 2; ) {
      if (deadline.passed) return false;
      const before = this.#passed;
      await turn();
      const resting = this.#dials === 0 && [...this.#pairs].every(isAtRest) && this.#passed === before;
      quiet = resting ? quiet + 1 : 0;
    }
    return true;
  }

  /** Another number whenever something has passed. */
  get #passed(): number {
    let passed = this.#pairs.size;
    for (const { near, far } of this.#pairs) {
      for (const link of [near, far]) passed += link.sentBytes + link.receivedBytes + (link.closed ? 1 : 0);
    }
    return passed;
  }
}

function isAtRest({ near, far }: Pair): boolean {
  // What breaks in silence the spooler finds out in its own time, and the client in its own.
  if (near.silent) return true;
  if (near.closed || far.closed) return near.closed && far.closed;
  if (near.isWaiting || far.isWaiting) return false;
  return hasArrived(near, far) && hasArrived(far, near);
}

function hasArrived(from: FaultLink, to: FaultLink): boolean {
  return !to.reads || from.sentBytes === to.receivedBytes;
}

function describe({ near, far }: Pair): string {
  if (near.closed || far.closed) return `only ${near.closed ? 'this end' : 'the spooler'} knows that it is closed`;
  if (near.isWaiting || far.isWaiting) return `${near.isWaiting ? 'this end' : 'the spooler'} waits for an answer`;
  const [out, back] = [near.sentBytes - far.receivedBytes, far.sentBytes - near.receivedBytes];
  return `${out} bytes to the spooler, ${back} bytes back`;
}
