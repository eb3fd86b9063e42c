import { expect, test } from 'vitest';
import { hresultIn } from './object-answer.ts';

const utf8 = new TextEncoder();

test.each([
  ['{"hresult":0}', 0],
  ['{"hresult":2147500037,"message":"out of ink"}', 0x80004005],
  ['{"hresult":4294967295}', 0xffffffff],
  ['{"hresult":1,"further":["words"]}', 1],
])('%s is the answer %i', (text, hresult) => {
  expect(hresultIn(utf8.encode(text))).toBe(hresult);
});

test.each([
  '',
  '{',
  'null',
  '7',
  '[]',
  '{}',
  '{"hresult":"0"}',
  '{"hresult":-1}',
  '{"hresult":1.5}',
  '{"hresult":4294967296}',
  '{"hresult":0,"message":7}',
])('%j is no answer', (text) => {
  expect(() => hresultIn(utf8.encode(text))).toThrow(expect.objectContaining({ code: 'PROTOCOL_VIOLATED' }));
});

test.each([[null], [new Uint8Array([0xff])]])('neither null nor what is not UTF-8 is an answer: %j', (data) => {
  expect(() => hresultIn(data)).toThrow(/PROTOCOL_VIOLATED/);
});
