/**
 * The event system's own events: what happens to event classes and subscriptions (EVC-11 to EVC-13). Their class is in
 * every catalogue; whoever wants to know subscribes to it like to any other.
 */

import { defineEventClass, type EventCall, type Guid, guid } from '../../shared/index.ts';

/** What happened, with the documents' numbers (EVC-12). */
export const CHANGE_TYPES = { EOC_NewObject: 0, EOC_ModifiedObject: 1, EOC_DeletedObject: 2 } as const;
export type ChangeType = keyof typeof CHANGE_TYPES;

export interface ObjectChange {
  readonly object: 'eventClass' | 'subscription';
  readonly id: Guid;
  readonly type: ChangeType;
}

const IID = guid('f4a07d70-2e25-11d1-9964-00c04fbbb345');

/**
 * Nobody but the event system fires it. There are no publishers in the store, so `ChangedPublisher` never comes; it is
 * there because the interface has it.
 */
export const EventObjectChange = defineEventClass({
  name: 'EventSystem.EventObjectChange',
  clsid: 'd0565000-9df4-11d1-a281-00c04fca0aa7',
  description: 'Event classes and subscriptions that are created, modified or removed',
  mayFire: [],
  interfaces: {
    IEventObjectChange: {
      iid: IID,
      methods: {
        ChangedSubscription: { changeType: 'i32', subscriptionId: 'guid' },
        ChangedEventClass: { changeType: 'i32', eventClassId: 'guid' },
        ChangedPublisher: { changeType: 'i32', publisherId: 'string' },
      },
    },
  },
});

/** The event that tells of a change. */
export function changeCall({ object, id, type }: ObjectChange): EventCall {
  const changeType = CHANGE_TYPES[type];
  const [method, given] =
    object === 'eventClass'
      ? ['ChangedEventClass', { changeType, eventClassId: id }]
      : ['ChangedSubscription', { changeType, subscriptionId: id }];
  return { eventClass: EventObjectChange.clsid, interface: IID, method, arguments: given };
}
