/** Who may fire, who may be fired at, who may administer (EVC-200 to EVC-206). Pure decisions. */

import type { Identity } from '../core/identity.ts';

/** Roles by name, each with its users; a user is in the role of his own name too (EVC-204). */
export type RoleTable = Readonly<Record<string, readonly string[]>>;

export class Roles {
  readonly #members: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(table: RoleTable = {}) {
    this.#members = new Map(
      Object.entries(table).map(([role, users]) => [role, new Set(users.map((user) => user.normalize('NFC')))]),
    );
  }

  isInRole(user: string, role: string): boolean {
    return this.#members.get(role)?.has(user) ?? role === user;
  }

  /** Undefined is everybody, an empty list nobody. */
  isInAny(user: string, roles: readonly string[] | undefined): boolean {
    return roles === undefined || roles.some((role) => this.isInRole(user, role));
  }
}

/** `mayFire`: the roles that the event class is for (EVC-202). */
export function mayFire(
  identity: Identity,
  { mayFire }: { mayFire?: readonly string[] | undefined },
  roles: Roles,
): boolean {
  return identity.rights.send && roles.isInAny(identity.user, mayFire);
}

/** `acceptFrom`: the roles whose events a subscriber takes (EVC-203). */
export function accepts(
  { acceptFrom }: { acceptFrom?: readonly string[] | undefined },
  user: string,
  roles: Roles,
): boolean {
  return roles.isInAny(user, acceptFrom);
}

/** Everything in the event system: classes, others' subscriptions, dead letters. Printers' administrators do not. */
export function mayAdministerEvents({ rights }: Identity): boolean {
  return rights.administer === true;
}
