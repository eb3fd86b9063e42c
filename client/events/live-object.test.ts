/** A live object between a listener and a service: who lets it go when, also while it is being made. */

import { expect, test } from 'vitest';
import type { Guid } from '../../shared/index.ts';
import { type Rig, startRig } from '../../test/harness/index.ts';
import { PrinterEvents } from '../../test/spec/events/printer-events.ts';
import type { Listener } from '../listener.ts';
import type { SenderChannel } from '../sender.ts';
import { SinkCaller } from './event-sink.ts';
import { LiveObject, type LiveObjectService } from './live-object.ts';

/** With a service that notes what it is asked, and then does what the test says. */
class Stage {
  readonly rig: Rig;
  readonly listener: Listener;
  readonly object: LiveObject;
  readonly got: string[] = [];
  introduced: (id: Guid) => Promise<void> = async () => {};

  private constructor(rig: Rig, listener: Listener) {
    this.rig = rig;
    this.listener = listener;
    const sink = { release: () => void this.got.push('released') };
    const service: LiveObjectService = {
      type: undefined,
      introduce: (id) => {
        this.got.push('introduced');
        return this.introduced(id);
      },
      takeBack: async (id) => void this.got.push(id === this.object.id ? 'taken back' : 'another taken back'),
      ended: () => void this.got.push('ended'),
    };
    this.object = new LiveObject(listener, new SinkCaller(sink, PrinterEvents, () => {}, 'the object'), service);
  }

  static async start(): Promise<Stage> {
    const rig = await startRig();
    return new Stage(rig, await rig.listener({ reconnect: true }));
  }

  /** The spooler has a channel to the object of this ID. */
  async channelTo(id: Guid): Promise<SenderChannel> {
    const sender = await this.rig.sender();
    return sender.createNotificationChannel({ name: id, type: id, style: 'kBiDirectional' });
  }

  /** The spooler lets go of the object of this ID. */
  async letGo(id: Guid): Promise<void> {
    const channel = await this.channelTo(id);
    await channel.closeChannel();
    await this.rig.settle();
  }

  get registrations(): number {
    return this.listener.stats().registrations;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rig.close();
  }
}

test('EVC-82: one that is made is there until it is ended and unregistered', async () => {
  await using stage = await Stage.start();
  const { object } = stage;
  await object.make();
  expect([object.state, stage.registrations]).toEqual(['made', 1]);
  object.end();
  object.end();
  await object.unregister();
  expect([object.state, stage.registrations]).toEqual(['ended', 0]);
  expect(stage.got).toEqual(['introduced', 'ended', 'released']);
});

test('one that the service refuses leaves nothing', async () => {
  await using stage = await Stage.start();
  stage.introduced = () => Promise.reject(new Error('refused'));
  await expect(stage.object.make()).rejects.toThrow('refused');
  expect([stage.object.state, stage.registrations, stage.got]).toEqual(['making', 0, ['introduced']]);
});

test('one that the spooler lets go is ended and unregistered here', async () => {
  await using stage = await Stage.start();
  await stage.object.make();
  await stage.letGo(stage.object.id);
  expect([stage.object.state, stage.registrations]).toEqual(['ended', 0]);
  expect(stage.got).toEqual(['introduced', 'ended', 'released']);
});

test('JOB-93: one that the spooler lets go before its introduction is answered has ended when it is', async () => {
  await using stage = await Stage.start();
  stage.introduced = (id) => stage.letGo(id);
  await stage.object.make();
  expect([stage.object.state, stage.registrations]).toEqual(['ended', 0]);
  expect(stage.got).toEqual(['introduced', 'ended', 'released']);
});

test('one that is ended here while it is introduced is taken back', async () => {
  await using stage = await Stage.start();
  stage.introduced = async () => stage.object.end();
  await stage.object.make();
  expect([stage.object.state, stage.registrations]).toEqual(['ended', 0]);
  expect(stage.got).toEqual(['introduced', 'ended', 'released', 'taken back']);
});

test('JOB-120: one whose spooler is lost is not let go, and is made again under another ID', async () => {
  await using stage = await Stage.start();
  const { object, rig } = stage;
  await object.make();
  const { id } = object;
  await stage.channelTo(id);
  await rig.settle();
  rig.cut(stage.listener);
  await rig.settle();
  expect(object.state).toBe('made');
  object.lost();
  await rig.advance(5_000);
  expect([object.state, stage.registrations]).toEqual(['away', 0]);
  await object.make();
  expect([object.state, stage.registrations, object.id === id]).toEqual(['made', 1, false]);
  expect(stage.got).toEqual(['introduced', 'introduced']);
});
