/** What the event system reports, in one line for people; the number is that of the Windows event log (EVC-199). */

import { outcomeOf } from '../shared/index.ts';
import type { EventReport } from '../spooler/index.ts';

export function sentenceOf(report: EventReport): string {
  switch (report.kind) {
    case 'methodFailed':
      return `events 4354: ${report.method} failed at "${report.name}": ${codeOf(report.hresult)}`;
    case 'notCreated':
      return `events 4356: ${report.clsid} of "${report.name}" could not be created for ${report.method}: ${report.message}`;
    case 'filterUnusable': {
      const { name, method, criteria, position, hresult } = report;
      return `events 4624: the criteria of "${name}" do not suit ${method}, at ${position}: ${JSON.stringify(criteria)}: ${codeOf(hresult)}`;
    }
    case 'publisherFilterFailed':
      return `events: the publisher filter of ${report.eventClass} failed at ${report.method}: ${report.message}`;
    case 'deadLetter':
      return `events: dead letter ${report.letter}${report.name === undefined ? '' : ` of "${report.name}"`}: ${codeOf(report.hresult)}`;
    case 'changeUntold':
      return `events: ${report.type} of ${report.id} was told to nobody: the subscribers are too slow`;
    case 'corrupt':
      return `events${report.id === undefined ? '' : ` ${report.id}`}: ${report.key} in the store cannot be read, and is left there`;
  }
}

/** Its name, or the number of one that a subscriber made up. */
function codeOf(hresult: number): string {
  const { code } = outcomeOf(hresult);
  return code === 'UNKNOWN_HRESULT' ? `0x${hresult.toString(16).padStart(8, '0')}` : code;
}
