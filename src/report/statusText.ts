import type { Place } from '../rotation/rotationPlan';
import type { PasswordReport, PlaceReport, StatusReport } from '../inspect/status/report';
import type { RotationEnd } from '../rotation/ends';
import { reasonText } from './historyText';
import { aligned } from './table';

/**
 * A status for a person: the first line says what is live and whether all is well, the last one what to do next.
 */
export function statusLines(report: StatusReport): string[] {
  return [
    headline(report),
    '',
    'Places',
    ...aligned(placeRows(report)),
    '',
    'Passwords',
    ...aligned(report.passwords.map((password) => passwordRow(password, report))),
    ...rotationLines(report),
    ...labelLines(report),
    ...section(
      'Cannot be read',
      report.unreadable.map(({ part, reason }) => `${part}: ${reason}`),
    ),
    ...section(
      'Differs',
      report.drift.map(({ text }) => text),
    ),
    ...section('Note', report.notes, '·'),
    '',
    `Next: ${report.advice}`,
  ];
}

function headline(report: StatusReport): string {
  const { live, outcome, drift, unreadable, unfinished, lock } = report;
  const running = lock?.held === true ? ' A rotation is running.' : '';
  if (live === null)
    return `✗ Which account OpenEMR uses is not known: sqlconf.php cannot be read.${running}`;
  const account = `${placeName(live.slot)} (${live.username})`;
  if (live.works === false) return `✗ OpenEMR is down: the database refuses ${account}.${running}`;
  if (outcome === 'done') return `✓ OpenEMR runs on ${account}, and everything agrees.${running}`;
  if (
    drift.length === 0 &&
    !unfinished &&
    unreadable.every(({ part }) => part === 'state' || part === 'lock')
  )
    return `? ${sure(live)} ${account}, and all that could be read agrees; not known: ${notKnown(report)}.${running}`;
  const counts = [
    unfinished ? 'a rotation is unfinished' : '',
    drift.length > 0 ? counted(drift.length, 'difference') : '',
    unreadable.length > 0 ? `${counted(unreadable.length, 'part')} cannot be read` : '',
  ].filter((text) => text !== '');
  return `✗ ${sure(live)} ${account}; ${counts.join(', ')}.${running}`;
}

function sure({ works }: PlaceReport): string {
  return works === true ? 'OpenEMR runs on' : 'sqlconf.php names';
}

/** What stays open when only the state, or only the lock, cannot be read. */
function notKnown({ unreadable }: StatusReport): string {
  const hidden = unreadable.map(({ part }) =>
    part === 'state'
      ? 'whether a rotation is unfinished (the state cannot be read)'
      : 'whether a rotation is running (the lock cannot be read)',
  );
  return hidden.join(' and ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function placeName(place: Place | null): string {
  if (place === null) return 'an account';
  return place === 'other' ? 'neither slot' : `slot ${place}`;
}

function placeRows(report: StatusReport): string[][] {
  const { places, activeSlot, rollout, lock, adminLock, lease } = report;
  const rows = [
    placeRow('sqlconf.php', places.sqlconf),
    placeRow('Kubernetes Secret', places.kubernetesSecret),
    ['slot secret', activeSlot === null ? '?' : `slot ${activeSlot}`, 'active_slot'],
    rolloutRow(rollout),
    ['lock', ...lockCells(lock)],
  ];
  if (adminLock?.held === true) rows.push(['admin secret lock', ...lockCells(adminLock)]);
  if (lease) rows.push(['Lease', 'held', lease.holder, `renewed ${lease.renewed}`]);
  return rows;
}

function placeRow(title: string, place: PlaceReport | null): string[] {
  if (place === null) return [title, '?', 'cannot be read'];
  const { slot, username, works, name } = place;
  return [title, slot === null ? '?' : placeName(slot), username ?? '?', answer(works), name];
}

function answer(works: boolean | null): string {
  if (works === null) return 'not asked';
  return works ? 'logs in' : 'is refused';
}

function rolloutRow(rollout: StatusReport['rollout']): string[] {
  if (!rollout) return ['Deployment', '?', 'cannot be read'];
  const { state, ready, wanted, deployment } = rollout;
  return ['Deployment', state, `${ready} of ${wanted} ready`, '', deployment];
}

function lockCells(lock: StatusReport['lock']): string[] {
  if (!lock) return ['?', 'cannot be read'];
  if (!lock.held) return ['free'];
  const idle = lock.idleSeconds === null ? '' : `last statement ${lock.idleSeconds} s ago`;
  return ['held', lock.holder ?? 'an unknown user', idle, `connection ${lock.connectionId}`];
}

function passwordRow(password: PasswordReport, { live }: StatusReport): string[] {
  const { account, username, works, retained } = password;
  const isLive = username !== null && live?.username === username;
  const title = account === 'admin' ? 'admin' : `slot ${account}`;
  const takes = `${answer(works)}${retained === true ? ', as does an older one' : ''}`;
  return [title, username ?? '?', ageText(password), takes, isLive ? '◄ live' : ''];
}

function ageText({ since, ageSeconds, exact }: PasswordReport): string {
  if (since === null || ageSeconds === null) return 'age unknown';
  return `${exact ? '' : 'at least '}${duration(ageSeconds)} old, since ${time(since)}`;
}

/** A length of time in its largest unit. */
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  const [name, size] = units.find(([, each]) => seconds >= each) ?? ['second', 1];
  return counted(Math.floor(seconds / size), name);
}

function time(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

function labelLines({ labels }: StatusReport): string[] {
  if (labels.length === 0) return [];
  const rows = labels.map(({ secret, label, versionId, current }) => [
    label,
    current ? 'on the current version' : 'on another version',
    `${secret} ${versionId}`,
  ]);
  return ['', 'Labels', ...aligned(rows)];
}

const ends: Record<RotationEnd, string> = {
  done: 'done',
  'rolled-back': 'rolled back',
  unfinished: 'NOT FINISHED',
  'given-up': 'not finished, and abandoned',
};

function rotationLines({ lastRotation, state, unreadable }: StatusReport): string[] {
  if (lastRotation) {
    const { id, kind, from, to, undoes, startedAt, endedAt, end, failure } = lastRotation;
    const what = `${kind}${undoes === null ? '' : ` of ${undoes}`}, ${placeName(from)} → ${placeName(to)}`;
    const ended = endedAt === null ? '' : ` at ${time(endedAt)}`;
    return [
      '',
      'Last rotation',
      `  ${id}: ${what}`,
      `  begun at ${time(startedAt)}, ${ends[end]}${ended}`,
      ...(failure === null ? [] : [`  why: ${reasonText(failure)}`]),
    ];
  }
  if (unreadable.some(({ part }) => part === 'state'))
    return ['', 'Last rotation', '  not known: the state cannot be read'];
  return ['', 'Last rotation', `  none in the state${state ? ` (${state.backendUrl})` : ''}`];
}

function section(title: string, lines: string[], mark = '✗'): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${mark} ${line}`)];
}
