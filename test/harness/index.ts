/** `spoolpipe/testing`: a spooler, ends, faults and time for tests. */

export { FaultLink } from './fault-link.ts';
export { ManualClock } from './manual-clock.ts';
export { memoryLinks } from './memory-link.ts';
export {
  type CloseSeen,
  type NotificationSeen,
  type OfferSeen,
  type Received,
  Recorder,
  read,
  type Seen,
} from './recorder.ts';
export { Rig, type RigOptions, startRig, TRANSPORTS, type Transport } from './rig.ts';
