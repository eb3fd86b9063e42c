/**
 * A unidirectional channel: open until its source closes it; every matching registration gets a copy (PAN-111 to
 * PAN-124).
 */

import { Batch } from '../../shared/batch.ts';
import { hresultOf, succeeded } from '../../shared/errors.ts';
import type { Cause, Overflow } from '../../shared/index.ts';
import { JOIN_LIMIT } from '../../shared/outbox.ts';
import { Slab } from '../../shared/slab.ts';
import { Answers } from './answers.ts';
import type { Directory, Target } from './directory.ts';
import type { ListenerEnd, SourceEnd } from './ends.ts';
import type { Keeper } from './keeper.ts';
import type { Message } from './message.ts';
import { WaitingMessage } from './waiting-message.ts';

/** Something the source sent that waits for its turn: overflow `wait`. */
type Waiting =
  | { readonly kind: 'notify'; readonly message: Message }
  | { readonly kind: 'refused'; readonly sequence: number; readonly hresult: number }
  | { readonly kind: 'close'; readonly sequence: number };

const S_OK = hresultOf('S_OK');
/** Bytes: many channels may have one thing waiting, few have much. */
const FIRST_SLAB = 1024;

export class UnidirectionalChannel {
  readonly style = 'kUniDirectional';
  readonly target: Target;
  readonly source: SourceEnd;
  readonly #directory: Directory;
  readonly #overflow: Overflow;
  #state: 'open' | 'closed' = 'open';
  /** The ends of the registrations that match, as of `#audienceVersion`. */
  #audience: ListenerEnd[] = [];
  #audienceVersion = -1;
  #directoryChanges = -1;
  readonly #ends = new Map<object, ListenerEnd>();
  /** What everybody is sent alike in this turn. */
  #batch: Batch | undefined;
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  /** Where the small ones of them are. */
  #slab: Slab | undefined;
  /** Those who keep what it sends, as of `#audienceVersion`. */
  #keepers: readonly Keeper[] | undefined;
  /** What waits for them, once there was somebody. */
  #answers: Answers | undefined;

  constructor(
    source: Omit<SourceEnd, 'channel' | 'pending' | 'sent'>,
    target: Target,
    directory: Directory,
    overflow: Overflow,
  ) {
    this.source = { ...source, channel: this, pending: undefined, sent: 0 };
    this.target = target;
    this.#directory = directory;
    this.#overflow = overflow;
  }

  get state(): 'open' | 'closed' {
    return this.#state;
  }

  get listeners(): number {
    return this.#ends.size;
  }

  get waits(): boolean {
    return this.#overflow === 'wait';
  }

  /** Whether only so much may be unanswered: where the sender waits, and behind a close that does. */
  get isBounded(): boolean {
    return this.waits || this.#waiting.length > 0;
  }

  /** What is unanswered of that. */
  get waitingObjects(): number {
    return this.#waiting.length + (this.waits ? this.#unanswered : 0);
  }

  get waitingBytes(): number {
    return this.#waitingBytes + (this.waits && this.#answers !== undefined ? this.#answers.bytes : 0);
  }

  /** What was given to everybody, and is not yet kept. */
  get #unanswered(): number {
    return this.#answers === undefined ? 0 : this.#answers.objects;
  }

  /** Returns how it ended, or undefined when the answer has to wait, for room or for those who keep it. */
  notify(message: Message): number | undefined {
    if (this.#waiting.length > 0 || (this.waits && !this.#hasRoomEverywhere())) {
      this.#slab ??= new Slab(FIRST_SLAB);
      this.#wait({ kind: 'notify', message: message.keep(this.#slab) });
      return undefined;
    }
    return this.#deliver(message);
  }

  /** A refusal takes its turn behind what waits, since answers are cumulative. */
  refuse(sequence: number, hresult: number): number | undefined {
    if (this.#waiting.length === 0) return this.#inTurn(sequence, 0, hresult);
    this.#wait({ kind: 'refused', sequence, hresult });
    return undefined;
  }

  /** By the source. What registrations were given or have queued stays theirs (GAP-5). */
  close(sequence: number): number | undefined {
    if (this.#waiting.length > 0 || this.#unanswered > 0) {
      this.#wait({ kind: 'close', sequence });
      return undefined;
    }
    this.#openToClosed('closed');
    return S_OK;
  }

  /** By rundown, the operator or the spooler's end. What waits is answered if anybody is left to read it. */
  end(cause: Cause): void {
    if (this.#state === 'closed') return;
    const cancelled = hresultOf('RPC_S_CALL_CANCELLED');
    // What is being kept may be there in the end: nobody waits for it any more.
    this.#answers?.cancel(cancelled);
    for (const waiting of this.#waiting.splice(0)) {
      this.source.session.settle(this.source.number, sequenceOf(waiting), cancelled);
    }
    this.#waitingBytes = 0;
    this.#openToClosed(cause);
    this.source.session.finishEnd(this.source, 'source', cause);
  }

  /** A registration of the audience is gone, and its end with it. */
  forget(end: ListenerEnd): void {
    this.#ends.delete(end.registration);
    this.#audienceVersion = -1;
    this.#directoryChanges = -1;
  }

  #openToClosed(cause: Cause): void {
    this.#state = 'closed';
    for (const end of this.#ends.values()) {
      end.registration.ends.delete(end);
      end.session.finishEnd(end, 'bySource', cause);
    }
    this.#ends.clear();
    this.#audience = [];
    this.source.session.closed(this);
  }

  #deliver(message: Message): number | undefined {
    this.#refreshAudience();
    if (this.#keepers !== undefined) return this.#deliverAndKeep(message, this.#keepers);
    const { length } = this.#audience;
    const code = length === 0 ? hresultOf('NO_LISTENERS') : codeOf(this.#give(message), length);
    return this.#inTurn(message.sequence, message.size, code);
  }

  /** Gives it to the registrations, and says to how many. */
  #give(message: Message): number {
    const { sequence, size } = message;
    let batch: Batch | undefined;
    let waiting: WaitingMessage | undefined;
    let length = 0;
    let given = 0;
    for (const { session, registration, number } of this.#audience) {
      const { window } = registration;
      const { delivery } = session;
      if (delivery.wouldPass(window)) {
        given++;
        if (message.fits(number)) {
          if (batch === undefined) {
            batch = this.#batchFor(message);
            length = message.addTo(batch);
          }
          delivery.share(batch, length, number, sequence, size, window);
        } else {
          delivery.give({ end: number, sequence, size, record: message.record(number) }, window);
        }
      } else if (this.waits || delivery.hasRoom(window)) {
        // Where the sender waits for room, it was looked for: two registrations of one session may share the last.
        given++;
        waiting ??= new WaitingMessage(message);
        delivery.give({ end: number, sequence, size, record: waiting.contentFor(number) }, window);
      } else {
        session.lost++;
        session.spooler.traffic.lost++;
      }
    }
    return given;
  }

  /** The batch of this turn, as long as nobody has been sent it and it is not full. */
  #batchFor({ length }: Message): Batch {
    if (this.#batch !== undefined && this.#batch.length + length <= JOIN_LIMIT) return this.#batch;
    const over = (): void => {
      if (this.#batch === batch) this.#batch = undefined;
    };
    const batch = new Batch(over);
    this.#batch = batch;
    // Where everybody has something else to send as well nobody is sent it as it is, and it would go on, with the
    // messages its records stand in.
    queueMicrotask(() => {
      over();
      batch.over();
    });
    return batch;
  }

  #refreshAudience(): void {
    const { changes } = this.#directory;
    if (changes === this.#directoryChanges) return;
    this.#directoryChanges = changes;
    const version = this.#directory.audienceVersion(this.target);
    if (version === this.#audienceVersion) return;
    this.#audienceVersion = version;
    this.#keepers = this.#directory.keepers(this.target);
    this.#audience = this.#directory.audience(this.target).map((registration) => {
      let end = this.#ends.get(registration);
      if (!end) {
        end = registration.session.newListenerEnd(registration, this);
        this.#ends.set(registration, end);
        registration.ends.add(end);
      }
      return end;
    });
  }

  // ------------------------------------------------------------------------------------ keepers

  #deliverAndKeep(message: Message, keepers: readonly Keeper[]): number | undefined {
    let given = this.#give(message);
    let failure: number | undefined;
    let kept: Promise<number> | undefined;
    for (const keeper of keepers) {
      // Where the sender waits for room, it was looked for: see `#give`.
      if (!this.waits && !keeper.hasRoom) {
        this.source.session.spooler.traffic.lost++;
        continue;
      }
      const answer = this.#keep(message, keeper);
      if (typeof answer !== 'number') {
        given++;
        kept = kept === undefined || kept === answer ? answer : both(kept, answer);
      } else if (succeeded(answer)) given++;
      else failure ??= answer;
    }
    const code = failure ?? codeOf(given, this.#audience.length + keepers.length);
    return this.#inTurn(message.sequence, message.size, code, kept);
  }

  #keep(message: Message, keeper: Keeper): number | Promise<number> {
    try {
      return keeper.keep(message, this.target);
    } catch (reason) {
      return this.#keeperFailed(reason);
    }
  }

  #keeperFailed(reason: unknown): number {
    const { spooler, user } = this.source.session;
    spooler.observe({ kind: 'fault', user, reason });
    return hresultOf('E_UNEXPECTED');
  }

  /** The answer to the message, if nothing before it waits for its own and it need not wait itself. */
  #inTurn(sequence: number, size: number, code: number, kept?: Promise<number>): number | undefined {
    if (kept === undefined && this.#unanswered === 0) return code;
    this.#answers ??= new Answers({
      settle: (through, hresult) => this.source.session.settle(this.source.number, through, hresult),
      failed: (reason) => this.#keeperFailed(reason),
      drained: () => this.roomMade(),
    });
    this.#answers.add(sequence, size, code, kept);
    return undefined;
  }

  // ------------------------------------------------------------------------------------ overflow `wait`

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (waiting.kind === 'notify') this.#waitingBytes += waiting.message.size;
  }

  /** False also arranges to be told of room where it lacks. */
  #hasRoomEverywhere(): boolean {
    if (this.#state === 'closed') return true;
    this.#refreshAudience();
    for (const { session, registration } of this.#audience) {
      if (session.delivery.hasRoom(registration.window)) continue;
      session.delivery.whenRoom(this);
      return false;
    }
    return this.#keepers === undefined || this.#keepersHaveRoom(this.#keepers);
  }

  #keepersHaveRoom(keepers: readonly Keeper[]): boolean {
    const full = keepers.find(({ hasRoom }) => !hasRoom);
    full?.whenRoom(this);
    return full === undefined;
  }

  /** There may be room where it lacked, or nothing is unanswered that a close stands behind. */
  roomMade(): void {
    for (let waiting = this.#waiting[0]; waiting !== undefined; waiting = this.#waiting[0]) {
      // A refusal or a close needs no room, only its turn.
      if (waiting.kind === 'notify' && !this.#hasRoomEverywhere()) return;
      if (waiting.kind === 'close' && this.#unanswered > 0) return;
      this.#waiting.shift();
      if (waiting.kind === 'notify') this.#waitingBytes -= waiting.message.size;
      const answer = this.#process(waiting);
      if (answer !== undefined) this.source.session.settle(this.source.number, sequenceOf(waiting), answer);
    }
    this.#slab = undefined;
  }

  #process(waiting: Waiting): number | undefined {
    // What was sent behind a close that waited.
    if (this.#state === 'closed') return hresultOf('CHANNEL_ALREADY_CLOSED');
    switch (waiting.kind) {
      case 'notify':
        return this.#deliver(waiting.message);
      case 'refused':
        return this.#inTurn(waiting.sequence, 0, waiting.hresult);
      case 'close':
        this.#openToClosed('closed');
        return S_OK;
    }
  }
}

function codeOf(given: number, all: number): number {
  if (given === all) return S_OK;
  return hresultOf(given > 0 ? 'UNIRECTIONAL_NOTIFICATION_LOST' : 'ASYNC_NOTIFICATION_FAILURE');
}

async function both(one: Promise<number>, other: Promise<number>): Promise<number> {
  const [first, second] = await Promise.all([one, other]);
  return succeeded(first) ? second : first;
}

function sequenceOf(waiting: Waiting): number {
  return waiting.kind === 'notify' ? waiting.message.sequence : waiting.sequence;
}
