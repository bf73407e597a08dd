import type { Stack, UpdateSummary } from '@pulumi/pulumi/automation';
import { readEntries } from '../history/entries';
import type { LoadCount, PastRotation } from '../history/pastRotation';
import type { StateOfLast } from '../history/rotations';
import { pastRotations } from '../history/rotations';
import { engineFailure } from './failure';
import { readableFailureNotes } from './failureNotes';
import { outputsOf, pastStepsOf, planInState } from './pastSteps';
import { readingAt } from './readingPlace';
import { openStackIfThere, planKey } from './workspace';
import type { StackLocation } from '../target/location';

/** Updates in one answer of the engine, which reads one file of the backend for each: the call itself costs more. */
const largestPage = 1000;

/**
 * The rotations of a stack, the newest first; empty where there is no such stack.
 * @param limit how many are wanted at least; undefined for all
 * @param loads counted requests by rotation
 * @throws Failure when backend or state cannot be read
 */
export function readHistory(
  location: StackLocation,
  limit: number | undefined,
  loads: ReadonlyMap<string, LoadCount> = new Map(),
): Promise<PastRotation[]> {
  return readingAt(location, (at) => readAt(at, limit, loads));
}

async function readAt(
  location: StackLocation,
  limit: number | undefined,
  loads: ReadonlyMap<string, LoadCount>,
): Promise<PastRotation[]> {
  const opened = await openStackIfThere(location);
  if (!opened) return [];
  const last = stateOfLast(opened.deployment);
  // A rotation has rarely more than three updates: two runs and a rollback.
  const wanted = limit === undefined ? undefined : limit * 3;
  const [updates, failures] = await Promise.all([
    readPages(opened.stack, location, wanted),
    readableFailureNotes(opened.stack),
  ]);
  const entries = readEntries(updates, planKey);
  const rotations = pastRotations(entries, last, { loads, failures });
  return limit === undefined ? rotations : rotations.slice(0, limit);
}

/** What the state says of the plan that was begun last. */
export function stateOfLast(deployment: unknown): StateOfLast | undefined {
  const plan = planInState(deployment);
  const past = pastStepsOf(deployment);
  return plan && past && { plan, past, finished: outputsOf(deployment)['rotation'] === plan.id };
}

/** Updates as the engine tells them, the newest first. A run that ends meanwhile shifts the pages by one: what then comes twice is dropped. */
export async function readPages(stack: Stack, location: StackLocation, wanted?: number): Promise<unknown[]> {
  const size = Math.min(largestPage, wanted ?? largestPage);
  const found = new Map<string, unknown>();
  for (let page = 1; ; page += 1) {
    const answer = await readPage(stack, location, size, page);
    for (const update of answer) {
      const { kind, startTime, message, version } = update;
      found.set(JSON.stringify([kind, startTime, message, version]), update);
    }
    if (answer.length < size || (wanted !== undefined && page * size >= wanted)) return [...found.values()];
  }
}

async function readPage(
  stack: Stack,
  location: StackLocation,
  size: number,
  page: number,
): Promise<UpdateSummary[]> {
  try {
    return await stack.history(size, page, false);
  } catch (error) {
    throw engineFailure(error, location);
  }
}
