/** Memory of another process, in bytes, where there is a /proc. */

import { readFileSync, writeFileSync } from 'node:fs';

export function residentMemory(pid: number): number | undefined {
  return statusOf(pid, 'VmRSS');
}

/** Without the files that the system has mapped in. */
export function ownMemory(pid: number): number | undefined {
  return statusOf(pid, 'RssAnon');
}

/** The most since `resetPeakMemory`, or since it began where that is not permitted. */
export function peakMemory(pid: number): number | undefined {
  return statusOf(pid, 'VmHWM');
}

export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Another system, or not ours: the peak is then that of the whole life.
  }
}

function statusOf(pid: number, field: string): number | undefined {
  try {
    const [, kilobytes] =
      new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
