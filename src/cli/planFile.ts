import { readFile } from 'node:fs/promises';
import { Failure } from '../base/failure';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { SavedPlan } from '../rotation/savedPlan';
import { parseSavedPlan, renderSavedPlan } from '../rotation/savedPlan';
import { errorCode } from '../base/errors';
import { writeFileAtomic } from '../base/writeFileAtomic';
import { unreadable } from '../base/unreadable';

/** Saves the plan of a dry run, for the eyes of its owner. @throws Failure `configuration` naming the file */
export async function writePlanFile(
  file: string,
  { planned, enginePlan }: { planned: PlannedRotation; enginePlan: unknown },
): Promise<void> {
  try {
    await writeFileAtomic(file, renderSavedPlan(planned.plan, enginePlan), 0o600);
  } catch (error) {
    throw new Failure(
      'file-unwritable',
      `--plan: ${file} cannot be written (${errorCode(error)}); name a file in a writable folder.`,
      { cause: error },
    );
  }
}

/** Reads a saved plan. @throws Failure `configuration` naming the file */
export async function readPlanFile(file: string): Promise<SavedPlan> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(`--plan: ${file}`, error, `make it with --dry-run --plan ${file}`);
  }
  return parseSavedPlan(text, file);
}
