/**
 * A listener that is there: gives it what is kept for its registration, in order, as fast as it is taken and done with.
 * What was not acknowledged is given again to the next.
 */

import { type Guid, SpoolError } from '../../shared/index.ts';
import type { Heading } from '../../shared/persistence/registrations.ts';
import type { Caller } from '../core/service.ts';
import type { StreamChannel } from '../objects/stream-channel.ts';
import type { Backlog } from './backlog.ts';
import { BlockReader } from './block.ts';

/** What may be given and not acknowledged, notifications and bytes: much less than a session may hold. */
const GIVEN_OBJECTS = 2_048;
const GIVEN_BYTES = 2 * 1024 * 1024;
/** What is given in one go. */
const RUN_OBJECTS = 512;
const RUN_BYTES = 256 * 1024;

/** What is not in memory after so many tries is not in the store. */
const MOST_FETCHES = 5;

/** Given in one go. */
interface Given {
  readonly last: number;
  readonly bytes: number;
}

const utf8 = new TextEncoder();

export class Attachment {
  readonly id: Guid;
  readonly caller: Caller;
  readonly #backlog: Backlog;
  readonly #channel: StreamChannel;
  readonly #failed: (reason: unknown) => void;
  /** Everything up to it may have been given to somebody before. */
  readonly #redelivered: number;
  /** The next to be given. */
  #next: number;
  /** Where that stands in a block. */
  #reader: BlockReader | undefined;
  #readerLast = 0;
  #given: Given[] = [];
  #givenBytes = 0;
  /** Of the lost that it was told of. */
  #told: number;
  #isReading = false;
  #fetches = 0;
  #isOver = false;

  /** It takes the place of whoever received before. `failed`: what is kept cannot be read. */
  constructor(id: Guid, caller: Caller, backlog: Backlog, channel: StreamChannel, failed: (reason: unknown) => void) {
    this.id = id;
    this.caller = caller;
    this.#backlog = backlog;
    this.#channel = channel;
    this.#failed = failed;
    this.#redelivered = backlog.given;
    this.#told = backlog.lost;
    this.#next = backlog.attend();
  }

  get next(): number {
    return this.#next;
  }

  /** Gives what there is and what there is room for. */
  give(): void {
    try {
      while (!this.#isOver && this.#mayGive && this.#giveSome());
    } catch (reason) {
      this.#failed(reason);
    }
  }

  /** Everything up to the number is done with, from the next step on. False where it was not given yet. */
  acknowledge(number: number): boolean {
    if (number >= this.#next) return false;
    this.#backlog.acknowledge(number);
    for (let given = this.#given[0]; given && given.last <= number; given = this.#given[0]) {
      this.#given.shift();
      this.#givenBytes -= given.bytes;
    }
    this.#heard();
    this.give();
    return true;
  }

  /** It leaves in good order: what it was told it has heard. */
  detach(): void {
    this.#heard();
    this.end();
  }

  /** Nothing more is given. With a reason it is told. */
  end(over?: 'taken' | 'removed' | 'failed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (over !== undefined) this.#head({ over });
    this.#channel.close();
    this.#backlog.leave();
  }

  get #mayGive(): boolean {
    const { acknowledged } = this.#backlog;
    const unacknowledged = this.#next - 1 - acknowledged;
    return this.#channel.isReady && unacknowledged < GIVEN_OBJECTS && this.#givenBytes < GIVEN_BYTES;
  }

  /** A run, or that some are lost. False where nothing is at hand. */
  #giveSome(): boolean {
    const { gone, last } = this.#backlog;
    if (this.#backlog.isMissing(this.#next)) return true;
    if (gone >= this.#next) return this.#skipTo(gone + 1);
    if (this.#next > last) return false;
    const reader = this.#readerLast >= this.#next ? this.#reader : this.#readBlock();
    if (!reader) return false;
    const first = this.#next;
    const redelivered = first <= this.#redelivered;
    const most = redelivered ? Math.min(RUN_OBJECTS, this.#redelivered - first + 1) : RUN_OBJECTS;
    const { name, data, bytes } = reader.take(most, RUN_BYTES);
    const count = data.length;
    this.#next = first + count;
    this.#given.push({ last: first + count - 1, bytes });
    this.#givenBytes += bytes;
    this.#head({ first, count, redelivered, name, at: reader.at });
    this.#channel.send(data);
    this.#backlog.gave(first + count - 1);
    return true;
  }

  #skipTo(next: number): true {
    const lost = next - this.#next;
    this.#told += lost;
    this.#next = next;
    this.#readerLast = 0;
    this.#head({ lost });
    return true;
  }

  /** The reader of the block that the next one stands in, once it is in memory. */
  #readBlock(): BlockReader | undefined {
    const block = this.#backlog.blockAt(this.#next);
    if (!block?.value) return this.#fetch();
    this.#fetches = 0;
    const reader = new BlockReader(block.value);
    reader.skip(this.#next - block.first);
    this.#reader = reader;
    this.#readerLast = block.last;
    return reader;
  }

  #fetch(): undefined {
    if (this.#isReading) return;
    this.#isReading = true;
    if (++this.#fetches > MOST_FETCHES) {
      this.#failed(new SpoolError('STORE_CORRUPT', { input: `notification ${this.#next} of a registration` }));
      return;
    }
    this.#backlog.read(this.#next).then(
      () => {
        this.#isReading = false;
        this.give();
      },
      (reason: unknown) => this.#failed(reason),
    );
  }

  /** What it was told before it has heard by now. */
  #heard(): void {
    this.#backlog.told(this.#told);
    this.#told = 0;
  }

  #head(heading: Heading): void {
    this.#channel.send([utf8.encode(JSON.stringify(heading))]);
  }
}
