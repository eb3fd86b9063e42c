import { describe, expect, test } from 'vitest';
import { encodeRecord, RawRecord } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { Loan } from '../../shared/loan.ts';
import { Outbox } from '../../shared/outbox.ts';
import { RecordingLink } from '../../test/fuzz/recording-link.ts';
import { Message } from './message.ts';
import { WaitingMessage } from './waiting-message.ts';

const END = 7;

/** A link that remembers what it was told has left, and what it was given back. */
class Peer extends RecordingLink {
  readonly outbox = new Outbox(this);
  readonly lefts: ((() => void) | undefined)[] = [];
  readonly recycled: Uint8Array[] = [];

  override send(parts: readonly Uint8Array[], left?: () => void): void {
    super.send(parts);
    this.lefts.push(left);
  }

  recycle(message: Uint8Array): void {
    this.recycled.push(message);
  }
}

function waiting(size: number) {
  const data = new Uint8Array(size).fill(1);
  // Behind it something else has come in the same message.
  const record = encodeRecord({ op: 'notify', end: END, sequence: 1, data, release: false });
  const bytes = concat([...record, new Uint8Array(size < 1_000 ? 4_000 : 0)]);
  const sender = new Peer();
  const loan = Loan.of(sender, bytes);
  const waits = new WaitingMessage(new Message(new RawRecord(bytes, 0), loan));
  // Whoever read the message has.
  loan?.done();
  return { bytes, sender, waits };
}

function send(content: ReturnType<WaitingMessage['contentFor']>, { outbox }: Peer): void {
  if ('sendTo' in content) content.sendTo(outbox);
  else outbox.write(content);
  outbox.flush();
}

describe('a notification that waits for several', () => {
  test('is sent to all as the same parts, and its memory given back when it has left the last', () => {
    const { bytes, sender, waits } = waiting(100_000);
    const [one, other] = [new Peer(), new Peer()];
    const contents = [waits.contentFor(END), waits.contentFor(END)] as const;
    send(contents[0], one);
    one.lefts[0]?.();
    expect(sender.recycled).toEqual([]);
    send(contents[1], other);
    expect(other.messages[0]).toBe(one.messages[0]);
    expect(Buffer.compare(one.bytes, bytes)).toBe(0);
    expect(sender.recycled).toEqual([]);
    other.lefts[0]?.();
    expect(sender.recycled.map((each) => each === bytes)).toEqual([true]);
  });

  test('gives its memory back where one goes without it', () => {
    const { bytes, sender, waits } = waiting(100_000);
    const one = new Peer();
    const contents = [waits.contentFor(END), waits.contentFor(END)] as const;
    send(contents[0], one);
    one.lefts[0]?.();
    if ('withdrawn' in contents[1]) contents[1].withdrawn();
    expect(sender.recycled.map((each) => each === bytes)).toEqual([true]);
  });

  test('for an end of another number is a record of its own, and the memory is kept', () => {
    const { sender, waits } = waiting(100_000);
    const [one, other] = [new Peer(), new Peer()];
    const contents = [waits.contentFor(END), waits.contentFor(END + 1)] as const;
    send(contents[1], other);
    send(contents[0], one);
    one.lefts[0]?.();
    expect(new RawRecord(other.bytes, 0).id).toBe(END + 1);
    expect(sender.recycled).toEqual([]);
  });

  test('that is small is a copy', () => {
    const { bytes, waits } = waiting(100);
    const one = new Peer();
    const content = waits.contentFor(END);
    bytes.fill(0xee);
    send(content, one);
    expect(new RawRecord(one.bytes, 0).sequence).toBe(1);
    expect(one.bytes.subarray(-100)).toEqual(new Uint8Array(100).fill(1));
  });
});
