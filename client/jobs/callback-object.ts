/** The callback object of a job (JOB-90), set again after each loss of the spooler (JOB-120). */

import type { Guid } from '../../shared/index.ts';
import { JOB_CALLBACK } from '../../shared/jobs/job-callback.ts';
import { SinkCaller } from '../events/event-sink.ts';
import { LiveObject } from '../events/live-object.ts';
import type { Renewable, Renewals } from '../renewals.ts';
import { JOB_CALLBACK_CLASS } from './job-callback.ts';

export class CallbackObject implements Renewable {
  readonly #job: Guid;
  readonly #object: LiveObject;

  get what(): string {
    return `the callback object of the job ${this.#job}`;
  }

  /** `ended`: it is called no more. */
  constructor(renewals: Renewals, job: Guid, sink: object, ended: () => void) {
    this.#job = job;
    const { listener, report } = renewals;
    const tell = async (object: Guid | null): Promise<void> => {
      await listener.connection.call('jobs', 'setNotifyInterface', { job, object });
    };
    this.#object = new LiveObject(listener, new SinkCaller(sink, JOB_CALLBACK_CLASS, report, this.what), {
      type: JOB_CALLBACK,
      introduce: tell,
      // Whoever cleared it could not tell the spooler.
      takeBack: () => tell(null),
      ended: () => {
        renewals.ended(this);
        ended();
      },
    });
  }

  get isSet(): boolean {
    return this.#object.state === 'made';
  }

  make(): Promise<void> {
    return this.#object.make();
  }

  lost(): void {
    this.#object.lost();
  }

  /** Nothing is called any more: the job is over or has another one (JOB-93), or it is cleared. */
  close(): void {
    this.#object.end();
    void this.#object.unregister();
  }
}
