import { describe, expect, test } from 'vitest';
import { guid, nameKey, type UserFilter } from '../../shared/index.ts';
import { ALL_RIGHTS, type Identity, mayAdminister, mayOpen, mayRegister, type Rights } from './identity.ts';

const lab = String.raw`\\server\Lab`;
const hall = String.raw`\\server\Hall`;
const type = guid('0b20806a-328a-4e1c-931c-0250308574c7');

const NO_RIGHTS: Rights = { listen: false, send: false, administer: false };

function ann(rights: Partial<Rights>): Identity {
  return { user: 'ann', rights: { ...NO_RIGHTS, ...rights } };
}

function interest(name: string | null, filter: UserFilter) {
  return { name, type, filter, style: 'kUniDirectional' } as const;
}

const administersLab = new Set([nameKey(lab)]);

describe('administering (PAN-75: one right for all the bits of SERVER_ALL_ACCESS and PRINTER_ALL_ACCESS)', () => {
  test.each<[string, Rights['administer'], string | null, boolean]>([
    ['everywhere: a printer', true, lab, true],
    ['everywhere: the server', true, null, true],
    ['nowhere: a printer', false, lab, false],
    ['nowhere: the server', false, null, false],
    ['one printer: that one', administersLab, lab, true],
    ['one printer: that one in other letters', administersLab, lab.toUpperCase(), true],
    ['one printer: another', administersLab, hall, false],
    ['one printer: the server, which shows every printer', administersLab, null, false],
  ])('%s', (_, administer, name, allowed) => {
    expect(mayAdminister(ann({ administer }), name)).toBe(allowed);
  });
});

describe('registering (PAN-74)', () => {
  test.each<[string, Partial<Rights>, UserFilter, boolean]>([
    ['kPerUser takes the right to listen', { listen: true }, 'kPerUser', true],
    ['kPerUser without that right', { send: true, administer: true }, 'kPerUser', false],
    ['kAllUsers takes the right to administer as well', { listen: true, administer: true }, 'kAllUsers', true],
    ['kAllUsers where one administers', { listen: true, administer: administersLab }, 'kAllUsers', true],
    ['kAllUsers without administering', { listen: true, send: true }, 'kAllUsers', false],
    ['kAllUsers without listening', { administer: true }, 'kAllUsers', false],
  ])('%s', (_, rights, filter, allowed) => {
    expect(mayRegister(ann(rights), interest(lab, filter))).toBe(allowed);
  });

  test('kAllUsers on a printer one does not administer is refused', () => {
    expect(mayRegister(ann({ listen: true, administer: administersLab }), interest(hall, 'kAllUsers'))).toBe(false);
    expect(mayRegister(ann({ listen: true, administer: administersLab }), interest(null, 'kAllUsers'))).toBe(false);
  });
});

describe('opening (PAN-76, PAN-77)', () => {
  test.each<[string, Partial<Rights>, UserFilter, string, boolean]>([
    ['for oneself takes the right to send', { send: true }, 'kPerUser', 'ann', true],
    ['for oneself without that right', { listen: true, administer: true }, 'kPerUser', 'ann', false],
    ['for somebody else without administering', { send: true }, 'kPerUser', 'bob', false],
    ['for somebody else where one administers', { send: true, administer: administersLab }, 'kPerUser', 'bob', true],
    ['for everybody without administering', { send: true }, 'kAllUsers', 'ann', false],
    ['for everybody where one administers', { send: true, administer: administersLab }, 'kAllUsers', 'ann', true],
    ['for everybody without sending', { administer: true }, 'kAllUsers', 'ann', false],
  ])('%s', (_, rights, filter, user, allowed) => {
    expect(mayOpen(ann(rights), interest(lab, filter), user)).toBe(allowed);
  });

  test('for others on a printer one does not administer is refused', () => {
    const rights = { send: true, administer: administersLab };
    expect(mayOpen(ann(rights), interest(hall, 'kPerUser'), 'bob')).toBe(false);
    expect(mayOpen(ann(rights), interest(hall, 'kAllUsers'), 'ann')).toBe(false);
  });
});

test('without tokens everybody may do everything', () => {
  const anybody: Identity = { user: 'ann', rights: ALL_RIGHTS };
  expect(mayRegister(anybody, interest(null, 'kAllUsers'))).toBe(true);
  expect(mayOpen(anybody, interest(null, 'kAllUsers'), 'ann')).toBe(true);
  expect(mayOpen(anybody, interest(lab, 'kPerUser'), 'bob')).toBe(true);
});
