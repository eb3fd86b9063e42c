/** Who a session is and what it may do (PROTOCOL.md section 9; PAN-6, PAN-74 to PAN-77). Pure decisions. */

import { type Interest, nameKey } from '../../shared/index.ts';

export interface Rights {
  /** May register. */
  readonly listen: boolean;
  /** May open channels for itself. */
  readonly send: boolean;
  /**
   * May register and open with `kAllUsers`, and open for other users: on everything, or on the printers whose name keys
   * are listed. Stands for SERVER_ALL_ACCESS and PRINTER_ALL_ACCESS (PAN-74, PAN-75).
   */
  readonly administer: boolean | ReadonlySet<string>;
}

export interface Identity {
  readonly user: string;
  readonly rights: Rights;
  /** Milliseconds since 1970; undefined for never. */
  readonly expiresAt?: number;
}

/** What everybody on loopback may do where no tokens are in use. */
export const ALL_RIGHTS: Rights = { listen: true, send: true, administer: true };

export function mayAdminister({ rights }: Identity, name: string | null): boolean {
  return typeof rights.administer === 'boolean'
    ? rights.administer
    : name !== null && rights.administer.has(nameKey(name));
}

export function mayRegister(identity: Identity, { name, filter }: Interest): boolean {
  return identity.rights.listen && (filter === 'kPerUser' || mayAdminister(identity, name));
}

/** `user` is whom a `kPerUser` channel is for. An administrator may send to anyone (PAN-77). */
export function mayOpen(identity: Identity, { name, filter }: Interest, user: string): boolean {
  return identity.rights.send && ((filter === 'kPerUser' && user === identity.user) || mayAdminister(identity, name));
}
