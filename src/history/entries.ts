import { z } from 'zod';
import { valueIfOf } from '../base/stored';
import type { RotationPlan } from '../rotation/rotationPlan';
import { parsePlan } from '../rotation/storedPlan';

/** One update in the stack's history that carried out one of our plans. */
export interface HistoryEntry {
  plan: RotationPlan;
  /** ISO times; the engine keeps whole seconds. */
  startedAt: string;
  endedAt: string;
  succeeded: boolean;
  /** user@host; undefined for updates of older versions. */
  by: string | undefined;
}

/** The message of an update: what it does, and who runs it. */
export function updateMessage(what: string, by: string): string {
  return `${what} by ${by}`;
}

/**
 * Reads what `pulumi stack history --json` prints, parsed; `planKey` names the config value that holds the plan. Updates that did not carry out one of our plans (a
 * refresh, an import) are left out.
 */
export function readEntries(answer: unknown, planKey: string): HistoryEntry[] {
  if (!Array.isArray(answer)) return [];
  return answer.flatMap((each: unknown) => {
    const entry = readEntry(each, planKey);
    return entry ? [entry] : [];
  });
}

/** The Automation API gives dates, the engine's own JSON texts. */
const time = z.union([z.string(), z.date()]);

/** An update in the history (auto.UpdateSummary), as far as we look into it. A config value that is a secret is none of ours. */
const entrySchema = z.object({
  startTime: time,
  endTime: z.nullish(time),
  result: z.nullish(z.string()),
  message: z.nullish(z.string()),
  config: z.record(z.string(), z.object({ value: z.unknown() })),
});

function readEntry(value: unknown, planKey: string): HistoryEntry | undefined {
  const entry = valueIfOf(entrySchema, value);
  const text = entry?.config[planKey]?.value;
  const plan = typeof text === 'string' ? parsePlan(text) : undefined;
  const startedAt = isoTime(entry?.startTime);
  if (!entry || !plan || startedAt === undefined) return undefined;
  return {
    plan,
    startedAt,
    endedAt: isoTime(entry.endTime) ?? startedAt,
    succeeded: entry.result === 'succeeded',
    by: byOf(entry.message),
  };
}

/** Undefined in the messages of older versions. */
function byOf(message: string | null | undefined): string | undefined {
  return /\) by (.+)$/.exec(message ?? '')?.[1];
}

function isoTime(value: z.infer<typeof time> | null | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  const found = new Date(value);
  return Number.isNaN(found.getTime()) ? undefined : found.toISOString();
}
