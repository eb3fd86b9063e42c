/**
 * The service `registrations` (docs/persistent-registrations.md): who may ask for what, and in which words. Everything
 * from a client is checked here.
 */

import * as v from 'valibot';
import { guidText, parse, refuse } from '../../shared/events/schema.ts';
import {
  completeName,
  hresultOf,
  NOTIFICATION_RELEASE,
  SpoolError,
  USER_FILTERS,
  type UserFilter,
  validName,
} from '../../shared/index.ts';
import {
  KEPT_NOTIFICATIONS,
  REGISTRATION_ID,
  REGISTRATIONS,
  RETENTION_OVERFLOWS,
} from '../../shared/persistence/registrations.ts';
import { mayRegister } from '../core/identity.ts';
import type { Answer, Caller, Service, ServiceHost } from '../core/service.ts';
import type { PersistentRegistrations } from './persistent-registrations.ts';

type Handler = (caller: Caller, json: unknown) => Promise<Answer>;

const whole = (least: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least));
const id = v.pipe(v.string(), v.regex(REGISTRATION_ID, '1 to 64 letters, digits, ".", "_" and "-"'));

const attaching = v.strictObject({
  id,
  attachment: guidText,
  name: v.nullable(v.string()),
  type: guidText,
  filter: v.picklist(Object.keys(USER_FILTERS) as UserFilter[]),
  retention: v.exactOptional(
    v.strictObject({
      notifications: v.exactOptional(whole(1)),
      bytes: v.exactOptional(whole(1)),
      overflow: v.exactOptional(v.picklist(RETENTION_OVERFLOWS)),
    }),
    {},
  ),
});
const acknowledging = v.strictObject({ attachment: guidText, number: whole(1) });
const detaching = v.strictObject({ attachment: guidText });
const removing = v.strictObject({ id });
const nothing = v.strictObject({});

const S_OK = hresultOf('S_OK');
const DONE: Answer = { hresult: S_OK, json: {} };

export class RegistrationsService implements Service {
  readonly name = REGISTRATIONS;
  readonly #registrations: PersistentRegistrations;
  readonly #server: string;
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(registrations: PersistentRegistrations, { server }: Pick<ServiceHost, 'server'>) {
    this.#registrations = registrations;
    this.#server = server;
    this.#handlers = new Map<string, Handler>([
      ['attach', (caller, json) => this.#attach(caller, json)],
      ['acknowledge', (caller, json) => this.#acknowledge(caller, json)],
      ['detach', (caller, json) => this.#detach(caller, json)],
      ['remove', (caller, json) => this.#remove(caller, json)],
      ['list', (caller, json) => this.#list(caller, json)],
    ]);
  }

  async call(caller: Caller, method: string, payload: Uint8Array): Promise<Answer> {
    const handler = this.#handlers.get(method);
    if (!handler) throw new SpoolError('E_NOTIMPL', { input: method });
    const json = parsed(payload);
    await this.#registrations.ready();
    return handler(caller, json);
  }

  ready(): Promise<void> {
    return this.#registrations.ready();
  }

  left(caller: Caller): void {
    this.#registrations.left(caller);
  }

  close(): Promise<void> {
    return this.#registrations.close();
  }

  async #attach(caller: Caller, json: unknown): Promise<Answer> {
    const { id, attachment, type, filter, retention, ...asked } = parse(attaching, json);
    if (type === NOTIFICATION_RELEASE || type === KEPT_NOTIFICATIONS) refuse(`type: ${type}`);
    const name = validName(completeName(asked.name, this.#server));
    if (!mayRegister(caller.identity, { name, type, filter, style: 'kUniDirectional' }))
      throw new SpoolError('E_ACCESSDENIED', { input: caller.user });
    const interest = { name, type, filter };
    return { hresult: S_OK, json: await this.#registrations.attach(caller, { id, attachment, interest, retention }) };
  }

  async #acknowledge(caller: Caller, json: unknown): Promise<Answer> {
    const { attachment, number } = parse(acknowledging, json);
    await this.#registrations.acknowledge(caller, attachment, number);
    return DONE;
  }

  async #detach(caller: Caller, json: unknown): Promise<Answer> {
    await this.#registrations.detach(caller, parse(detaching, json).attachment);
    return DONE;
  }

  async #remove({ user }: Caller, json: unknown): Promise<Answer> {
    await this.#registrations.remove(user, parse(removing, json).id);
    return DONE;
  }

  async #list({ user }: Caller, json: unknown): Promise<Answer> {
    parse(nothing, json);
    return { hresult: S_OK, json: { registrations: this.#registrations.list(user) } };
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return refuse('no JSON');
  }
}
