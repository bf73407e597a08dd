import type { Stack } from '@pulumi/pulumi/automation';
import type { HistoryEntry } from '../history/entries';
import { readEntries } from '../history/entries';
import type { PastRotation } from '../history/pastRotation';
import type { StateOfLast } from '../history/rotations';
import { pastRotations } from '../history/rotations';
import { readLoads } from './loadFiles';
import { outputsOf, pastStepsOf, planInState } from './pastSteps';
import type { StackLocation } from './workspace';
import { byKey, engineFailure, openStackIfThere, planKey } from './workspace';

/** Updates in one answer of the engine, which reads one file of the backend for each. */
const pageSize = 100;
/** Answers asked for at once: each is a process. */
const pagesAtOnce = 2;

/**
 * The rotations of a stack, the newest first; empty where there is no such stack.
 * @param limit how many are wanted at least; undefined for all
 * @throws Failure when backend or state cannot be read
 */
export async function readHistory(
  location: StackLocation,
  limit: number | undefined,
): Promise<PastRotation[]> {
  const opened = await openStackIfThere(location);
  if (!opened) return [];
  const last = stateOfLast(opened.deployment);
  // A rotation has rarely more than three updates: two runs and a rollback.
  const entries = await readPages(opened.stack, location, limit === undefined ? undefined : limit * 3);
  const ids = new Set([...entries.map(({ plan }) => plan.id), ...(last ? [last.plan.id] : [])]);
  const rotations = pastRotations(entries, last, await readLoads(location.home, ids));
  return limit === undefined ? rotations : rotations.slice(0, limit);
}

/** What the state says of the plan that was begun last. */
function stateOfLast(deployment: unknown): StateOfLast | undefined {
  const plan = planInState(deployment);
  const past = pastStepsOf(deployment);
  return plan && past && { plan, past, finished: outputsOf(deployment)['rotation'] === plan.id };
}

/** Updates, the newest first. A run that ends meanwhile shifts the pages by one: what then comes twice is dropped. */
async function readPages(
  stack: Stack,
  location: StackLocation,
  wanted: number | undefined,
): Promise<HistoryEntry[]> {
  const size = Math.min(pageSize, wanted ?? pageSize);
  const found = new Map<string, HistoryEntry>();
  let read = 0;
  // Most histories fit the first page.
  for (let numbers = [1]; ; numbers = following(numbers)) {
    const answers = await Promise.all(numbers.map((number) => readPage(stack, location, size, number)));
    for (const entry of readEntries(answers.flat(), { plan: planKey, by: byKey }))
      found.set(`${entry.plan.id} ${entry.startedAt}`, entry);
    read += answers.flat().length;
    if (answers.some((answer) => answer.length < size) || (wanted !== undefined && read >= wanted))
      return [...found.values()];
  }
}

function following(numbers: number[]): number[] {
  const last = numbers.at(-1) ?? 0;
  return Array.from({ length: pagesAtOnce }, (_, index) => last + 1 + index);
}

async function readPage(
  stack: Stack,
  location: StackLocation,
  size: number,
  page: number,
): Promise<unknown[]> {
  try {
    return await stack.history(size, page, false);
  } catch (error) {
    throw engineFailure(error, location);
  }
}
