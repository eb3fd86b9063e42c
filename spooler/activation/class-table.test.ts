import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guid, SpoolError } from '../../shared/index.ts';
import { ClassTable } from './class-table.ts';

const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01';
const OTHER = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c02';

function parse(classes: unknown): ClassTable {
  return ClassTable.parse(JSON.stringify({ classes }), '/etc/spoolpipe');
}

test('a class is served by a program; paths are relative to the file', () => {
  const table = parse({
    [`{${CLSID.toUpperCase()}}`]: { command: ['node', 'window.mjs', ''] },
    [OTHER]: {
      command: ['./window'],
      directory: 'programs',
      environment: { TRAY: '2' },
      user: 'ann',
      token: 'secret',
      startTime: 500,
    },
  });
  expect([...table]).toEqual([
    [CLSID, { kind: 'command', command: ['node', 'window.mjs', ''], directory: '/etc/spoolpipe' }],
    [
      OTHER,
      {
        kind: 'command',
        command: ['./window'],
        directory: '/etc/spoolpipe/programs',
        environment: { TRAY: '2' },
        user: 'ann',
        token: 'secret',
        startTime: 500,
      },
    ],
  ]);
  expect(table.get(guid('ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157'))).toBeUndefined();
});

test('or a module, which is not loaded before it is wanted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spoolpipe-classes-'));
  const text = JSON.stringify({ classes: { [CLSID]: { module: './window.mjs' } } });
  const entry = ClassTable.parse(text, folder).get(guid(CLSID));
  if (entry?.kind !== 'module') throw new Error('no module');
  await expect(entry.load()).rejects.toThrow(/window\.mjs/);
  await writeFile(join(folder, 'door.mjs'), 'export const createObject = () => ({ open: true });');
  const [, door] = [...ClassTable.parse(text.replace('window', 'door'), folder)][0] ?? [];
  if (door?.kind !== 'module') throw new Error('no module');
  expect(await door.load()).toMatchObject({ createObject: expect.any(Function) });
  await rm(folder, { recursive: true });
});

test('no classes are a table too; a user is one name in every Unicode form', () => {
  expect([...parse({})]).toEqual([]);
  expect(parse({ [CLSID]: { command: ['x'], user: 'Bu\u0308ro' } }).get(guid(CLSID))).toMatchObject({
    user: 'B\u00fcro',
  });
});

const TOKEN = 'a-secret-that-nobody-may-see';

test.each([
  ['{', 'not JSON'],
  ['[]', 'classes: Invalid key'],
  ['null', 'the whole: Invalid type'],
  ['{"classes":{},"more":1}', 'the whole: an unknown key'],
  [`{"classes":{"window":{"module":"x"}}}`, 'classes: "window" is no GUID'],
  [`{"classes":{"${CLSID}":{"module":"x"},"{${CLSID}}":{"module":"x"}}}`, `classes.{${CLSID}}: twice`],
  [`{"classes":{"${CLSID}":{}}}`, `classes.${CLSID}: either command or module`],
  [`{"classes":{"${CLSID}":{"command":["x"],"module":"x"}}}`, `classes.${CLSID}: either command or module`],
  [`{"classes":{"${CLSID}":{"command":[]}}}`, `classes.${CLSID}.command: a command begins with a program`],
  [`{"classes":{"${CLSID}":{"command":["",""]}}}`, `classes.${CLSID}.command: a command begins with a program`],
  [`{"classes":{"${CLSID}":{"command":"node x"}}}`, `classes.${CLSID}.command: Invalid type`],
  [`{"classes":{"${CLSID}":{"command":["x",7]}}}`, `classes.${CLSID}.command.1: Invalid type`],
  [`{"classes":{"${CLSID}":{"module":"x","startTime":5}}}`, `classes.${CLSID}: what goes with a command`],
  [`{"classes":{"${CLSID}":{"command":["x"],"token":"${TOKEN}"}}}`, `classes.${CLSID}: a token needs the user`],
  [`{"classes":{"${CLSID}":{"command":["x"],"startTime":0}}}`, `classes.${CLSID}.startTime: Invalid value`],
  [`{"classes":{"${CLSID}":{"command":["x"],"user":"","token":"${TOKEN}"}}}`, `classes.${CLSID}.user: Invalid length`],
  [`{"classes":{"${CLSID}":{"command":["x"],"secret":"${TOKEN}"}}}`, `classes.${CLSID}: an unknown key`],
])('%s is refused with its place, and without a token', (text, input) => {
  let reason: unknown;
  try {
    ClassTable.parse(text, '/');
  } catch (thrown) {
    reason = thrown;
  }
  expect(reason).toBeInstanceOf(SpoolError);
  const { code, message } = reason as SpoolError;
  expect(code).toBe('CLASS_FILE_INVALID');
  expect(message).toContain(`(${input}`);
  expect(message).not.toContain(TOKEN);
});

test('a table made by a program has GUIDs too', () => {
  const entry = { kind: 'module', load: () => Promise.resolve({}) } as const;
  expect([...new ClassTable([[`{${CLSID}}`, entry]])]).toEqual([[CLSID, entry]]);
  expect(() => new ClassTable([['window', entry]])).toThrow(/E_INVALIDARG/);
});
