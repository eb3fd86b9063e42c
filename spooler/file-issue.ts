/** What is wrong with an operator's file, and where. */

import type * as v from 'valibot';

/**
 * In words such as `tokens.2.user: …`. The validator quotes what it found; a secret must not get into a log that way, so
 * that is left out.
 */
export function explainIssue(issue: v.BaseIssue<unknown>): string {
  const unknownKey = issue.expected === 'never';
  const keys = (issue.path ?? []).map(({ key }) => String(key));
  const place = (unknownKey ? keys.slice(0, -1) : keys).join('.') || 'the whole';
  return `${place}: ${unknownKey ? 'an unknown key' : issue.message.replace(/ but received .*$/s, '')}`;
}
