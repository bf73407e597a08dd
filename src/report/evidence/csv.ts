import type { Entry, Predicate } from '../../evidence/form';
import { outcomeText, proofLines, renewedText, stepLine } from './words';

const columns: Readonly<Record<string, (entry: Entry) => string>> = {
  number: ({ number }) => String(number),
  rotation: ({ id }) => id,
  stack: ({ stack }) => stack,
  kind: ({ kind }) => kind,
  from: ({ from }) => from,
  to: ({ to }) => to,
  outcome: outcomeText,
  started: ({ startedAt }) => startedAt,
  ended: ({ endedAt }) => endedAt ?? '',
  by: ({ by }) => by ?? '',
  runs: ({ runs }) => String(runs.length),
  renewed: renewedText,
  steps: ({ steps }) => stepLine(steps),
  proofs: ({ proofs }) => proofLines(proofs).join('; '),
  failure: ({ failure }) =>
    failure ? `${failure.step === null ? '' : `Step ${failure.step}: `}${failure.message}` : '',
  rollback: ({ rollback }) =>
    rollback ? `${rollback.id}: ${rollback.succeeded ? 'succeeded' : 'not finished'}` : '',
  slot_secret: ({ slotSecret }) => slotSecret,
  admin_secret: ({ adminSecret }) => adminSecret,
  admin_user: ({ adminUser }) => adminUser,
  plan_sha256: ({ plan }) => plan.sha256,
  previous_sha256: ({ previous }) => previous ?? '',
};

/** The entries as CSV (RFC 4180), one row for each. Pure. */
export function evidenceCsv({ entries }: Predicate): string {
  const rows = entries.map((entry) => Object.values(columns).map((of) => of(entry)));
  return [Object.keys(columns), ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

/**
 * One field. A spreadsheet takes what begins like this for a formula and runs it, also in quotes
 * (owasp.org/www-community/attacks/CSV_Injection): an apostrophe in front makes it text.
 */
function cell(text: string): string {
  const plain = text.replace(/[^\P{Cc}\n\t]|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/gu, '');
  const safe = /^\s*[=+\-@\t\r\n|%\uff1d\uff0b\uff0d\uff20]/.test(plain) ? `'${plain}` : plain;
  return `"${safe.replaceAll('"', '""')}"`;
}
