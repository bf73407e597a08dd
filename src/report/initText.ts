import type { FoundDeployment } from '../find/find';
import type { Check } from '../inspect/verify/check';
import type { MergedFile } from '../find/stackFile';
import { definitionOf } from '../settings/options';
import { passwordInUrl } from '../base/urlPassword';
import { aligned } from './table';

/** Whether a value is a URL with a password. */
export function holdsPassword(value: string): boolean {
  return withoutPassword(value) !== value;
}

function withoutPassword(text: string): string {
  return text.replace(passwordInUrl, '$1…@');
}

/** What was found, to be shown: a password in a URL is left out. */
export function withoutPasswords(all: FoundDeployment): FoundDeployment {
  const shown = <Each extends { value: string }>(each: Each): Each => ({
    ...each,
    value: withoutPassword(each.value),
  });
  return {
    ...all,
    found: all.found.map(shown),
    open: all.open.map((each) => ({ ...each, candidates: each.candidates.map(shown) })),
    notes: all.notes.map(withoutPassword),
  };
}

/** What looking at an OpenEMR gave, line by line: what was found and where, what was not and how to set it. */
export function findingLines({ place, found, open, notes }: FoundDeployment): string[] {
  const rows = found.map(({ name, value, from }) => [
    `✓ ${definitionOf(name).variable}`,
    `${value}  (${from})`,
  ]);
  return [
    `Found with the kubeconfig's context ${place.context} (${place.server}):`,
    '',
    ...aligned(rows),
    ...open.flatMap(({ name, why, how, candidates }) => {
      const { variable, required } = definitionOf(name);
      return [
        `  ${required === true ? '✗' : '·'} ${variable} was not found: ${why}; ${how}.`,
        ...candidates.map(({ value, from }) => `      ${value}  (${from})`),
      ];
    }),
    ...notes.map((note) => `  ! ${note}.`),
    '',
  ];
}

/** What became of the stack file; a dry run shows all of it, without a password that stands in a URL there. */
export function fileLines(
  name: string,
  { added, replaced, kept }: MergedFile,
  { isNew, isDryRun, text }: { isNew: boolean; isDryRun: boolean; text: string },
): string[] {
  const changed = added.length + replaced.length;
  const keeps = kept.map(
    (key) => `  ! ${name} has another value for ${key}, and keeps it: --force takes the one that was found.`,
  );
  if (changed === 0) return [...keeps, `${name} already says all of this; it was not changed.`];
  if (isDryRun) return [...keeps, `${name} would be:`, '', ...withoutPassword(text).trimEnd().split('\n')];
  const what = isNew ? 'written' : 'changed';
  const list = [
    ...(added.length > 0 ? [`new: ${added.join(', ')}`] : []),
    ...(replaced.length > 0 ? [`replaced: ${replaced.join(', ')}`] : []),
  ];
  return [...keeps, `✓ ${name} is ${what} (${list.join('; ')}).`];
}

/** What became of the stack file, for a person and for a program. */
export interface FileChange extends MergedFile {
  file: string;
  written: boolean;
  lines: string[];
}

/**
 * The result for a program; no secret is in it.
 * @param checks of verify; null when it was not run
 */
export function initReport(
  { place, found, open, notes }: FoundDeployment,
  { file, written, added, replaced, kept }: FileChange,
  problems: readonly string[],
  checks: readonly Check[] | null,
): object {
  const { context, server } = place;
  return {
    ...{ context, server },
    settings: found.map(({ name, value, from }) => ({ variable: definitionOf(name).variable, value, from })),
    open: open.map(({ name, why, how, candidates }) => {
      const { variable, required = false } = definitionOf(name);
      return { variable, required, why, how, candidates };
    }),
    notes,
    file: { name: file, written, added, replaced, kept },
    problems,
    checks,
  };
}
