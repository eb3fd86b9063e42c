/** The event object as a publisher holds it (EVC-5): the methods of an event class, each of which fires an event. */

import {
  checkArguments,
  type EventCall,
  type EventClass,
  type EventMethods,
  type MethodTypes,
} from '../../shared/index.ts';

/**
 * `fire` gets what makes the call, which throws `E_INVALIDARG` where the arguments are not those of the method; its result
 * is that of the method.
 */
export function eventObject<Methods extends MethodTypes, Result>(
  { clsid, interfaces }: EventClass<Methods>,
  fire: (makeCall: () => EventCall) => Result,
): EventMethods<Methods, Result> {
  const methods = interfaces.flatMap(({ iid, methods: described }) =>
    described.map((method) => {
      const callWith = (given: unknown): EventCall => ({
        eventClass: clsid,
        interface: iid,
        method: method.name,
        arguments: checkArguments(method, given),
      });
      return [method.name, (given: unknown = {}) => fire(() => callWith(given))] as const;
    }),
  );
  return Object.fromEntries(methods) as EventMethods<Methods, Result>;
}
