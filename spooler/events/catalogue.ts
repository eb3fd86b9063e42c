/** The event classes that are installed (EVC-40 to EVC-52). */

import { type Guid, type Library, type MethodDescription, methodOf, readLibrary } from '../../shared/index.ts';
import type { Store } from '../store/store.ts';
import { type Corrupt, EventObjects, type Permission } from './event-objects.ts';
import { columnsOfClass, decodeClass, encodeClass, type InstalledEventClass } from './installed-event-class.ts';
import { EventObjectChange, type ObjectChange } from './object-change.ts';

export interface CatalogueParts {
  readonly store: Store;
  /** Makes an ID that nobody has. */
  readonly newId: () => Guid;
  /** Hears of each change, once it is in force (EVC-11). Must not throw. */
  readonly changed: (change: ObjectChange) => void;
}

/** Who owns what the operator configured. */
export const OPERATOR = 'operator';

export class Catalogue {
  /** The version of the store by the documents' count: with partitions and applications, which are null (EVC-50). */
  readonly version = 2;
  readonly #newId: () => Guid;
  readonly #classes: EventObjects<InstalledEventClass>;

  constructor({ store, newId, changed }: CatalogueParts) {
    this.#newId = newId;
    this.#classes = new EventObjects(KIND, store, changed);
    const { name, ...eventClass } = EventObjectChange;
    this.#classes.configure([{ ...eventClass, name, owner: OPERATOR, typelib: 'EventSystem', configured: true }]);
  }

  /** The class of the event system's own events (EVC-13). */
  get eventObjectChangeEventClassId(): Guid {
    return EventObjectChange.clsid;
  }

  /** Reads what the store has, once, before anything is asked for. What cannot be read is reported and left there. */
  async load(report: (corrupt: Corrupt) => void): Promise<void> {
    await this.#classes.load(report);
  }

  get(clsid: Guid): InstalledEventClass | undefined {
    return this.#classes.get(clsid);
  }

  /** Fits `decodeCall`. */
  methodOf(clsid: Guid, iid: Guid, method: string): MethodDescription | undefined {
    const eventClass = this.#classes.get(clsid);
    return eventClass && methodOf(eventClass, iid, method);
  }

  /** Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD` (EVC-104, EVC-170). */
  query(criteria = 'ALL'): readonly InstalledEventClass[] {
    return this.#classes.query(criteria);
  }

  /**
   * Installs every class of a library, of which nothing is believed (EVC-36, EVC-45), all or none; a class without CLSID
   * is given one (EVC-47), one whose CLSID is there already takes its place and keeps its owner (EVC-48). Resolves with
   * the classes. Rejects as `readLibrary` throws, with `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`, or as the store
   * does.
   */
  async install(json: unknown, owner: string): Promise<readonly InstalledEventClass[]> {
    const { name: typelib, eventClasses } = readLibrary(json, this.#newId);
    return this.#classes.put(() =>
      eventClasses.map((eventClass): InstalledEventClass => {
        const before = this.#classes.get(eventClass.clsid);
        return { ...eventClass, owner: before?.owner ?? owner, typelib, configured: false };
      }),
    );
  }

  /** Installs what the operator configured. Throws `EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT`. */
  configure({ name: typelib, eventClasses }: Library): void {
    this.#classes.configure(
      eventClasses.map((eventClass) => ({ ...eventClass, owner: OPERATOR, typelib, configured: true })),
    );
  }

  /** See `EventObjects.remove`. Subscriptions stay, and are called again once the class is there again. */
  async remove(clsid: Guid, may: Permission): Promise<void> {
    await this.#classes.remove(clsid, may);
  }

  /** See `EventObjects.removeMatching`. */
  async removeMatching(criteria: string, may: Permission): Promise<readonly Guid[]> {
    return this.#classes.removeMatching(criteria, may);
  }
}

const KIND = {
  object: 'eventClass',
  prefix: 'eventClass/',
  corrupt: 4361,
  idOf: ({ clsid }: InstalledEventClass) => clsid,
  columnsOf: columnsOfClass,
  encode: encodeClass,
  decode: decodeClass,
  changed: () => {},
} as const;
