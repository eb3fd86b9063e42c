/** How a WebSocket between client and spooler ends: PROTOCOL.md section 8. */

interface CloseEntry {
  readonly code: number;
  /** The fixed sentence that travels as the reason; at most 123 bytes. */
  readonly reason: string;
  /** Connecting again with the same intent will not help. */
  readonly final: boolean;
}

export const CLOSES = {
  NORMAL: { code: 1000, reason: 'done', final: false },
  GOING_AWAY: { code: 1001, reason: 'the spooler shuts down', final: false },
  TEXT_MESSAGE: { code: 1003, reason: 'only binary messages', final: true },
  NO_HELLO: { code: 1008, reason: 'no hello in time', final: false },
  MESSAGE_TOO_BIG: { code: 1009, reason: 'message too big', final: true },
  INTERNAL: { code: 1011, reason: 'a fault of the spooler', final: false },
  MALFORMED: { code: 4400, reason: 'not a record', final: true },
  TOKEN_EXPIRED: { code: 4401, reason: 'the token has expired', final: true },
  OUT_OF_STATE: { code: 4402, reason: 'a record that may not be sent now', final: true },
  WRONG_USER: { code: 4403, reason: 'hello without a user, or with another than the token names', final: true },
  OVER_RELEASE: { code: 4404, reason: 'released what was not held', final: true },
  TOO_SLOW: { code: 4405, reason: 'too slow: stayed at the bound and gave nothing back', final: false },
  UNSUPPORTED_PROTOCOL: { code: 4406, reason: 'offer the subprotocol spoolpipe.v1', final: true },
  SILENT: { code: 4407, reason: 'no sign of life', final: false },
  INCOMPLETE: { code: 4408, reason: 'a message was not completed in time', final: false },
  FLOODED: { code: 4409, reason: 'more unanswered than allowed', final: true },
} as const satisfies Record<string, CloseEntry>;

export type CloseName = keyof typeof CLOSES;

const names = new Map<number, CloseName>(Object.entries(CLOSES).map(([name, { code }]) => [code, name as CloseName]));

export function closeNameOf(code: number): CloseName | undefined {
  return names.get(code);
}

/** Whether a client that was closed with this code should stay away. Codes we do not know are worth another try. */
export function isFinal(code: number): boolean {
  const name = names.get(code);
  return name !== undefined && CLOSES[name].final;
}
