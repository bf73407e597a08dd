import { placeText } from './drift';
import type { NextReport, StatusReport } from './report';

/** What to do now. A login that does not work goes first: OpenEMR is down. Then what hides the rest. */
export function adviceOf(report: Omit<StatusReport, 'advice'>): string {
  const { drift, lock, unfinished, unreadable, refused, next } = report;
  const [first] = drift;
  if (first?.kind === 'live-login-refused') return `${beforeAnyRun(report)}${first.mend}`;
  if (lock?.held === true)
    return 'Wait until the run that holds the lock ends, then look again; credential-rotation unlock shows the holder, and ends one that hangs.';
  const [hidden] = unreadable.filter(({ part }) => part !== 'state');
  if (hidden !== undefined)
    return `Fix what cannot be read (${unreadable.map(({ part }) => part).join(', ')}), then run credential-rotation status again.`;
  if (unreadable.length > 0)
    return `Fix the state first, as the line above says: a rotation reads it.${first ? ` Then: ${first.mend}` : ''}`;
  if (unfinished) {
    const run = `un credential-rotation: it finishes ${unfinished.kind === 'rollback' ? 'rollback' : 'rotation'} ${unfinished.id}, with the same passwords.`;
    return refused.length === 0 ? `R${run}` : `No run can finish it now: ${refused.join(' ')} Then r${run}`;
  }
  if (refused.length > 0) return `A rotation would be refused now: ${refused.join(' ')}`;
  if (first) return first.mend;
  return `Nothing to do.${next ? ` ${nextText(next)}` : ''}`;
}

/** What goes before any run, the repair too: without the admin none begins. */
function beforeAnyRun({ drift }: Pick<StatusReport, 'drift'>): string {
  const admin = drift.find(
    ({ kind, mend }) => kind === 'admin-login-refused' && !mend.startsWith('Run credential-rotation'),
  );
  return admin === undefined ? '' : `First, for the admin: ${admin.mend} Then: `;
}

function nextText({ to, renew }: NextReport): string {
  const renewed = renew === null ? '' : `, and renews the passwords of slot ${renew} and of the admin`;
  return `The next run moves OpenEMR to ${placeText(to)}${renewed}.`;
}
