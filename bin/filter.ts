/** `spoolpipe filter check`: whether criteria are right, and which part of them is true or false for these values. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { compileFilter, FilterError, type FilterExplanation } from '../shared/index.ts';
import { action, type Running } from './action.ts';
import { EXIT } from './exit-code.ts';

interface CheckOptions {
  readonly with?: Readonly<Record<string, unknown>>;
  readonly extended?: true;
}

export function addFilter(program: Command): void {
  const filter = program
    .command('filter')
    .summary('try the criteria of a parameter filter')
    .description('Tries the criteria of a parameter filter or of a store query. No spooler takes part.');
  filter
    .command('check')
    .summary('check criteria, and say which part of them is true or false')
    .description(
      'Checks the syntax of criteria. With --with it also says whether an event with these parameters would be ' +
        'delivered, and which part of the criteria is true or false.',
    )
    .argument('<criteria>', "such as: Printer = ('Lab' OR 'Hall') AND NOT Paused = TRUE")
    .addOption(
      new Option(
        '--with <json>',
        'the parameters: a JSON object of numbers, booleans, strings and null; a {GUID} is a string',
      ).argParser(valuesFrom),
    )
    .option('--extended', 'in the language "extended": with <, <=, >, >=, decimals and LIKE')
    .option('--json', 'one JSON object on standard output')
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe filter check 'NOT Pages = 3'
  spoolpipe filter check 'Pages = (1 OR 2)' --with '{"Pages": 3}'
  spoolpipe filter check "Pages > 10 AND Printer LIKE 'Lab%'" --extended --with '{"Pages": 12, "Printer": "Lab 2"}'`,
    )
    .action(action(check));
}

async function check(command: Command, { output }: Running): Promise<number> {
  const { with: values, extended } = command.opts<CheckOptions>();
  const [criteria = ''] = command.args;
  try {
    const filter = compileFilter(criteria, extended ? { language: 'extended' } : {});
    if (values === undefined) await output.result({ valid: true }, 'valid');
    else {
      const explanation = filter.explain(values);
      await output.result({ matches: explanation.matches }, forPeople(explanation).join('\n'));
    }
    return EXIT.ok;
  } catch (reason) {
    if (!(reason instanceof FilterError)) throw reason;
    const { code, hresult, position, offending, rawMessage: message } = reason;
    output.say(`${reason.picture}\nspoolpipe: ${reason.message}`);
    await output.record({ error: { code, hresult, position, offending, message } });
    return EXIT.refused;
  }
}

/** One line for each part, those inside it below it and further in. */
function forPeople({ criteria, matches, value, parts }: FilterExplanation, depth = 0): readonly string[] {
  const found = value === undefined ? '' : `   it is ${JSON.stringify(value)}`;
  const line = `${matches ? 'true ' : 'false'}  ${'  '.repeat(depth)}${criteria}${found}`;
  return [line, ...parts.flatMap((part) => forPeople(part, depth + 1))];
}

function valuesFrom(text: string): Readonly<Record<string, unknown>> {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    // Said below.
  }
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return values as Record<string, unknown>;
  throw new InvalidArgumentError('It must be a JSON object, such as {"Pages": 3}.');
}
