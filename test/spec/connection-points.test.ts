/** Connection points: sections 1 to 4 of their fact sheet. What they cannot do is in test/spec/drawbacks/. */

import { describe, expect, test } from 'vitest';
import {
  CONNECTION_POINT_CODES,
  ConnectableObject,
  ConnectionPointError,
  CountedObject,
  createSink,
  guid,
  IConnectionPoint,
  IConnectionPointContainer,
  IEnumConnectionPoints,
  IEnumConnections,
  IUnknown,
  interfaceId,
} from '../../client/connection-points/index.ts';
import { outcomeOf } from '../../shared/index.ts';

interface PaperEvents {
  onPaperJam(tray: number): void;
  onPaperOut(tray: number, sheets: number): void | Promise<void>;
}
const IPaperEvents = interfaceId<PaperEvents>('IPaperEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c1'));

interface InkEvents {
  onInkLow(colour: string): void;
}
const IInkEvents = interfaceId<InkEvents>('IInkEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c2'));

interface LidEvents {
  onLidOpen(): void;
}
const ILidEvents = interfaceId<LidEvents>('ILidEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c3'));

class Printer extends ConnectableObject {
  readonly paper = this.addConnectionPoint(IPaperEvents, { limit: 3 });
  readonly ink = this.addConnectionPoint(IInkEvents);
}

/** A sink for paper that remembers what it was told, with the name it writes in front. */
function paperSink(told: string[] = [], name = 'jam') {
  return createSink(IPaperEvents, { onPaperJam: (tray) => told.push(`${name} ${tray}`), onPaperOut: () => {} }, () =>
    told.push(`${name} released`),
  );
}

/** A sink with two interfaces. */
class Display extends CountedObject implements PaperEvents, InkEvents {
  readonly told: string[] = [];

  constructor() {
    super();
    this.implement(IPaperEvents, this);
    this.implement(IInkEvents, this);
  }

  onPaperJam(tray: number): void {
    this.told.push(`jam ${tray}`);
  }

  onPaperOut(): void {}

  onInkLow(colour: string): void {
    this.told.push(`ink ${colour}`);
  }
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (reason) {
    if (reason instanceof ConnectionPointError) return reason.code;
    throw reason;
  }
  return 'S_OK';
}

describe('objects and interfaces', () => {
  test('CP-6, CP-7, CP-8: the interfaces have the identifiers of the headers', () => {
    expect(
      [IEnumConnectionPoints, IConnectionPointContainer, IConnectionPoint, IEnumConnections].map(({ iid }) => iid),
    ).toEqual([
      'b196b285-bab4-101a-b69c-00aa00341d07',
      'b196b284-bab4-101a-b69c-00aa00341d07',
      'b196b286-bab4-101a-b69c-00aa00341d07',
      'b196b287-bab4-101a-b69c-00aa00341d07',
    ]);
  });

  test('CP-5: the four required ones are there; IProvideClassInfo, which is optional, is not', () => {
    const printer = new Printer();
    const point = printer.findConnectionPoint(IPaperEvents);
    expect(printer.queryInterface(IConnectionPointContainer)).toBe(printer);
    expect(point.queryInterface(IConnectionPoint)).toBe(point);
    const [points, connections] = [printer.enumConnectionPoints(), point.enumConnections()];
    expect(points.queryInterface(IEnumConnectionPoints)).toBe(points);
    expect(connections.queryInterface(IEnumConnections)).toBe(connections);
    const optional = interfaceId('IProvideClassInfo', guid('b196b283-bab4-101a-b69c-00aa00341d07'));
    expect(codeOf(() => printer.queryInterface(optional))).toBe('E_NOINTERFACE');
  });

  test('CP-1, CP-16: a sink implements the interface, one method for each kind of event, and the object calls it', async () => {
    const printer = new Printer();
    const told: string[] = [];
    const sink = createSink(IPaperEvents, {
      onPaperJam: (tray) => void told.push(`jam ${tray}`),
      onPaperOut: (tray, sheets) => void told.push(`out ${tray} ${sheets}`),
    });
    printer.findConnectionPoint(IPaperEvents).advise(sink);
    await printer.paper.fire('onPaperJam', 2);
    await printer.paper.fire('onPaperOut', 1, 500);
    expect(told).toEqual(['jam 2', 'out 1 500']);
  });

  test('CP-1: the compiler knows what a sink is called with', async () => {
    const { paper } = new Printer();
    // @ts-expect-error -- a tray is a number
    await paper.fire('onPaperJam', 'two');
    // @ts-expect-error -- no such event
    await paper.fire('onPaperjam', 2);
    // @ts-expect-error -- one value is missing
    await paper.fire('onPaperOut', 2);
    // @ts-expect-error -- a sink has to have all methods
    expect(createSink(IPaperEvents, { onPaperJam: () => {} }).references).toBe(1);
  });

  test('CP-3, CP-4: container, point, enumerators and sink are objects of their own, each counted for itself', () => {
    const printer = new Printer();
    const point = printer.findConnectionPoint(IPaperEvents);
    const sink = paperSink();
    point.advise(sink);
    const [points, connections] = [printer.enumConnectionPoints(), point.enumConnections()];
    points.addRef();
    connections.addRef();
    expect(new Set<unknown>([printer, point, points, connections, sink]).size).toBe(5);
    // Its maker's each, and: the client's and an enumerator's on the point; the connection's and an enumerator's on the sink.
    expect([printer.references, printer.paper.references, sink.references]).toEqual([1, 3, 3]);
  });

  test('CP-9: one object serves many clients, one client has many sinks, one sink is connected to many objects', async () => {
    const [first, second] = [new Printer(), new Printer()];
    const told: string[] = [];
    const [shared, other] = [paperSink(told, 'shared'), paperSink(told, 'other')];
    for (const { paper } of [first, second]) paper.advise(shared);
    first.paper.advise(other);
    await first.paper.fire('onPaperJam', 1);
    await second.paper.fire('onPaperJam', 2);
    expect(told).toEqual(['shared 1', 'other 1', 'shared 2']);
  });

  test('CP-10: each call goes over the list of connections as it is then', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const first = paper.advise(paperSink(told, 'first'));
    await paper.fire('onPaperJam', 1);
    paper.advise(paperSink(told, 'second'));
    await paper.fire('onPaperJam', 2);
    paper.unadvise(first);
    await paper.fire('onPaperJam', 3);
    expect(told).toEqual(['first 1', 'first 2', 'second 2', 'second 3']);
  });
});

describe('the sequence', () => {
  test('CP-2, CP-11, CP-12, CP-13, CP-15, CP-16, CP-17: ask, find, advise, be called, unadvise, release', async () => {
    const printer = new Printer();
    const told: string[] = [];
    const sink = paperSink(told);
    const container = printer.queryInterface(IConnectionPointContainer);
    const point = container.findConnectionPoint(IPaperEvents);
    const cookie = point.advise(sink);
    sink.release();
    await printer.paper.fire('onPaperJam', 2);
    point.unadvise(cookie);
    await printer.paper.fire('onPaperJam', 3);
    expect(told).toEqual(['jam 2', 'jam released']);
    expect([point.release(), container.release()]).toEqual([1, 1]);
  });

  test('CP-11: an object that does not have the container is not connectable', () => {
    expect(codeOf(() => new Display().queryInterface(IConnectionPointContainer))).toBe('E_NOINTERFACE');
  });

  test('CP-12: the point may as well be found among all', () => {
    const points = new Printer().enumConnectionPoints();
    const { items, code } = points.next(3);
    expect(items.map((point) => point.getConnectionInterface())).toEqual([IPaperEvents.iid, IInkEvents.iid]);
    expect(code).toBe('S_FALSE');
  });

  test('CP-14: the sink is asked for the interface, whichever of its interfaces was given', async () => {
    const printer = new Printer();
    const display = new Display();
    const asInk = display.queryInterface(IInkEvents) as Display;
    printer.findConnectionPoint(IPaperEvents).advise(asInk);
    await printer.paper.fire('onPaperJam', 2);
    await printer.ink.fire('onInkLow', 'cyan');
    expect(display.told).toEqual(['jam 2']);
  });

  test('CP-18: all of it is needed anew for each interface and each object', async () => {
    const display = new Display();
    const printers = [new Printer(), new Printer()];
    const advise = (printer: Printer, wanted: typeof IPaperEvents | typeof IInkEvents) =>
      printer.queryInterface(IConnectionPointContainer).findConnectionPoint(wanted).advise(display);
    const fire = async () => {
      for (const [number, { paper, ink }] of printers.entries()) {
        await paper.fire('onPaperJam', number);
        await ink.fire('onInkLow', `${number}`);
      }
      return display.told.splice(0);
    };
    const [first, second] = printers as [Printer, Printer];
    advise(first, IPaperEvents);
    expect(await fire()).toEqual(['jam 0']);
    advise(first, IInkEvents);
    expect(await fire()).toEqual(['jam 0', 'ink 0']);
    advise(second, IPaperEvents);
    expect(await fire()).toEqual(['jam 0', 'ink 0', 'jam 1']);
  });
});

describe('cookies and references', () => {
  test('CP-20: a cookie names one connection of its point, is never 0, and may be the same at another point', () => {
    const { paper, ink } = new Printer();
    const display = new Display();
    const cookies = [paper.advise(display), paper.advise(display), paper.advise(display)];
    expect(new Set(cookies).size).toBe(3);
    expect(cookies).not.toContain(0);
    expect(cookies).toContain(ink.advise(display));
    expect(codeOf(() => paper.unadvise(0))).toBe('CONNECT_E_NOCONNECTION');
  });

  test('CP-20: a cookie that was given back is not given to another', () => {
    const { paper } = new Printer();
    const cookie = paper.advise(paperSink());
    paper.unadvise(cookie);
    expect(paper.advise(paperSink())).not.toBe(cookie);
    expect(codeOf(() => paper.unadvise(cookie))).toBe('CONNECT_E_NOCONNECTION');
  });

  test('CP-21: advise keeps the reference its query counted, unadvise releases it', () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const sink = paperSink(told);
    const cookie = paper.advise(sink);
    expect(sink.references).toBe(2);
    sink.release();
    expect(told).toEqual([]);
    paper.unadvise(cookie);
    expect(told).toEqual(['jam released']);
  });

  test('CP-21: a connection point that is gone has released its sinks, also when one of them throws', () => {
    const printer = new Printer();
    const told: string[] = [];
    const unkind = createSink(IPaperEvents, { onPaperJam: () => {}, onPaperOut: () => {} }, () => {
      throw new Error('unkind');
    });
    for (const sink of [unkind, paperSink(told)]) {
      printer.paper.advise(sink);
      sink.release();
    }
    const point = printer.findConnectionPoint(IPaperEvents);
    printer.release();
    expect(told).toEqual([]);
    point.release();
    expect(told).toEqual(['jam released']);
  });

  test('CP-22: the same sink advised twice is two connections, two cookies and two calls', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const sink = paperSink(told);
    const [first, second] = [paper.advise(sink), paper.advise(sink)];
    expect(first).not.toBe(second);
    await paper.fire('onPaperJam', 1);
    paper.unadvise(first);
    await paper.fire('onPaperJam', 2);
    expect(told).toEqual(['jam 1', 'jam 1', 'jam 2']);
  });

  test('CP-23: the enumerator gives sink and cookie; whoever takes it releases the sink', () => {
    const { paper } = new Printer();
    const sink = paperSink();
    const cookie = paper.advise(sink);
    const connections = paper.enumConnections();
    const before = sink.references;
    const { items } = connections.next(1);
    expect(items.map((item) => item.cookie)).toEqual([cookie]);
    expect(items[0]?.sink).toBe(sink);
    expect(sink.references).toBe(before + 1);
    for (const item of items) item.sink.release();
    connections.release();
    expect(sink.references).toBe(2);
  });

  test('CP-24: next is S_OK where it gave as many as asked, else S_FALSE', () => {
    const { paper } = new Printer();
    const cookies = [1, 2, 3].map(() => paper.advise(paperSink()));
    const connections = paper.enumConnections();
    const next = (count?: number) => {
      const { code, items } = connections.next(count);
      return [code, ...items.map(({ cookie }) => cookie)];
    };
    expect(next()).toEqual(['S_OK', cookies[0]]);
    expect(next(2)).toEqual(['S_OK', cookies[1], cookies[2]]);
    expect(next(1)).toEqual(['S_FALSE']);
    connections.reset();
    expect(next(4)).toEqual(['S_FALSE', ...cookies]);
  });

  test('CP-24: an enumerator skips, begins again, and is copied at its place', () => {
    const { paper } = new Printer();
    const sink = paperSink();
    const cookies = [1, 2, 3].map(() => paper.advise(sink));
    const connections = paper.enumConnections();
    expect(connections.skip(2)).toBe('S_OK');
    const copy = connections.clone();
    expect(connections.skip(2)).toBe('S_FALSE');
    expect(copy.next(9).items.map(({ cookie }) => cookie)).toEqual([cookies[2]]);
    copy.reset();
    expect(copy.next(0)).toEqual({ code: 'S_OK', items: [] });
    expect(copy.next(9).items.map(({ cookie }) => cookie)).toEqual(cookies);
    const before = sink.references;
    connections.release();
    copy.release();
    expect(sink.references).toBe(before - 6);
    expect(codeOf(() => copy.next())).toBe('E_UNEXPECTED');
  });

  test('CP-25, CP-38: the point gives its container with a reference, and E_UNEXPECTED once that is gone', () => {
    const printer = new Printer();
    const point = printer.findConnectionPoint(IInkEvents);
    const container = point.getConnectionPointContainer();
    expect(container).toBe(printer);
    expect(printer.references).toBe(2);
    container.release();
    printer.release();
    expect(codeOf(() => point.getConnectionPointContainer())).toBe('E_UNEXPECTED');
    expect(codeOf(() => printer.findConnectionPoint(IInkEvents))).toBe('E_UNEXPECTED');
  });

  test('CP-26: a find that fails gives nothing, and counts nothing', () => {
    const printer = new Printer();
    expect(() => printer.findConnectionPoint(ILidEvents)).toThrow(ConnectionPointError);
    expect([printer.references, printer.paper.references, printer.ink.references]).toEqual([1, 1, 1]);
  });

  test('CP-27: where others have no enumerator of connections, ours has one', () => {
    expect(codeOf(() => new Printer().paper.enumConnections())).toBe('S_OK');
  });
});

describe('decided where the documents are silent', () => {
  test('CP-OPEN-1, decided: an enumeration is of the connections when it was asked for, and keeps their sinks', () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const sink = paperSink(told);
    const cookie = paper.advise(sink);
    sink.release();
    const connections = paper.enumConnections();
    paper.unadvise(cookie);
    paper.advise(paperSink());
    expect(told).toEqual([]);
    expect(connections.next(9).items.map((item) => item.cookie)).toEqual([cookie]);
    sink.release();
    connections.release();
    expect(told).toEqual(['jam released']);
  });

  test('CP-OPEN-1, decided: a sink added during a firing has to wait for the next', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const adding = createSink(IPaperEvents, {
      onPaperJam: () => void paper.advise(paperSink(told, 'late')),
      onPaperOut: () => {},
    });
    const cookie = paper.advise(adding);
    await paper.fire('onPaperJam', 1);
    expect(told).toEqual([]);
    paper.unadvise(cookie);
    await paper.fire('onPaperJam', 2);
    expect(told).toEqual(['late 2']);
  });

  test('CP-OPEN-1, decided: a sink removed during a firing is not called any more; one may remove itself', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    let [own, other] = [0, 0];
    const removing = createSink(
      IPaperEvents,
      {
        onPaperJam: () => {
          paper.unadvise(own);
          paper.unadvise(other);
          told.push('removed both');
        },
        onPaperOut: () => {},
      },
      () => told.push('removing released'),
    );
    const victim = paperSink(told, 'victim');
    own = paper.advise(removing);
    other = paper.advise(victim);
    removing.release();
    victim.release();
    expect(await paper.fire('onPaperJam', 1)).toEqual([]);
    expect(told).toEqual(['victim released', 'removed both', 'removing released']);
  });

  test('CP-OPEN-1, decided: when an object ends during a firing its sinks are released, and called no more', async () => {
    const printer = new Printer();
    const told: string[] = [];
    const ending = createSink(IPaperEvents, { onPaperJam: () => void printer.release(), onPaperOut: () => {} });
    const next = paperSink(told, 'next');
    for (const sink of [ending, next]) printer.paper.advise(sink);
    next.addRef();
    expect(await printer.paper.fire('onPaperJam', 1)).toEqual([]);
    expect([told, next.references]).toEqual([[], 2]);
  });

  test('CP-OPEN-2, decided: sinks are called in the order they were advised, one after another', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const waiting: (() => void)[] = [];
    const slow = createSink(IPaperEvents, {
      onPaperJam: () => {},
      onPaperOut: async () => {
        told.push('slow begins');
        await new Promise<void>((resolve) => waiting.push(resolve));
        told.push('slow ends');
      },
    });
    const quick = createSink(IPaperEvents, { onPaperJam: () => {}, onPaperOut: () => void told.push('quick') });
    paper.advise(slow);
    paper.advise(quick);
    const fired = paper.fire('onPaperOut', 1, 0);
    expect(told).toEqual(['slow begins']);
    waiting[0]?.();
    await fired;
    expect(told).toEqual(['slow begins', 'slow ends', 'quick']);
  });

  test('CP-OPEN-2, decided: where no sink is asynchronous all have been called when fire returns', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    for (const name of ['first', 'second', 'third']) paper.advise(paperSink(told, name));
    const fired = paper.fire('onPaperJam', 1);
    expect(told).toEqual(['first 1', 'second 1', 'third 1']);
    await fired;
  });

  test('CP-OPEN-3, decided: a sink that fails keeps nobody from being called, is reported, and stays connected', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const thrown = new Error('no display');
    const rejected = new Error('no display either');
    const throwing = createSink(IPaperEvents, {
      onPaperJam: () => {
        throw thrown;
      },
      onPaperOut: () => Promise.reject(rejected),
    });
    const cookie = paper.advise(throwing);
    paper.advise(paperSink(told));
    expect(await paper.fire('onPaperJam', 1)).toEqual([{ cookie, reason: thrown }]);
    expect(await paper.fire('onPaperOut', 1, 2)).toEqual([{ cookie, reason: rejected }]);
    expect(await paper.fire('onPaperJam', 3)).toEqual([{ cookie, reason: thrown }]);
    expect(told).toEqual(['jam 1', 'jam 3']);
    expect(throwing.references).toBe(2);
  });

  test('CP-OPEN-3, decided: the same holds for a sink that was released too often and is gone', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const gone = paperSink();
    const cookie = paper.advise(gone);
    paper.advise(paperSink(told));
    gone.release();
    gone.release();
    expect(await paper.fire('onPaperJam', 1)).toMatchObject([{ cookie, reason: { code: 'E_UNEXPECTED' } }]);
    expect(told).toEqual(['jam 1']);
  });

  test('CP-35, CP-OPEN-4, decided: a bad cookie is CONNECT_E_NOCONNECTION, and changes nothing', async () => {
    const { paper } = new Printer();
    const told: string[] = [];
    const cookie = paper.advise(paperSink(told));
    for (const bad of [0, -1, cookie + 1, Number.NaN]) {
      expect(codeOf(() => paper.unadvise(bad))).toBe('CONNECT_E_NOCONNECTION');
    }
    await paper.fire('onPaperJam', 1);
    expect(told).toEqual(['jam 1']);
  });
});

/** CP-30 to CP-33 and CP-40. */
const CODES = [
  ['CP-40', 'S_OK', 0],
  ['CP-40', 'S_FALSE', 1],
  ['CP-30', 'CONNECT_E_NOCONNECTION', 0x80040200],
  ['CP-31', 'CONNECT_E_ADVISELIMIT', 0x80040201],
  ['CP-32', 'CONNECT_E_CANNOTCONNECT', 0x80040202],
  ['CP-33', 'CONNECT_E_OVERRIDDEN', 0x80040203],
  ['CP-40', 'E_NOTIMPL', 0x80004001],
  ['CP-40', 'E_NOINTERFACE', 0x80004002],
  ['CP-40', 'E_POINTER', 0x80004003],
  ['CP-40', 'E_UNEXPECTED', 0x8000ffff],
  ['CP-34', 'E_OUTOFMEMORY', 0x8007000e],
] as const;

describe('codes', () => {
  test.each(CODES)('%s: %s', (_, code, hresult) => {
    const { sentence, advice } = CONNECTION_POINT_CODES[code];
    expect(CONNECTION_POINT_CODES[code].hresult).toBe(hresult);
    const error = new ConnectionPointError(code, { input: 'IPaperEvents' });
    expect(error).toMatchObject({ code, hresult, rawMessage: `${sentence} (IPaperEvents)`, advice });
    expect(error.message).toBe(`[${code}] ${error.rawMessage} ${advice}`);
    for (const text of [sentence, advice]) expect(text).toMatch(/^[A-Z].*\.$/);
  });

  test('CP-30 to CP-40: they are a closed set', () => {
    expect(new Set(Object.keys(CONNECTION_POINT_CODES))).toEqual(new Set(CODES.map(([, code]) => code)));
  });

  test('CP-30, CP-36: an interface the object does not fire on is CONNECT_E_NOCONNECTION', () => {
    expect(() => new Printer().findConnectionPoint(ILidEvents)).toThrow(
      expect.objectContaining({ code: 'CONNECT_E_NOCONNECTION', input: 'ILidEvents' }),
    );
  });

  test('CP-31, CP-34: a point that is full is CONNECT_E_ADVISELIMIT, until somebody leaves', () => {
    const { paper } = new Printer();
    const cookies = [1, 2, 3].map(() => paper.advise(paperSink()));
    const sink = paperSink();
    expect(codeOf(() => paper.advise(sink))).toBe('CONNECT_E_ADVISELIMIT');
    expect(sink.references).toBe(1);
    paper.unadvise(cookies[0] ?? 0);
    expect(codeOf(() => paper.advise(sink))).toBe('S_OK');
  });

  test('CP-32, CP-34: a sink without the interface is CONNECT_E_CANNOTCONNECT, and nothing is kept', async () => {
    const { ink } = new Printer();
    const sink = paperSink();
    expect(codeOf(() => ink.advise(sink))).toBe('CONNECT_E_CANNOTCONNECT');
    expect(sink.references).toBe(1);
    expect(await ink.fire('onInkLow', 'cyan')).toEqual([]);
  });

  test.each([
    ['answers with null', { queryInterface: () => null }],
    [
      'throws something else',
      {
        queryInterface: () => {
          throw new TypeError('what?');
        },
      },
    ],
    ['cannot even be asked', {}],
  ])('CP-32, CP-37: whatever a sink fails its query with, the code is the same: one that %s', (_, broken) => {
    const { ink } = new Printer();
    expect(codeOf(() => ink.advise(broken as unknown as IUnknown))).toBe('CONNECT_E_CANNOTCONNECT');
  });

  test('CP-34: no sink at all is E_POINTER; a point that is gone is E_UNEXPECTED', () => {
    const printer = new Printer();
    const { paper } = printer;
    for (const nothing of [null, undefined]) {
      expect(codeOf(() => paper.advise(nothing as unknown as IUnknown))).toBe('E_POINTER');
    }
    printer.release();
    const sink = paperSink();
    expect(codeOf(() => paper.advise(sink))).toBe('E_UNEXPECTED');
    expect(sink.references).toBe(1);
  });

  test('CP-39, EVC-197: the numbers have other names in the event system, so none is turned into a name', () => {
    const elsewhere = (code: keyof typeof CONNECTION_POINT_CODES) =>
      outcomeOf(CONNECTION_POINT_CODES[code].hresult).code;
    expect(elsewhere('CONNECT_E_ADVISELIMIT')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(elsewhere('CONNECT_E_OVERRIDDEN')).toBe('EVENT_E_QUERYSYNTAX');
    expect(elsewhere('CONNECT_E_NOCONNECTION')).toBe('UNKNOWN_HRESULT');
    expect(elsewhere('CONNECT_E_CANNOTCONNECT')).toBe('UNKNOWN_HRESULT');
  });

  test('CP-40: every object has IUnknown, and says so when it is gone', () => {
    const display = new Display();
    expect(display.queryInterface(IUnknown)).toBe(display);
    expect([display.release(), display.release()]).toEqual([1, 0]);
    for (const action of [() => display.addRef(), () => display.release(), () => display.queryInterface(IUnknown)]) {
      expect(codeOf(action)).toBe('E_UNEXPECTED');
    }
  });
});
