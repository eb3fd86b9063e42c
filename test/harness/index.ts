/** `spoolpipe/testing`: a spooler, ends, faults and time for tests. */

export { type Direction, FaultLink } from './fault-link.ts';
export { RigNotClean } from './leftovers.ts';
export { ManualClock, type PendingTimer } from './manual-clock.ts';
export { memoryLinks } from './memory-link.ts';
export {
  type CloseSeen,
  type NotificationSeen,
  type OfferSeen,
  type Reaction,
  type Received,
  Recorder,
  read,
  type Seen,
} from './recorder.ts';
export { type Client, Rig, type RigOptions, startRig, TRANSPORTS, type Transport } from './rig.ts';
