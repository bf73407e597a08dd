import type { CodeFacts } from '../base/codes/cause';
import { codeGroups, exitOf, failureCode } from '../base/failureCodes';
import { exitCodes } from '../base/failure';
import type { Outcome } from '../base/failure';
import { decide, withoutWayBack } from '../rotation/policy';

const introduction = `# Failure codes

Each failure has a code, which tells programs the cause in one word: \`code\` of the result in [json.md](json.md). The message says where, and
what to do there; the code never changes, the message may. The code, and how far the run was, decide how the run ends:

- **before**: the exit code while OpenEMR is on the login from before (steps 1 to 4, or a look at the world that says so).
- **after**: in steps 5 to 8, where sqlconf.php may be switched. 13 means rolled back; it is 12 (held) if the old login is not known to work.
- From step 9 on, and in a rollback that did not finish, each code but \`stopped-by-signal\` ends with 12 (held): run again to finish.
- A dash: it comes only where nothing was begun.

What the exit codes mean: [exit-codes.md](exit-codes.md).
`;

/** The text of docs/failure-codes.md as it must be now. */
export function failureCodesText(): string {
  const groups = Object.entries(codeGroups).flatMap(([title, codes]) => [
    `## ${title}`,
    '',
    '| code | what it means | what to do | before | after |',
    '| --- | --- | --- | --- | --- |',
    ...Object.entries(codes).map(([code, facts]) => row(code, facts)),
    '',
  ]);
  return ['<!-- Made by npm run docs; do not edit. -->', '', introduction, ...groups].join('\n');
}

/** Codes that come before a rotation begins, or from a command that carries none out. */
const early = /^(job-|openemr-not-found$|rollback-undecided$)/;

function row(text: string, { cause, means, todo }: CodeFacts): string {
  const code = failureCode(text);
  if (code === undefined) throw new TypeError(`no code: ${text}`);
  const exit = exitOf(code);
  if (cause === 'usage' || early.test(code)) return line(code, means, todo, exitCodes[exit], '–');
  const before: Outcome = withoutWayBack(decide('not-switched', exit));
  // What refuses a run before it begins says more than that.
  const reading = exitCodes[exit] === exitCodes[before] ? '' : ` (${exitCodes[exit]} if nothing was begun)`;
  const after = decide('switched', exit);
  const exitAfter = exitCodes[after === 'go-back' ? 'rolled-back' : after];
  return line(code, means, todo, `${exitCodes[before]}${reading}`, exitAfter);
}

function line(...[code, ...cells]: (string | number)[]): string {
  return `| \`${code}\` | ${cells.join(' | ')} |`;
}
