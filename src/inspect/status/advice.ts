import { placeText } from './drift';
import type { NextReport, StatusReport } from './report';

/** What to do now. A login that does not work goes first: OpenEMR is down. Then what hides the rest. */
export function adviceOf(report: Omit<StatusReport, 'advice'>): string {
  const { drift, lock, unfinished, unreadable, refused, next } = report;
  const [first] = drift;
  if (first?.kind === 'live-login-refused') return first.mend;
  if (lock?.held === true)
    return 'Wait until the run that holds the lock ends, then look again; credential-rotation unlock shows the holder, and ends one that hangs.';
  const [hidden] = unreadable.filter(({ part }) => part !== 'state');
  if (hidden !== undefined)
    return `Fix what cannot be read (${unreadable.map(({ part }) => part).join(', ')}), then run credential-rotation status again.`;
  if (unreadable.length > 0)
    return `Fix the state first, as the line above says: a rotation reads it.${first ? ` Then: ${first.mend}` : ''}`;
  if (unfinished)
    return `Run credential-rotation: it finishes ${unfinished.kind === 'rollback' ? 'rollback' : 'rotation'} ${unfinished.id}, with the same passwords.`;
  if (refused.length > 0) return `A rotation would be refused now: ${refused.join(' ')}`;
  if (first) return first.mend;
  return `Nothing to do.${next ? ` ${nextText(next)}` : ''}`;
}

function nextText({ to, renew }: NextReport): string {
  const renewed = renew === null ? '' : `, and renews the passwords of slot ${renew} and of the admin`;
  return `The next run moves OpenEMR to ${placeText(to)}${renewed}.`;
}
