/**
 * Disks that fail. File systems of a process's own, which go with it: as root, or where users may have namespaces; and
 * system calls that fail.
 */

import { execFileSync } from 'node:child_process';

/** Whether a command can be had here. */
export function works(command: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** strace makes system calls fail, or late. */
export const injects = works('strace', '-qq', '-o', '/dev/null', '-e', 'inject=fdatasync:error=EIO', 'true');

/** Runs the command that follows; what it mounts nobody else sees. */
export const UNSHARE = ['unshare', '--mount', '--map-root-user'] as const;

export const mounts = works(...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/tmp');

/** Runs the command that follows with an empty disk of so many MiB at the folder, which has to be there. */
export function withDisk(folder: string, size: number): readonly string[] {
  return [...UNSHARE, 'sh', '-c', `mount -t tmpfs -o size=${size}m none '${folder}' && exec "$@"`, 'sh'];
}
