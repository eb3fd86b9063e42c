/**
 * Who listens and what is on offer, by type and name, so that a channel meets its registrations without looking at any
 * other (PAN-65 to PAN-70, GAP-3, GAP-4).
 */

import type { Guid, Interest } from '../../shared/index.ts';
import type { BidirectionalChannel } from './bidirectional-channel.ts';
import type { Keeper, Keeping } from './keeper.ts';
import { LazySet } from './lazy-set.ts';
import type { Registration } from './registration.ts';

/** Everything about one type and one printer, or the server. */
export interface Place {
  readonly registrations: Set<Registration>;
  readonly keepings: LazySet<Keeping>;
  /** Bidirectional channels that nobody has acquired. */
  readonly offered: Set<BidirectionalChannel>;
  /** The number of the last change to the registrations and keepers here, over all places: no two changes have the same. */
  version: number;
}

/** What a channel is looking for. `user` is whom a `kPerUser` channel is for. */
export interface Target {
  readonly interest: Interest;
  readonly nameKey: string;
  readonly user: string | undefined;
}

export class Directory {
  readonly #types = new Map<Guid, Map<string, Place>>();
  #registrations = 0;
  #changes = 0;
  /** The last change that left a place empty: an absent place has changed no later than then. */
  #lastForgotten = 0;

  /** Another number whenever anybody's audience may be another: quicker to look at than `audienceVersion`. */
  get changes(): number {
    return this.#changes;
  }

  get registrationCount(): number {
    return this.#registrations;
  }

  *registrations(): Iterable<Registration> {
    for (const places of this.#types.values()) for (const place of places.values()) yield* place.registrations;
  }

  countAt(type: Guid, nameKey: string): number {
    return this.#types.get(type)?.get(nameKey)?.registrations.size ?? 0;
  }

  addRegistration(registration: Registration): void {
    const place = this.#place(registration.interest.type, registration.nameKey);
    place.registrations.add(registration);
    place.version = ++this.#changes;
    this.#registrations++;
  }

  removeRegistration(registration: Registration): void {
    const { type } = registration.interest;
    const place = this.#types.get(type)?.get(registration.nameKey);
    if (!place?.registrations.delete(registration)) return;
    place.version = ++this.#changes;
    this.#registrations--;
    this.#forgetIfEmpty(type, registration.nameKey);
  }

  *keepings(): Iterable<Keeping> {
    for (const places of this.#types.values()) for (const { keepings } of places.values()) yield* keepings;
  }

  addKeeping(keeping: Keeping): void {
    const place = this.#place(keeping.interest.type, keeping.nameKey);
    place.keepings.add(keeping);
    place.version = ++this.#changes;
  }

  removeKeeping(keeping: Keeping): void {
    const { type } = keeping.interest;
    const place = this.#types.get(type)?.get(keeping.nameKey);
    if (!place?.keepings.delete(keeping)) return;
    place.version = ++this.#changes;
    this.#forgetIfEmpty(type, keeping.nameKey);
  }

  addOffered(channel: BidirectionalChannel): void {
    this.#place(channel.target.interest.type, channel.target.nameKey).offered.add(channel);
  }

  removeOffered(channel: BidirectionalChannel): void {
    const { interest, nameKey } = channel.target;
    this.#place(interest.type, nameKey).offered.delete(channel);
    this.#forgetIfEmpty(interest.type, nameKey);
  }

  /** The registrations a channel reaches now. */
  audience(target: Target): Registration[] {
    const found: Registration[] = [];
    for (const place of this.#placesFor(target)) {
      for (const registration of place.registrations) if (reaches(target, registration)) found.push(registration);
    }
    return found;
  }

  /** Those who keep what the channel sends now; undefined for nobody. */
  keepers(target: Target): readonly Keeper[] | undefined {
    const found: Keeper[] = [];
    for (const { keepings } of this.#placesFor(target)) {
      for (const keeping of keepings) if (reaches(target, keeping)) found.push(keeping.keeper);
    }
    return found.length > 0 ? found : undefined;
  }

  /** Another number whenever the audience may be another. */
  audienceVersion({ interest, nameKey }: Target): number {
    const places = this.#types.get(interest.type);
    const version = (key: string): number => places?.get(key)?.version ?? this.#lastForgotten;
    return Math.max(version(nameKey), version(''));
  }

  /** The unacquired channels a new registration is offered. */
  offersFor(registration: Registration): BidirectionalChannel[] {
    const places = this.#types.get(registration.interest.type);
    const near =
      registration.interest.name === null ? [...(places?.values() ?? [])] : [places?.get(registration.nameKey)];
    return near
      .flatMap((place) => [...(place?.offered ?? [])])
      .filter((channel) => reaches(channel.target, registration));
  }

  /** A registration for the server sees every printer (GAP-4). */
  #placesFor({ interest, nameKey }: Target): Place[] {
    const places = this.#types.get(interest.type);
    const own = places?.get(nameKey);
    const server = nameKey === '' ? undefined : places?.get('');
    if (own && server) return [own, server];
    return own ? [own] : server ? [server] : [];
  }

  #place(type: Guid, nameKey: string): Place {
    let places = this.#types.get(type);
    if (!places) {
      places = new Map();
      this.#types.set(type, places);
    }
    let place = places.get(nameKey);
    if (!place) {
      place = { registrations: new Set(), keepings: new LazySet(), offered: new Set(), version: this.#lastForgotten };
      places.set(nameKey, place);
    }
    return place;
  }

  #forgetIfEmpty(type: Guid, nameKey: string): void {
    const places = this.#types.get(type);
    const place = places?.get(nameKey);
    if (!places || !place) return;
    if (place.registrations.size > 0 || place.keepings.size > 0 || place.offered.size > 0) return;
    this.#lastForgotten = this.#changes;
    places.delete(nameKey);
    if (places.size === 0) this.#types.delete(type);
  }
}

/** The rule of the tables PAN-65 to PAN-69; type and place are known to fit. */
export function reaches({ interest, user }: Target, registration: Pick<Registration, 'interest' | 'user'>): boolean {
  if (interest.style !== registration.interest.style) return false;
  return interest.filter === 'kAllUsers' || registration.interest.filter === 'kAllUsers' || registration.user === user;
}
