/** Which bytes of a file were spooled: stretches in order, none touching another (JOB-63). Pure. */

export interface Range {
  readonly offset: number;
  readonly length: number;
}

export function addRange(ranges: readonly Range[], added: Range): readonly Range[] {
  let { offset, length } = added;
  const apart: Range[] = [];
  for (const range of ranges) {
    const isApart = range.offset + range.length < offset || offset + length < range.offset;
    if (isApart) apart.push(range);
    else {
      const end = Math.max(offset + length, range.offset + range.length);
      offset = Math.min(offset, range.offset);
      length = end - offset;
    }
  }
  return [...apart, { offset, length }].sort((one, other) => one.offset - other.offset);
}
