import { expect, test } from 'vitest';
import { defaultDataFolder } from './data-folder.ts';

const home = '/home/ann';

test.runIf(process.platform !== 'win32').each([
  ['linux', {}, '/home/ann/.local/share/spoolpipe'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/spoolpipe'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/spoolpipe'],
  ['freebsd', { XDG_DATA_HOME: '' }, '/home/ann/.local/share/spoolpipe'],
  ['darwin', { XDG_DATA_HOME: '/data' }, '/home/ann/Library/Application Support/spoolpipe'],
  ['win32', { LOCALAPPDATA: '/AppData/Local' }, '/AppData/Local/spoolpipe'],
  ['win32', {}, '/home/ann/AppData/Local/spoolpipe'],
] as const)('on %s with %j it is %s', (platform, env, folder) => {
  expect(defaultDataFolder({ platform, env, home })).toBe(folder);
});
