/** Who plays the parts of a run: processes of their own, or, in tests, everybody in this one. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Port } from './line.ts';
import { environmentOf } from './peers/index.ts';
import { play, type RoleName, type Script } from './roles.ts';

export interface Actor {
  readonly port: Port;
  /** Rejects when it ends before it is dismissed. */
  readonly lost: Promise<never>;
  /** Ends it, whatever it does. */
  dismiss(): Promise<void>;
}

export type Cast = (role: RoleName) => Promise<Actor>;

const ACTOR = fileURLToPath(new URL('actor.js', import.meta.url));

/** Milliseconds from being asked to end to being ended. */
const LEAVING_TIME = 1_000;

/** The processes that run now, for whoever has to end in the middle. */
const running = new Set<() => Promise<void>>();

export async function dismissAll(): Promise<void> {
  await Promise.all([...running].map((dismiss) => dismiss()));
}

export function processes({ peer, workload, settings }: Script): Cast {
  return async (role) => {
    const child = fork(ACTOR, [role, peer.name, workload.name, JSON.stringify(settings)], {
      // What this process was started with too: `node --cpu-prof` profiles all of them.
      execArgv: role === 'broker' ? [...process.execArgv, '--expose-gc'] : process.execArgv,
      env: { ...process.env, ...environmentOf(peer.name) },
      // What goes wrong is worth reading; what goes to stdout is not a result.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const gone = once(child, 'exit');
    let dismissed = false;
    const dismiss = async (): Promise<void> => {
      dismissed = true;
      running.delete(dismiss);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      const timer = setTimeout(() => child.kill('SIGKILL'), LEAVING_TIME);
      await gone;
      clearTimeout(timer);
    };
    running.add(dismiss);
    const lost = gone.then(([code, signal]): never | Promise<never> => {
      if (dismissed) return new Promise<never>(() => {});
      throw new Error(`the ${role}'s process ended: ${String(code ?? signal)}`);
    });
    lost.catch(() => {});
    await Promise.race([once(child, 'message'), lost]);
    return {
      port: {
        post: (message) => void child.send(message as object, () => {}),
        onMessage: (take) => void child.on('message', take),
      },
      lost,
      dismiss,
    };
  };
}

/** No processes: for tests of everything but them. Nobody stops reading: that would stop everybody. */
export function here(script: Script): Cast {
  return (role) => {
    const [near, far] = portPair();
    play(role, script, far);
    return Promise.resolve({
      port: near,
      lost: new Promise<never>(() => {}),
      dismiss: () => Promise.resolve(),
    });
  };
}

function portPair(): [Port, Port] {
  const takers: ((message: unknown) => void)[] = [];
  const port = (own: 0 | 1): Port => ({
    post: (message) => void setImmediate(() => takers[1 - own]?.(message)),
    onMessage: (take) => {
      takers[own] = take;
    },
  });
  return [port(0), port(1)];
}
