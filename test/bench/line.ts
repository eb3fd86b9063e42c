/** Questions and answers between the processes of a run. */

/** Carries messages to the other side, in order, and brings its own. */
export interface Port {
  post(message: unknown): void;
  onMessage(take: (message: unknown) => void): void;
}

/** What one side does for the other: functions of one argument at most. */
export type Methods = Readonly<Record<string, (argument: never) => unknown>>;

/** The other side's methods, as called from here. */
export type Remote<Side> = {
  readonly [Name in keyof Side]: Side[Name] extends (...given: infer Given) => infer Result
    ? (...given: Given) => Promise<Awaited<Result>>
    : never;
};

type Message =
  | { readonly kind: 'question'; readonly number: number; readonly method: string; readonly argument: unknown }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly number: number; readonly reason: string };

interface Waiter {
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** Answers questions with `own` methods; returns those of the other side. */
export function connect<Side extends object>(port: Port, own: Methods): Remote<Side> {
  const waiting = new Map<number, Waiter>();
  let last = 0;
  const answer = async (number: number, method: string, argument: unknown): Promise<void> => {
    try {
      const value = await own[method]?.(argument as never);
      port.post({ kind: 'answer', number, value } satisfies Message);
    } catch (reason) {
      const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      port.post({ kind: 'refusal', number, reason: text } satisfies Message);
    }
  };
  port.onMessage((received) => {
    const message = received as Message;
    if (message.kind === 'question') return void answer(message.number, message.method, message.argument);
    const waiter = waiting.get(message.number);
    waiting.delete(message.number);
    if (message.kind === 'answer') waiter?.resolve(message.value);
    else waiter?.reject(new Error(message.reason));
  });
  const ask = (method: string, argument: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const number = ++last;
      waiting.set(number, { resolve, reject });
      port.post({ kind: 'question', number, method, argument } satisfies Message);
    });
  return new Proxy({} as Remote<Side>, {
    // Whoever is asked for `then` is taken for a promise.
    get: (_, method) => (method === 'then' ? undefined : (argument: unknown) => ask(String(method), argument)),
  });
}
