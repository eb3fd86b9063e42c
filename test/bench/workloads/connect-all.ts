/** Many connections, a few at the same time. */

const AT_ONCE = 50;

export async function connectAll(count: number, connect: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += AT_ONCE) {
    const group = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, index) => connect(first + index));
    await Promise.all(group);
  }
}
