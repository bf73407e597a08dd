import { exitCodes } from '../base/failure';
import type { Verdict } from '../rotation/ends';
import { scrubber } from '../secrecy/scrubber';
import type { EndedRun } from './endedRun';
import { verdictOf } from './endedRun';

/** A run for somebody who reads it in a chat or on a pager: plain text, without any secret. */
export interface Summary {
  verdict: Verdict;
  /** One line: what became of which OpenEMR. */
  title: string;
  /** What the command said. */
  message: string;
  /** What to look up further, by name. */
  facts: { name: string; value: string }[];
}

const titles: Record<Verdict, string> = {
  rotated: 'Credentials rotated',
  'rolled-back': 'Credential rotation rolled back',
  held: 'Credential rotation held: run it again to finish',
  failed: 'Credential rotation failed',
};

/** The summary of a run that has ended. */
export function summaryOf(run: EndedRun): Summary {
  const { stack, namespace, deployment, ending, startedAt, endedAt } = run;
  const { planned, outcome, code, message } = ending;
  const verdict = verdictOf(run);
  const seconds = Math.round((endedAt.getTime() - startedAt.getTime()) / 1000);
  const facts = [
    ...(planned === undefined
      ? []
      : [
          { name: 'Rotation', value: `${planned.plan.id} (${planned.plan.kind})` },
          { name: 'Slots', value: `${planned.plan.from} → ${planned.plan.to}` },
        ]),
    { name: 'Exit code', value: `${exitCodes[outcome]} (${outcome})` },
    ...(code === undefined ? [] : [{ name: 'Failure code', value: code }]),
    { name: 'Stack', value: stack },
    { name: 'Duration', value: `${seconds} s` },
  ];
  const title = `${titles[verdict]}: ${namespace}/${deployment}`;
  return { verdict, title, message: scrubber.scrub(message), facts };
}

/** What a text takes of a limit: the sum of what its characters take. */
type Size = (text: string) => number;

/**
 * The beginning of a text that keeps to a limit, cut between characters; one that is cut off says so.
 * @param sizeOf code points, where it is not given
 */
export function cutTo(text: string, limit: number, sizeOf: Size = (part) => Array.from(part).length): string {
  if (sizeOf(text) <= limit) return text;
  let size = sizeOf('…');
  let begin = '';
  for (const character of text) {
    size += sizeOf(character);
    if (size > limit) break;
    begin += character;
  }
  return `${begin}…`;
}
