import { expect } from 'chai';
import type { StatusFacts } from '../../../src/inspect/status/facts';
import { judgeStatus } from '../../../src/inspect/status/judge';
import type { StatusReport } from '../../../src/inspect/status/report';
import { statusLines } from '../../../src/report/statusText';
import { canary } from '../rotation/simulatedWorld';

/** Judges, and checks what holds for every status. */
export function judged(facts: StatusFacts): StatusReport {
  const report = judgeStatus(facts);
  const text = statusLines(report).join('\n');
  expect(JSON.stringify(report) + text, 'a password is shown').not.to.include(canary);
  expect(text.split('\n').at(-1)).to.equal(`Next: ${report.advice}`);
  expect(report.outcome === 'done').to.equal(text.startsWith('✓'), text);
  return report;
}
