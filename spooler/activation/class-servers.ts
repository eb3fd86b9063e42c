/** Which sessions serve which class for whom, and which objects live in them. */

import { type Guid, SpoolError } from '../../shared/index.ts';
import type { Caller } from '../core/service.ts';
import type { ChannelObject } from '../objects/channel-object.ts';

/** Classes that one session may serve. */
const MOST = 1_000;

/** What one session serves. */
interface Attendance {
  readonly classes: Set<string>;
  readonly objects: Set<ChannelObject>;
}

export class ClassServers {
  readonly #servers = new Map<string, Caller>();
  readonly #attendances = new Map<Caller, Attendance>();
  readonly #left = new WeakSet<Caller>();
  readonly #expected = new Map<string, Set<(server: Caller) => void>>();

  /** The session that serves the class for the user now. */
  find(clsid: Guid, user: string): Caller | undefined {
    return this.#servers.get(keyOf(clsid, user));
  }

  /** Calls back once somebody serves it; returns what ends the wait. */
  expect(clsid: Guid, user: string, then: (server: Caller) => void): () => void {
    const key = keyOf(clsid, user);
    const waiting = this.#expected.get(key) ?? new Set();
    this.#expected.set(key, waiting.add(then));
    return () => {
      if (waiting.delete(then) && waiting.size === 0) this.#expected.delete(key);
    };
  }

  /**
   * The session serves the class for its own user from now on. Throws `ALREADY_REGISTERED` where one does, be it the same,
   * and `MAX_REGISTRATION_COUNT_EXCEEDED`.
   */
  add(clsid: Guid, server: Caller): void {
    const key = keyOf(clsid, server.user);
    if (this.#servers.has(key)) throw new SpoolError('ALREADY_REGISTERED', { input: clsid });
    const { classes } = this.#attendance(server);
    if (classes.size >= MOST) throw new SpoolError('MAX_REGISTRATION_COUNT_EXCEEDED', { input: `${MOST} classes` });
    this.#servers.set(key, server);
    classes.add(key);
    for (const then of [...(this.#expected.get(key) ?? [])]) then(server);
  }

  /** It serves the class no more; objects that are there live on. Throws `NOT_REGISTERED`. */
  remove(clsid: Guid, server: Caller): void {
    const key = keyOf(clsid, server.user);
    if (this.#servers.get(key) !== server) throw new SpoolError('NOT_REGISTERED', { input: clsid });
    this.#servers.delete(key);
    const attendance = this.#attendance(server);
    attendance.classes.delete(key);
    this.#tidy(server, attendance);
  }

  /** An object lives in the session until it is gone; with the session, which may be gone already, it goes too. */
  houses(server: Caller, object: ChannelObject): void {
    if (this.#left.has(server)) return object.listenerGone('died');
    const attendance = this.#attendance(server);
    attendance.objects.add(object);
    void object.gone.then(() => {
      attendance.objects.delete(object);
      this.#tidy(server, attendance);
    });
  }

  /** The session is gone, and everything in it. */
  gone(server: Caller): void {
    this.#left.add(server);
    const attendance = this.#attendances.get(server);
    if (!attendance) return;
    this.#attendances.delete(server);
    for (const key of attendance.classes) this.#servers.delete(key);
    for (const object of attendance.objects) object.listenerGone('died');
  }

  #attendance(server: Caller): Attendance {
    const attendance = this.#attendances.get(server) ?? { classes: new Set(), objects: new Set() };
    this.#attendances.set(server, attendance);
    return attendance;
  }

  #tidy(server: Caller, { classes, objects }: Attendance): void {
    if (classes.size === 0 && objects.size === 0) this.#attendances.delete(server);
  }
}

function keyOf(clsid: Guid, user: string): string {
  return `${clsid} ${user}`;
}
