import { describe, expect, test } from 'vitest';
import {
  ALL_CODES,
  type Code,
  hresultOf,
  outcomeOf,
  SpoolError,
  sentenceOf,
  succeeded,
  success,
  unwrap,
} from './errors.ts';

/** `PrintAsyncNotifyError`, in the order of its values, with the HRESULT each usually travels as. */
const PRINT_ASYNC_NOTIFY_ERROR = [
  ['PAN-197', 'CHANNEL_CLOSED_BY_SERVER', 0x01, 0x80040001],
  ['PAN-198', 'CHANNEL_CLOSED_BY_ANOTHER_LISTENER', 0x02, 0x80040002],
  ['PAN-199', 'CHANNEL_CLOSED_BY_SAME_LISTENER', 0x03, 0x80040003],
  ['PAN-200', 'CHANNEL_RELEASED_BY_LISTENER', 0x04, 0x80040004],
  ['PAN-201', 'UNIRECTIONAL_NOTIFICATION_LOST', 0x05, 0x00040005],
  ['PAN-202', 'ASYNC_NOTIFICATION_FAILURE', 0x06, 0x80040006],
  ['PAN-203', 'NO_LISTENERS', 0x07, 0x00040007],
  ['PAN-204', 'CHANNEL_ALREADY_CLOSED', 0x08, 0x80040008],
  ['PAN-205', 'CHANNEL_ALREADY_OPENED', 0x09, 0x80040009],
  ['PAN-206', 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION', 0x0a, 0x8004000a],
  ['PAN-207', 'CHANNEL_NOT_OPENED', 0x0b, 0x8004000b],
  ['PAN-208', 'ASYNC_CALL_ALREADY_PARKED', 0x0c, 0x8004000c],
  ['PAN-209', 'NOT_REGISTERED', 0x0d, 0x8004000d],
  ['PAN-210', 'ALREADY_UNREGISTERED', 0x0e, 0x8004000e],
  ['PAN-211', 'ALREADY_REGISTERED', 0x0f, 0x8004000f],
  ['PAN-212', 'CHANNEL_ACQUIRED', 0x10, 0x80040010],
  ['PAN-213', 'ASYNC_CALL_IN_PROGRESS', 0x11, 0x80040011],
  ['PAN-214', 'MAX_NOTIFICATION_SIZE_EXCEEDED', 0x12, 0x80040012],
  ['PAN-215', 'INTERNAL_NOTIFICATION_QUEUE_IS_FULL', 0x13, 0x80040013],
  ['PAN-216', 'INVALID_NOTIFICATION_TYPE', 0x14, 0x80040014],
  // GAP-15: this one has the facility of Win32.
  ['PAN-217', 'MAX_REGISTRATION_COUNT_EXCEEDED', 0x15, 0x80070015],
  ['PAN-218', 'MAX_CHANNEL_COUNT_EXCEEDED', 0x16, 0x80040016],
  ['PAN-219', 'LOCAL_ONLY_REGISTRATION', 0x17, 0x00040017],
  ['PAN-220', 'REMOTE_ONLY_REGISTRATION', 0x18, 0x00040018],
] as const satisfies readonly (readonly [string, Code, number, number])[];

const COMMON_HRESULTS = [
  ['PAN-221', 'S_OK', 0],
  ['PAN-227', 'E_ACCESSDENIED', 0x80070005],
  ['PAN-228', 'E_OUTOFMEMORY', 0x8007000e],
  ['PAN-230', 'ERROR_INVALID_NAME', 0x8007007b],
  ['PAN-231', 'RPC_S_CALL_CANCELLED', 0x8007071a],
  ['PROTOCOL.md section 8', 'E_INVALIDARG', 0x80070057],
] as const satisfies readonly (readonly [string, Code, number])[];

const JOB_CODES = [
  ['JOB-152', 'BG_E_NOT_FOUND', 0x80200001],
  ['JOB-153', 'BG_E_INVALID_STATE', 0x80200002],
  ['JOB-154', 'BG_E_EMPTY', 0x80200003],
  ['JOB-155', 'BG_E_ERROR_INFORMATION_UNAVAILABLE', 0x8020000f],
  ['JOB-156', 'BG_E_NETWORK_DISCONNECTED', 0x80200010],
  ['JOB-158', 'BG_E_STRING_TOO_LONG', 0x80200021],
  ['JOB-159', 'BG_E_RECORD_DELETED', 0x80200042],
  ['JOB-161', 'BG_E_VALIDATION_FAILED', 0x80200053],
  ['JOB-162', 'E_PENDING', 0x8000000a],
  ['winerror.h', 'ERROR_DISK_FULL', 0x80070070],
  ['winerror.h', 'ERROR_INVALID_PRINTER_NAME', 0x80070709],
  ['winerror.h', 'ERROR_PRINTER_ALREADY_EXISTS', 0x8007070a],
  ['JOB-MAP-5, decided', 'PRINTER_STOPPED', 0x80200ff0],
  ['JOB-MAP-6, decided', 'DOCUMENT_BLOCKED', 0x80200ff1],
] as const satisfies readonly (readonly [string, Code, number])[];

/** EVC-181 to EVC-196 and EVC-209. */
const EVENT_CODES = [
  ['EVC-181', 'EVENT_S_SOME_SUBSCRIBERS_FAILED', 0x00040200],
  ['EVC-182', 'EVENT_E_ALL_SUBSCRIBERS_FAILED', 0x80040201],
  ['EVC-183', 'EVENT_S_NOSUBSCRIBERS', 0x00040202],
  ['EVC-184', 'EVENT_E_QUERYSYNTAX', 0x80040203],
  ['EVC-185', 'EVENT_E_QUERYFIELD', 0x80040204],
  ['EVC-186', 'EVENT_E_INTERNALEXCEPTION', 0x80040205],
  ['EVC-187', 'EVENT_E_INTERNALERROR', 0x80040206],
  ['EVC-188', 'EVENT_E_INVALID_PER_USER_SID', 0x80040207],
  ['EVC-189', 'EVENT_E_USER_EXCEPTION', 0x80040208],
  ['EVC-190', 'EVENT_E_TOO_MANY_METHODS', 0x80040209],
  ['EVC-191', 'EVENT_E_MISSING_EVENTCLASS', 0x8004020a],
  ['EVC-192', 'EVENT_E_NOT_ALL_REMOVED', 0x8004020b],
  ['EVC-209', 'EVENT_E_COMPLUS_NOT_INSTALLED', 0x8004020c],
  ['EVC-193', 'EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT', 0x8004020d],
  ['EVC-194', 'EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT', 0x8004020e],
  ['EVC-195', 'EVENT_E_INVALID_EVENT_CLASS_PARTITION', 0x8004020f],
  ['EVC-108, EVC-196', 'EVENT_E_PER_USER_SID_NOT_LOGGED_ON', 0x80040210],
] as const satisfies readonly (readonly [string, Code, number])[];

/** Those of COM that services and objects answer with (winerror.h). */
const COM_HRESULTS = [
  ['REGDB_E_CLASSNOTREG', 0x80040154],
  ['CO_E_SERVER_EXEC_FAILURE', 0x80080005],
  ['RPC_E_DISCONNECTED', 0x80010108],
  ['RPC_E_TIMEOUT', 0x8001011f],
  ['E_NOTIMPL', 0x80004001],
  ['E_NOINTERFACE', 0x80004002],
  ['E_POINTER', 0x80004003],
  ['E_FAIL', 0x80004005],
  ['E_UNEXPECTED', 0x8000ffff],
] as const satisfies readonly (readonly [Code, number])[];

const OWN = [...ALL_CODES].filter(([, { hresult }]) => (hresult & 0x20000000) !== 0);

describe('the codes', () => {
  test.each(PRINT_ASYNC_NOTIFY_ERROR)('%s: %s', (_, code, value, hresult) => {
    expect(hresultOf(code)).toBe(hresult);
    expect(hresult & 0xffff).toBe(value);
    expect(outcomeOf(hresult)).toEqual({ code, hresult });
    expect(succeeded(hresult)).toBe(hresult >>> 16 === 0x0004);
  });

  test.each(COMMON_HRESULTS)('%s: %s', (_, code, hresult) => {
    expect(hresultOf(code)).toBe(hresult);
    expect(outcomeOf(hresult)).toEqual({ code, hresult });
    expect(succeeded(hresult)).toBe(code === 'S_OK');
  });

  test('have their name with either severity (GAP-6, GAP-10, PAN-222)', () => {
    for (const [, code, , hresult] of PRINT_ASYNC_NOTIFY_ERROR) {
      if (code === 'MAX_REGISTRATION_COUNT_EXCEEDED') continue;
      const other = (hresult ^ 0x80000000) >>> 0;
      expect(outcomeOf(other)).toEqual({ code, hresult: other });
      expect(succeeded(other)).toBe(!succeeded(hresult));
    }
    expect(success('CHANNEL_ACQUIRED')).toBe(0x00040010);
    expect(success('NO_LISTENERS')).toBe(0x00040007);
  });

  test.each(JOB_CODES)('%s: %s', (_, code, hresult) => {
    expect(hresultOf(code)).toBe(hresult);
    expect(outcomeOf(hresult)).toEqual({ code, hresult });
  });

  test.each(EVENT_CODES)('%s: %s', (_, code, hresult) => {
    expect(hresultOf(code)).toBe(hresult);
    expect(outcomeOf(hresult)).toEqual({ code, hresult });
    expect(succeeded(hresult)).toBe(code.startsWith('EVENT_S_'));
  });

  test('EVC-197: of the event system have no name with the other severity, which may mean something else', () => {
    for (const [, , hresult] of EVENT_CODES) {
      expect(outcomeOf((hresult ^ 0x80000000) >>> 0).code).toBe('UNKNOWN_HRESULT');
    }
  });

  test.each(COM_HRESULTS)('%s is what winerror.h says', (code, hresult) => {
    expect(hresultOf(code)).toBe(hresult);
    expect(outcomeOf(hresult)).toEqual({ code, hresult });
    expect(succeeded(hresult)).toBe(false);
  });

  test('are a closed set: those of the documents and those of this library', () => {
    const documented = [
      ...[...PRINT_ASYNC_NOTIFY_ERROR, ...COMMON_HRESULTS, ...EVENT_CODES, ...JOB_CODES].map(([, code]) => code),
      ...COM_HRESULTS.map(([code]) => code),
    ];
    expect(new Set(ALL_CODES.keys())).toEqual(new Set([...documented, ...OWN.map(([code]) => code)]));
    expect(documented).toHaveLength(70);
  });

  test('have a number each, a sentence and an advice', () => {
    expect(new Set([...ALL_CODES.values()].map(({ hresult }) => hresult)).size).toBe(ALL_CODES.size);
    for (const [code, { sentence, advice }] of ALL_CODES) {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
      expect(sentenceOf(code)).toBe(sentence);
    }
  });

  test.each(OWN)('%s, of this library, is an error with the customer bit (PAN-238)', (_, { hresult }) => {
    expect(succeeded(hresult)).toBe(false);
    expect(hresult & 0x20000000).not.toBe(0);
  });

  test.each([0x80049999, 0xa0041234, 0x80070002, 0x00050000, 0x7fffffff, 0xffffffff])(
    'a number that is none of them is passed on as it is: %i (PAN-238)',
    (hresult) => {
      expect(outcomeOf(hresult)).toEqual({ code: 'UNKNOWN_HRESULT', hresult });
    },
  );
});

describe('how a call ends', () => {
  test('with the outcome of a success', () => {
    expect(unwrap(0)).toEqual({ code: 'S_OK', hresult: 0 });
    expect(unwrap(0x00040010)).toEqual({ code: 'CHANNEL_ACQUIRED', hresult: 0x00040010 });
    expect(unwrap(0x0badcafe)).toEqual({ code: 'UNKNOWN_HRESULT', hresult: 0x0badcafe });
  });

  test('with the error of a failure, which carries the number that came', () => {
    expect(() => unwrap(0x80040010)).toThrow(
      expect.objectContaining({ code: 'CHANNEL_ACQUIRED', hresult: 0x80040010 }),
    );
    expect(() => unwrap(0x80040007)).toThrow(expect.objectContaining({ code: 'NO_LISTENERS', hresult: 0x80040007 }));
    expect(() => unwrap(0x80040012, '11 bytes')).toThrow(expect.objectContaining({ input: '11 bytes' }));
  });

  test('with the number in the message where it is unknown (PAN-238)', () => {
    expect(() => unwrap(0xdeadbeef)).toThrow(/^\[UNKNOWN_HRESULT\] .*0xdeadbeef/);
  });
});

describe('a SpoolError', () => {
  test('says the code first, then the sentence, the input and what to do', () => {
    const error = new SpoolError('ERROR_INVALID_NAME', { input: '"Lab"' });
    const { sentence, advice } = ALL_CODES.get('ERROR_INVALID_NAME') ?? { sentence: '', advice: '' };
    expect(error.message).toBe(`[ERROR_INVALID_NAME] ${sentence} ("Lab") ${advice}`);
    expect(error).toMatchObject({
      name: 'SpoolError',
      code: 'ERROR_INVALID_NAME',
      hresult: 0x8007007b,
      rawMessage: `${sentence} ("Lab")`,
      advice,
      input: '"Lab"',
    });
  });

  test('has no cause and no input unless it is given one', () => {
    const error = new SpoolError('CONNECTION_LOST');
    expect('cause' in error).toBe(false);
    expect(error.input).toBeUndefined();
    expect(error.rawMessage).toBe(sentenceOf('CONNECTION_LOST'));
  });

  test('carries what else is known about the input, nothing unless it is given', () => {
    expect(new SpoolError('EVENT_E_QUERYSYNTAX', { details: { position: 7 } }).details).toEqual({ position: 7 });
    expect(new SpoolError('EVENT_E_QUERYSYNTAX').details).toEqual({});
  });

  test('is what everything foreign becomes, with the original as its cause', () => {
    const foreign = new Error('ECONNREFUSED');
    expect(SpoolError.from(foreign, 'CONNECTION_FAILED')).toMatchObject({
      code: 'CONNECTION_FAILED',
      input: 'ECONNREFUSED',
      cause: foreign,
    });
    expect(SpoolError.from('just text', 'CONNECTION_FAILED')).toMatchObject({ input: undefined, cause: 'just text' });
    const own = new SpoolError('TIMED_OUT');
    expect(SpoolError.from(own, 'CONNECTION_FAILED')).toBe(own);
  });
});
