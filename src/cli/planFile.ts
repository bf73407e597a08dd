import { readFile, rename, writeFile } from 'node:fs/promises';
import { Failure } from '../base/failure';
import type { PlannedRotation } from '../rotation/rotationPlan';
import type { SavedPlan } from '../rotation/savedPlan';
import { parseSavedPlan, renderSavedPlan } from '../rotation/savedPlan';
import { errorCode } from '../base/errors';

/** Saves the plan of a dry run, for the eyes of its owner. @throws Failure `configuration` naming the file */
export async function writePlanFile(
  file: string,
  { planned, enginePlan }: { planned: PlannedRotation; enginePlan: unknown },
): Promise<void> {
  const beside = `${file}.${process.pid}.new`;
  try {
    await writeFile(beside, renderSavedPlan(planned.plan, enginePlan), { mode: 0o600 });
    await rename(beside, file);
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
    throw new Failure(
      'file-unreadable',
      `--plan: ${file} cannot be read (${errorCode(error)}); make it with --dry-run --plan ${file}.`,
      { cause: error },
    );
  }
  return parseSavedPlan(text, file);
}
