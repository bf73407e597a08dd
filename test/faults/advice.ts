import { readFileSync } from 'node:fs';
import type { Lab, Site } from '../../lab';
import { readLogin } from '../../lab/site/files';
import type { Run } from '../lab/support/command';
import { run } from '../lab/support/command';
import { overwrite } from '../lab/support/files';
import { Operator } from '../lab/support/operator';
import { replaceLogin, snapshot } from '../lab/support/world';

/** What a person does who takes the last message at its word. */
export type Advice =
  | { kind: 'command'; args: string[] }
  | { kind: 'tool'; line: string }
  | { kind: 'sql'; statement: string }
  | { kind: 'correct-file' }
  | { kind: 'correct-secret' }
  | { kind: 'close-sessions' };

/** How often advice may be followed before all must be well. */
export const adviceLimit = 2;

/**
 * The first thing that a message tells its reader to do, taken literally; undefined when it tells nothing that can be
 * done. Of `A, or B` it is A.
 */
export function adviceIn(message: string): Advice | undefined {
  const found = rules
    .map(([pattern, adviceOf]) => ({ match: pattern.exec(message), adviceOf }))
    .filter(({ match }) => match !== null)
    .sort((one, other) => (one.match?.index ?? 0) - (other.match?.index ?? 0));
  const [first] = found;
  return first?.match ? first.adviceOf(first.match) : undefined;
}

const rules: [RegExp, (found: RegExpExecArray) => Advice][] = [
  [/[Rr]un credential-rotation ((?:--)?[a-z][a-z-]*(?: --yes)?)/, ([, words = '']) => ours(words)],
  [/(?:[Ss]et it |slot secret |again )?\(?with --sync-db-users/, () => ours('--sync-db-users')],
  [/\(--sync-db-users sets/, () => ours('--sync-db-users')],
  [/[Rr]un credential-rotation(?=[,;:.]| without)/, () => ours('')],
  [/[Rr]un (aws secretsmanager [^,;]+?)(?=, and|; |\.(?:\s|$))/, ([, line = '']) => ({ kind: 'tool', line })],
  [/[Rr]un (kubectl [^,;]+?)(?=, and|; |\.(?:\s|$))/, ([, line = '']) => ({ kind: 'tool', line })],
  [/[Rr]un (ALTER USER [^;]+?)(?=, and|; |\.(?:\s|$))/, ([, statement = '']) => ({ kind: 'sql', statement })],
  [/[Cc]orrect that place|[Cc]orrect the file/, () => ({ kind: 'correct-file' })],
  [/Take its keys out of that controller/, () => ({ kind: 'correct-secret' })],
  [/Close (?:those sessions|them)/, () => ({ kind: 'close-sessions' })],
  [/[Rr]un (?:it )?again/, () => ours('')],
];

function ours(words: string): Advice {
  const args = words.split(' ').filter((word) => word !== '' && word !== 'again');
  return { kind: 'command', args: args[0] === 'rollback' ? [...new Set([...args, '--yes'])] : args };
}

/** What is said at the end of a run: its last line, without what differs from run to run. */
export function messageOf({ stderr }: Pick<Run, 'stderr'>): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last.replace(/\[exit \d+[^\]]*\]/, '').replace(/\b[a-z]*-?\d{8}T?\d*[\w-]*|\d+(\.\d+)? s\b/g, '…');
}

/**
 * Follows what the runs print, from this end on, at most twice; gives what was done.
 * @param closeSessions what a person does who is told to close sessions
 * @throws when the same message comes back, when a message has no advice, or when twice was not enough
 */
export async function followAdvice(
  lab: Lab,
  site: Site,
  first: Run,
  closeSessions: () => Promise<void> = async () => undefined,
): Promise<{ done: string[]; last: Run }> {
  const done: string[] = [];
  let end = first;
  while (end.code !== 0) {
    const advice = adviceIn(messageOf(end));
    const said = `exit ${String(end.code)}: ${end.stderr.trim().split('\n').at(-1)}`;
    if (!advice) throw new Error(`a message without advice (after ${done.join(', ') || 'none'}): ${said}`);
    if (done.length === adviceLimit) throw new Error(`advice in vain (${done.join(', ')}): ${said}`);
    done.push(textOf(advice));
    const next = await follow(lab, site, advice, closeSessions);
    if (next.code !== 0 && messageOf(next) === messageOf(end))
      throw new Error(`the same message again (after ${done.join(', ')}): ${said}`);
    end = next;
  }
  return { done, last: end };
}

function textOf(advice: Advice): string {
  if (advice.kind === 'command') return advice.args.join(' ') || 'run again';
  if (advice.kind === 'tool') return advice.line;
  return advice.kind === 'sql' ? advice.statement : advice.kind;
}

/** Does what is said, then runs the command again, as every message ends. */
async function follow(
  lab: Lab,
  site: Site,
  advice: Advice,
  closeSessions: () => Promise<void>,
): Promise<Run> {
  switch (advice.kind) {
    case 'command':
      return followedBy(site, await run(site, advice.args), advice.args);
    case 'tool':
      await new Operator(lab, site, site.folder).runLine(advice.line, []);
      break;
    case 'sql':
      await lab.database.root(advice.statement);
      break;
    case 'correct-file':
      await correctFile(site);
      break;
    case 'correct-secret':
      await setSecretTo(lab, site);
      break;
    case 'close-sessions':
      await closeSessions();
  }
  return run(site);
}

/** A repair that ended well is not the end: the rotation is what was asked for. */
async function followedBy(site: Site, repair: Run, args: readonly string[]): Promise<Run> {
  return repair.code === 0 && args.includes('--sync-db-users') ? run(site) : repair;
}

/** Writes into the file a login that works, as a person finds it in the slot secret: first the one of its own user. */
async function correctFile(site: Site): Promise<void> {
  const text = readFileSync(site.sqlconfFile, 'utf8');
  const { A, B } = await snapshot(site);
  const own = readLogin(text)?.user;
  for (const entry of [A, B].sort((one) => (one.username === own ? -1 : 1)))
    if (await site.canLogin(entry.username, entry.password))
      return overwrite(site.sqlconfFile, replaceLogin(text, entry));
}

/** The Secret as the file says. */
async function setSecretTo(lab: Lab, site: Site): Promise<void> {
  const { login, pass } = await site.sqlconf();
  const patch = JSON.stringify({ stringData: { 'mysql-user': login, 'mysql-password': pass } });
  const words = ['kubectl', '-n', site.namespace, 'patch', 'secret', site.kubernetesSecret, '-p', patch];
  await new Operator(lab, site, site.folder).run(words);
}
