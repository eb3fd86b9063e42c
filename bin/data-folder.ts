/** Where what must last is kept, where nobody says: as the platform would have it. */

import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Platform {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
}

export function defaultDataFolder(
  on: Platform = { platform: process.platform, env: process.env, home: homedir() },
): string {
  return join(dataHome(on), 'spoolpipe');
}

function dataHome({ platform, env, home }: Platform): string {
  if (platform === 'win32') return env['LOCALAPPDATA'] || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  // A relative one is to be ignored, says the XDG base directory specification.
  const { XDG_DATA_HOME: xdg = '' } = env;
  return xdg.startsWith('/') ? xdg : join(home, '.local', 'share');
}
