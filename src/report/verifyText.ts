import type { Check, CheckState } from '../inspect/verify/check';
import { areas } from '../inspect/verify/check';

const marks: Record<CheckState, string> = { ok: '✓', missing: '✗', optional: '·', 'not-checked': '?' };

/** A checklist for a person: the first line is the result, the last one what to do next. */
export function verifyLines(checks: readonly Check[]): string[] {
  const failed = checks.filter(({ state }) => state === 'missing').length;
  const lines = [
    failed === 0
      ? '✓ A rotation has everything that it needs.'
      : `✗ ${failed} of ${checks.length} checks failed: a rotation would fail.`,
  ];
  for (const area of areas) {
    const own = checks.filter((check) => check.area === area);
    if (own.length > 0) lines.push('', area, ...own.map(checkLine));
  }
  const optional = checks.some(({ state }) => state !== 'ok' && state !== 'missing');
  if (optional)
    lines.push('', '· is not needed. ? cannot be checked without a write, or without what is missing above.');
  lines.push(
    '',
    failed === 0
      ? 'Next: credential-rotation --dry-run shows what it would do.'
      : 'Next: fix what is marked ✗, and run credential-rotation verify again.',
  );
  return lines;
}

function checkLine({ title, state, detail }: Check): string {
  return `  ${marks[state]} ${title}${detail === null ? '' : `: ${detail}`}`;
}
