import { createHash } from 'node:crypto';

/** Stands in a schedule for a minute of its own, as in Jenkins (jenkins.io/doc/book/pipeline/syntax: "H symbol"). */
const ownMinute = 'H';

/**
 * The schedule with a minute in the place of an `H`: the same one for ever, and another one for most others, so that
 * those who share an admin secret or a database do not all start at once.
 * @param schedule five fields of cron; only the first may be `H`
 * @param who namespace and name of what starts
 */
export function withOwnMinute(schedule: string, who: string): string {
  const [minute, ...rest] = schedule.split(' ');
  if (minute !== ownMinute) return schedule;
  const hash = createHash('sha256').update(who).digest().readUInt32BE(0);
  return [String(hash % 60), ...rest].join(' ');
}
