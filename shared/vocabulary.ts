/** The words of the field with their numbers on the wire, and the causes of a closed channel. */

/** Whose notifications: the registrant's own, or everybody's (PAN-33). */
export const USER_FILTERS = { kPerUser: 0, kAllUsers: 1 } as const;
export type UserFilter = keyof typeof USER_FILTERS;

/** Whether listeners can answer (PAN-34; OBS-11: 0 and 1, whatever one page prints). */
export const CONVERSATION_STYLES = { kBiDirectional: 0, kUniDirectional: 1 } as const;
export type ConversationStyle = keyof typeof CONVERSATION_STYLES;

/** What a unidirectional send does where a registration is full: lose it there, or wait for room. */
export const OVERFLOWS = { lose: 0, wait: 1 } as const;
export type Overflow = keyof typeof OVERFLOWS;

/** Why a channel was closed: PROTOCOL.md section 7.1. The documents do not tell; people who debug want to know. */
export const CAUSES = [
  'closed',
  'acquired',
  'left',
  'died',
  'silent',
  'faulty',
  'slow',
  'printerRemoved',
  'shutdown',
  'lost',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What a registration asks for and a channel offers: where, what, whose, how. */
export interface Interest {
  /** `\\server\printer`, or null for the server (PAN-54). */
  readonly name: string | null;
  readonly type: import('./guid.ts').Guid;
  readonly filter: UserFilter;
  readonly style: ConversationStyle;
}
