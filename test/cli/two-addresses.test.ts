import dns, { type LookupAddress } from 'node:dns';
import { expect, test, vi } from 'vitest';
import { connectSender } from '../../client/sender.ts';

test('of a host with several addresses it is said what each of them answered', async () => {
  const addresses: LookupAddress[] = [
    { address: '127.0.0.1', family: 4 },
    { address: '127.0.0.2', family: 4 },
    { address: '::1', family: 6 },
  ];
  const lookup = ((_host: string, _options: unknown, found: (error: null, all: LookupAddress[]) => void) =>
    found(null, addresses)) as unknown as typeof dns.lookup;
  using _ = vi.spyOn(dns, 'lookup').mockImplementation(lookup);
  await expect(connectSender('ws://printhost:9')).rejects.toMatchObject({
    code: 'CONNECTION_FAILED',
    message: expect.stringMatching(/\(ws:\/\/printhost:9: connect \w+ .*:9; connect \w+ .*:9/),
  });
});
