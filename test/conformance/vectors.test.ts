/**
 * The published vectors are the ones written down in `vectors/`. `npx vitest run test/conformance/vectors.test.ts -u`
 * writes them anew; the codec meets them in `shared/ops.test.ts`, the spooler in `protocol.test.ts`.
 */

import { expect, test } from 'vitest';
import { OP, type Vector } from './vectors/bytes.ts';
import { VALID_FROM_CLIENT } from './vectors/client.ts';
import { INVALID } from './vectors/invalid.ts';
import { VALID_FROM_SPOOLER } from './vectors/spooler.ts';

const vectors: readonly Vector[] = [...VALID_FROM_CLIENT, ...VALID_FROM_SPOOLER, ...INVALID];

test('the published file holds the vectors as they are written down here', async () => {
  // One vector a line, so that a change of one is a change of one line.
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`);
  const text = `{\n  "protocol": "spoolpipe.v1",\n  "vectors": [\n${lines.join(',\n')}\n  ]\n}\n`;
  await expect(text).toMatchFileSnapshot('../../shared/vectors/records.json');
});

test('no two vectors of a direction have the same name, or the same bytes', () => {
  const names = vectors.map(({ direction, name }) => `${direction}: ${name}`);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  const messages = vectors.map(({ direction, hex }) => `${direction}: ${hex}`);
  expect(messages.filter((message, index) => messages.indexOf(message) !== index)).toEqual([]);
});

test('every op is there in every direction it has, valid and broken', () => {
  const ops = (some: readonly Vector[]): Set<string> =>
    new Set(some.map(({ direction, hex }) => `${direction} ${hex.slice(0, 2)}`));
  const bothWays = ['ping', 'pong', 'notify', 'close'];
  const bySpooler = ['welcome', 'result', 'offer', 'settled'];
  const expected = Object.entries(OP).flatMap(([name, op]) => {
    const hex = op.toString(16).padStart(2, '0');
    if (bothWays.includes(name)) return [`client ${hex}`, `spooler ${hex}`];
    return [bySpooler.includes(name) ? `spooler ${hex}` : `client ${hex}`];
  });
  expect([...ops([...VALID_FROM_CLIENT, ...VALID_FROM_SPOOLER])].toSorted()).toEqual(expected.toSorted());
  const malformed = ops(INVALID.filter(({ error }) => error === 'MALFORMED'));
  const missing = Object.entries(OP).filter(([, op]) => {
    const hex = op.toString(16).padStart(2, '0');
    return !malformed.has(`client ${hex}`) && !malformed.has(`spooler ${hex}`);
  });
  expect(missing).toEqual([]);
});
