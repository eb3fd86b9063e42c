import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConversationStyle,
  guid,
  type Interest,
  NOTIFICATION_RELEASE,
  nameKey,
  type UserFilter,
} from '../../shared/index.ts';
import type { BidirectionalChannel } from './bidirectional-channel.ts';
import type { Window } from './delivery.ts';
import { Directory, reaches, type Target } from './directory.ts';
import type { Keeper, Keeping } from './keeper.ts';
import { Registration } from './registration.ts';
import type { Session } from './session.ts';

const lab = String.raw`\\server\Lab`;
const hall = String.raw`\\server\Hall`;
const jam = guid('0b20806a-328a-4e1c-931c-0250308574c7');
const toner = guid('f6853f92-eb31-4e23-b6e7-fd69056153f0');

const usual: Interest = { name: lab, type: jam, filter: 'kPerUser', style: 'kUniDirectional' };

/** A registration with no session behind it: the directory looks at nothing but what it asks for and who asked. */
function registration(asked: Partial<Interest> = {}, user = 'ann'): Registration {
  return new Registration(1, { user } as Session, { ...usual, ...asked }, {} as Window);
}

function target(asked: Partial<Interest> = {}, user: string | undefined = 'ann'): Target {
  const interest = { ...usual, ...asked };
  return { interest, nameKey: nameKey(interest.name), user };
}

/** A channel of which the directory needs to know where it is and whom it is for. */
function channel(asked: Partial<Interest> = {}, user?: string): BidirectionalChannel {
  return { target: target({ style: 'kBiDirectional', ...asked }, user) } as BidirectionalChannel;
}

/** Somebody who keeps; the directory looks at nothing of him. */
function keeping(asked: Partial<Interest> = {}, user = 'ann'): Keeping {
  const interest = { ...usual, ...asked };
  return { interest, nameKey: nameKey(interest.name), user, keeper: {} as Keeper };
}

describe('whom a channel reaches', () => {
  test.each<[string, UserFilter, UserFilter, string, boolean]>([
    ['PAN-65, GAP-3', 'kAllUsers', 'kPerUser', 'bob', true],
    ['PAN-66', 'kAllUsers', 'kAllUsers', 'bob', true],
    ['PAN-67', 'kPerUser', 'kPerUser', 'ann', true],
    ['PAN-68', 'kPerUser', 'kPerUser', 'bob', false],
    ['PAN-69', 'kPerUser', 'kAllUsers', 'bob', true],
  ])('%s: a %s channel for ann, a %s registration of %s', (_, channelFilter, filter, user, told) => {
    const forWhom = channelFilter === 'kPerUser' ? 'ann' : undefined;
    expect(reaches(target({ filter: channelFilter }, forWhom), registration({ filter }, user))).toBe(told);
  });

  test.each<[string, Partial<Interest>, boolean]>([
    ['the same printer in other letters (GAP-4)', { name: lab.toUpperCase() }, true],
    ['the server, which sees its printers (GAP-4)', { name: null }, true],
    ['another printer', { name: hall }, false],
    ['another type (PAN-70)', { type: toner }, false],
    ['the other style (PAN-58, OBS-4)', { style: 'kBiDirectional' }, false],
  ])('%s', (_, asked, told) => {
    const directory = new Directory();
    const one = registration(asked);
    directory.addRegistration(one);
    expect(directory.audience(target())).toEqual(told ? [one] : []);
  });

  test('a channel of the server reaches those who registered for the server only (GAP-4)', () => {
    const directory = new Directory();
    const ofServer = registration({ name: null });
    for (const one of [ofServer, registration()]) directory.addRegistration(one);
    expect(directory.audience(target({ name: null }))).toEqual([ofServer]);
  });
});

describe('what a new registration is offered', () => {
  test('the channels of its printer, or of every printer for the server', () => {
    const directory = new Directory();
    const inLab = channel();
    const inHall = channel({ name: hall });
    const ofServer = channel({ name: null });
    for (const one of [inLab, inHall, ofServer]) directory.addOffered(one);
    const style: ConversationStyle = 'kBiDirectional';
    expect(directory.offersFor(registration({ style }))).toEqual([inLab]);
    expect(directory.offersFor(registration({ style, name: null }))).toEqual([inLab, inHall, ofServer]);
    expect(directory.offersFor(registration({ style, type: toner }))).toEqual([]);
    expect(directory.offersFor(registration())).toEqual([]);
  });

  test('not what has been taken from the offers', () => {
    const directory = new Directory();
    const one = channel();
    directory.addOffered(one);
    directory.removeOffered(one);
    expect(directory.offersFor(registration({ style: 'kBiDirectional' }))).toEqual([]);
  });
});

describe('where one thing goes, what else is there stays', () => {
  const style: ConversationStyle = 'kBiDirectional';

  /** A registration, a channel on offer and a keeper in one place, which nothing else is in. */
  function place() {
    const directory = new Directory();
    const [one, offered, kept] = [registration({ style }), channel(), keeping()];
    directory.addRegistration(one);
    directory.addOffered(offered);
    directory.addKeeping(kept);
    const found = (): readonly unknown[] => [
      ...directory.audience(target({ style })),
      ...directory.offersFor(registration({ style })),
      ...(directory.keepers(target()) ?? []),
    ];
    return { directory, one, offered, kept, found };
  }

  test('the last registration: the next one is still offered the channel (PAN-141), and the keeper keeps', () => {
    const { directory, one, offered, kept, found } = place();
    directory.removeRegistration(one);
    expect(found()).toEqual([offered, kept.keeper]);
    directory.removeKeeping(kept);
    expect(found()).toEqual([offered]);
    directory.removeOffered(offered);
    expect(found()).toEqual([]);
  });

  test('the last offer, and the last keeper: the registration is still reached', () => {
    const { directory, one, offered, kept, found } = place();
    directory.removeOffered(offered);
    expect(found()).toEqual([one, kept.keeper]);
    directory.removeKeeping(kept);
    expect(found()).toEqual([one]);
  });
});

test('a place that was left and is taken again has another version than it ever had', () => {
  const directory = new Directory();
  const [one, ofServer] = [registration(), registration({ name: null })];
  for (const present of [one, ofServer]) directory.addRegistration(present);
  const before = directory.audienceVersion(target());
  directory.removeRegistration(one);
  directory.addOffered(channel());
  expect(directory.audience(target())).toEqual([ofServer]);
  expect(directory.audienceVersion(target())).not.toBe(before);
});

describe('the count', () => {
  test('is kept in all, and for each type and name', () => {
    const directory = new Directory();
    const first = registration();
    const all = [
      first,
      registration({ name: lab.toUpperCase() }),
      registration({ type: toner }),
      registration({ name: null }),
    ];
    for (const one of all) directory.addRegistration(one);
    expect(directory.registrationCount).toBe(4);
    expect(directory.countAt(jam, nameKey(lab))).toBe(2);
    expect(directory.countAt(toner, nameKey(lab))).toBe(1);
    expect(directory.countAt(jam, nameKey(null))).toBe(1);
    expect(directory.countAt(jam, nameKey(hall))).toBe(0);
    expect(directory.countAt(NOTIFICATION_RELEASE, nameKey(lab))).toBe(0);
    directory.removeRegistration(first);
    expect(directory.countAt(jam, nameKey(lab))).toBe(1);
    expect([...directory.registrations()]).toEqual([all[1], all[3], all[2]]);
  });

  test('does not fall twice for one that is removed twice', () => {
    const directory = new Directory();
    const one = registration();
    directory.addRegistration(one);
    directory.removeRegistration(one);
    directory.removeRegistration(one);
    expect(directory.registrationCount).toBe(0);
  });
});

test('the version of an audience is another whenever the audience is, or who keeps for it', () => {
  const names = [lab, hall, null];
  const step = fc.record({
    kind: fc.constantFrom('add', 'remove', 'offer', 'unoffer', 'keep', 'unkeep'),
    which: fc.nat(8),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const directory = new Directory();
      const offers = names.map((name) => channel({ name }));
      const pool = Array.from({ length: 9 }, (_, index) => registration({ name: names[index % 3] ?? null }));
      const keepings = names.map((name) => keeping({ name }));
      const present = new Set<Registration>();
      const known = names.map((name) => ({ asked: target({ name }), audiences: new Map<number, string>() }));
      for (const { kind, which } of steps) {
        const one = pool[which] as Registration;
        const offer = offers[which % 3] as BidirectionalChannel;
        const kept = keepings[which % 3] as Keeping;
        if (kind === 'add' && !present.has(one)) directory.addRegistration(one);
        if (kind === 'add') present.add(one);
        if (kind === 'remove') directory.removeRegistration(one);
        if (kind === 'remove') present.delete(one);
        if (kind === 'offer') directory.addOffered(offer);
        if (kind === 'unoffer') directory.removeOffered(offer);
        if (kind === 'keep') directory.addKeeping(kept);
        if (kind === 'unkeep') directory.removeKeeping(kept);
        for (const { asked, audiences } of known) {
          const version = directory.audienceVersion(asked);
          const found = directory.audience(asked).map((one) => pool.indexOf(one));
          const keepers = directory.keepers(asked) ?? [];
          const kept = keepings.map(({ keeper }) => keepers.includes(keeper));
          const audience = [...found.sort((a, b) => a - b), ...kept].join();
          expect(audiences.get(version) ?? audience).toBe(audience);
          audiences.set(version, audience);
        }
      }
    }),
    { numRuns: 500 },
  );
});
