import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineReader } from './line-reader.ts';

function linesOf(...chunks: Buffer[]): string[] {
  const lines: string[] = [];
  const reader = new LineReader((line) => lines.push(line));
  for (const chunk of chunks) reader.read(chunk);
  reader.end();
  return lines;
}

test('lines come without their ends, the last one also without one, empty ones not at all', () => {
  expect(linesOf(Buffer.from('one\r\n\n  two \nthree'))).toEqual(['one', '  two', 'three']);
  expect(linesOf()).toEqual([]);
});

test('wherever the bytes are cut, the lines are the same', () => {
  const text = fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }).map((lines) => Buffer.from(lines.join('\n')));
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 6 }), (bytes, cuts) => {
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].toSorted((a, b) => a - b);
      const chunks = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
      expect(linesOf(...chunks)).toEqual(linesOf(bytes));
    }),
  );
});

test('a long line is cut, and does not grow while nothing ends it', () => {
  const long = Buffer.from('x'.repeat(3_000));
  expect(linesOf(long, long, long, Buffer.from('\nshort\n'))).toEqual(['x'.repeat(4_096), 'short']);
});
