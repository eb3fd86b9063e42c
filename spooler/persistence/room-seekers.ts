/** Senders that would rather wait, where a registration has no room. */

import type { RoomSeeker } from '../core/delivery.ts';

export class RoomSeekers {
  readonly #seekers = new Set<RoomSeeker>();

  /** It is told once when there may be room. */
  add(seeker: RoomSeeker): void {
    this.#seekers.add(seeker);
  }

  /** There may be room, for whichever registration: whoever finds none looks again. */
  wake(): void {
    const seekers = [...this.#seekers];
    this.#seekers.clear();
    for (const seeker of seekers) seeker.roomMade();
  }
}
