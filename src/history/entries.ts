import type { RotationPlan } from '../rotation/rotationPlan';
import { parsePlan } from '../rotation/rotationPlan';

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

function readEntry(value: unknown, planKey: string): HistoryEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { startTime, endTime, result, config, message } = value as Record<string, unknown>;
  const plan = parsePlan(configValue(config, planKey) ?? '');
  const startedAt = isoTime(startTime);
  if (!plan || startedAt === undefined) return undefined;
  const succeeded = result === 'succeeded';
  return {
    plan,
    startedAt,
    endedAt: isoTime(endTime) ?? startedAt,
    succeeded,
    by: byOf(message),
  };
}

/** Undefined in the messages of older versions. */
function byOf(message: unknown): string | undefined {
  return typeof message === 'string' ? /\) by (.+)$/.exec(message)?.[1] : undefined;
}

/** A value that is kept as a secret is none of ours. */
function configValue(config: unknown, key: string): string | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  const found = (config as Record<string, unknown>)[key];
  if (typeof found !== 'object' || found === null || !('value' in found)) return undefined;
  return typeof found.value === 'string' ? found.value : undefined;
}

/** The Automation API gives dates, the engine's own JSON texts. */
function isoTime(value: unknown): string | undefined {
  if (!(value instanceof Date) && typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
