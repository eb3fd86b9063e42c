/** The columns of store queries (EVC-151), with METHODNAME, which the documents query and do not list (EVC-163). */

import type { FilterParameter } from './bind.ts';

/**
 * Spelt as the properties of what is in the store are; names compare without regard to letter case. That the documents
 * once write `FIRINGINTERFACEID` is a misprint (EVC-163).
 */
export const STORE_COLUMNS = [
  { name: 'eventClassId', type: 'guid' },
  { name: 'eventClassName', type: 'string' },
  { name: 'ownerSid', type: 'string' },
  { name: 'firingInterfaceIid', type: 'guid' },
  { name: 'customConfigClassId', type: 'guid' },
  { name: 'description', type: 'string' },
  { name: 'typeLib', type: 'string' },
  { name: 'multiInterfacePublisherFilterClsid', type: 'guid' },
  { name: 'allowInprocActivation', type: 'boolean' },
  { name: 'fireInParallel', type: 'boolean' },
  { name: 'eventClassPartitionId', type: 'guid' },
  { name: 'eventClassApplicationId', type: 'guid' },
  { name: 'subscriptionId', type: 'guid' },
  { name: 'subscriptionName', type: 'string' },
  { name: 'publisherId', type: 'string' },
  { name: 'subscriberClsid', type: 'guid' },
  { name: 'perUser', type: 'boolean' },
  { name: 'enabled', type: 'boolean' },
  { name: 'machineName', type: 'string' },
  { name: 'interfaceId', type: 'guid' },
  { name: 'filterCriteria', type: 'string' },
  { name: 'subscriberMoniker', type: 'string' },
  { name: 'subscriberPartitionId', type: 'guid' },
  { name: 'subscriberApplicationId', type: 'guid' },
  { name: 'methodName', type: 'string' },
] as const satisfies readonly FilterParameter[];
