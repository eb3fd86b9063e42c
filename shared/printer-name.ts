/** Names of printers: `\\server\printer` (PAN-54), compared without regard to letter case (GAP-4). */

import { SpoolError } from './errors.ts';

const DNS_OR_NETBIOS = /^[\p{L}\p{N}_!@#$%^&()'{}~-][\p{L}\p{N}_!@#$%^&()'{}~.-]*$/u;
const IPV6_GROUP = /^[0-9a-f]{1,4}$/i;
const MAX_LENGTH = 256;

/** The name in Unicode NFC. Throws `ERROR_INVALID_NAME` where PAN-54 is broken. Null, the server, is always valid. */
export function validName(name: string | null): string | null {
  if (name === null) return null;
  const text = name.normalize('NFC');
  const [empty, alsoEmpty, server = '', printer = '', ...more] = text.split('\\');
  const valid =
    empty === '' &&
    alsoEmpty === '' &&
    more.length === 0 &&
    (DNS_OR_NETBIOS.test(server) || isIpv6(server)) &&
    printer !== '' &&
    !printer.includes(',') &&
    !hasControlCharacter(text) &&
    text.length <= MAX_LENGTH;
  if (!valid) throw new SpoolError('ERROR_INVALID_NAME', { input: JSON.stringify(name.slice(0, 80)) });
  return text;
}

/**
 * Eight groups, or fewer around one "::"; the last two may be written as IPv4. With or without brackets, with or
 * without a zone.
 */
function isIpv6(host: string): boolean {
  const bare = /^\[(.*)\]$/.exec(host)?.[1] ?? host;
  const address = bare.replace(/%[\w.-]+$/, '').replace(/\d{1,3}(\.\d{1,3}){3}$/, '0:0');
  const runs = address.split('::');
  const groups = runs.flatMap((run) => (run === '' ? [] : run.split(':')));
  const complete = runs.length === 1 ? groups.length === 8 : runs.length === 2 && groups.length < 8;
  return complete && groups.every((group) => IPV6_GROUP.test(group));
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20 || text.charCodeAt(i) === 0x7f) return true;
  return false;
}

/** Two names mean the same printer exactly when their keys are equal. The server's key is the empty string. */
export function nameKey(name: string | null): string {
  return name === null ? '' : name.toLowerCase();
}

/** A bare printer name is completed with the spooler's own server name, so that everybody means the same printer. */
export function completeName(name: string | null, server: string): string | null {
  return name === null || name.includes('\\') ? name : `\\\\${server}\\${name}`;
}
