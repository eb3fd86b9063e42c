/** One run of one workload with one peer: casts the parts, lets them play, and sends everybody home. */

import type { Cast } from './cast.ts';
import { connect } from './line.ts';
import type { Role, RoleName } from './roles.ts';
import { makeRunFolder } from './run-folder.ts';
import { type Player, Scene } from './scene.ts';
import type { Settings } from './settings.ts';
import type { Figures, Workload } from './workload.ts';

export type Result =
  | { readonly figures: Figures }
  /** Something went wrong, so nothing was measured. */
  | { readonly fault: string }
  /** Not tried: the peer says why. */
  | { readonly cannot: string };

/** In the order in which they leave: whoever loses the broker would try to come back. */
const ROLES = ['sender', 'listeners', 'stopped', 'broker'] as const;
/** Milliseconds to leave in good order. */
const LEAVING_TIME = 2_000;

function plays(role: RoleName, workload: Workload): boolean {
  return role === 'sender' ? 'send' in workload : role === 'stopped' ? workload.stopped === true : true;
}

export async function run(cast: Cast, workload: Workload, settings: Settings): Promise<Result> {
  const { kind = 'passing on', limit = settings.limit } = workload;
  const folder = kind === 'passing on' ? undefined : makeRunFolder(settings.folder);
  const scene = new Scene(settings, folder?.path ?? '');
  const players: Partial<Record<RoleName, Player>> = {};
  try {
    const entering = ROLES.filter((role) => plays(role, workload)).map(async (role) => {
      const actor = await cast(role);
      actor.lost.catch((reason: Error) => scene.fail(reason));
      players[role] = { actor, part: connect<Role>(actor.port, scene.stage) };
    });
    // All of them, also where one fails: who has come must be sent home.
    const failed = (await Promise.allSettled(entering)).find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const figures = Promise.race([scene.perform(players), scene.failed]);
    return { figures: await within(limit, figures) };
  } catch (reason) {
    return { fault: reason instanceof Error ? reason.message : String(reason) };
  } finally {
    for (const role of ROLES) {
      const player = players[role];
      // Who does nothing does not hear either.
      if (player && role !== 'stopped') await within(LEAVING_TIME, player.part.stop()).catch(() => {});
      await player?.actor.dismiss();
    }
    folder?.remove();
  }
}

async function within<Value>(milliseconds: number, promise: Promise<Value>): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
