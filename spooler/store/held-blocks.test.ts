import { expect, test } from 'vitest';
import { HeldBlocks } from './held-blocks.ts';
import { JournalBlock } from './journal-block.ts';
import { SpareMemory } from './spare-memory.ts';

const SIZE = 8_192;

function blockIn(memory: SpareMemory): JournalBlock {
  const block = new JournalBlock(0, memory);
  block.add([{ put: ['a', Buffer.alloc(SIZE)] }]);
  return block;
}

/** Whether what is taken now is the memory of the block. */
function isReleased(memory: SpareMemory, block: JournalBlock): boolean {
  const [change] = block.changes();
  const value = change && 'put' in change ? change.put[1] : undefined;
  return value === undefined || memory.take(SIZE + 100).buffer === value.buffer;
}

test('memory is used again once the store behind has what is in it, and not before', () => {
  const memory = new SpareMemory();
  const held = new HeldBlocks();
  const [one, two] = [blockIn(memory), blockIn(memory)];
  const [first, second] = [one, two].map((block) => block.changes()[0]);
  held.hold(one, 1);
  held.hold(two, 2);
  held.applied(1);
  const again = memory.take(SIZE + 100).buffer;
  expect(first && 'put' in first && again === first.put[1].buffer).toBe(true);
  expect(second && 'put' in second && memory.take(SIZE + 100).buffer === second.put[1].buffer).toBe(false);
});

test('memory is not used again where somebody is reading who may have found what is in it', () => {
  const memory = new SpareMemory();
  const held = new HeldBlocks();
  const block = blockIn(memory);
  held.hold(block, 1);
  const hasRead = held.read();
  held.applied(1);
  expect(isReleased(memory, block)).toBe(false);
  hasRead();
  held.applied(1);
  expect(isReleased(memory, block)).toBe(false);
});
