import { storeSuite } from '../../test/conformance/store-suite.ts';
import { MemoryStore } from './memory-store.ts';

storeSuite(
  'MemoryStore',
  async () => ({ open: async () => new MemoryStore(), [Symbol.asyncDispose]: async () => {} }),
  {
    durable: false,
  },
);
