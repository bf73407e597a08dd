import { expect } from 'chai';
import { undocumented } from '../../unit/docs/documented';
import type { Run } from './command';
import type { StepResult } from '../../../src/rotation/news';

/** The last line of a log. */
export interface LoggedResult {
  type: 'result';
  rotation: string;
  outcome: string;
  exitCode: number;
  message: string;
  resumed: boolean;
  steps: StepResult[];
}

interface LogLine {
  schema: number;
  time: string;
  level: string;
  type: string;
  rotation?: string;
}

/** The result of a run with `--log-json`, each line of which is as docs/json.md says. */
export function resultOf({ stdout, code }: Run): LoggedResult {
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine);
  // One run does not show every field that there can be.
  expect(undocumented('log', lines).filter((text) => !text.endsWith('is in no output'))).to.deep.equal([]);
  let before = 0;
  for (const { schema, time, level } of lines) {
    expect(schema).to.equal(1);
    expect(['info', 'warn', 'error']).to.include(level);
    expect(new Date(time).toISOString(), 'ISO 8601 in UTC').to.equal(time);
    expect(Date.parse(time), 'in order').to.be.at.least(before);
    before = Date.parse(time);
  }
  const types = lines.map(({ type }) => type);
  expect(types.indexOf('result'), 'the only result is the last line').to.equal(lines.length - 1);
  const planned = types.indexOf('planned');
  const ids = new Set(lines.slice(planned).map(({ rotation }) => rotation));
  if (planned >= 0) expect([...ids], 'one rotation').to.have.lengthOf(1);
  const result = lines.at(-1) as unknown as LoggedResult;
  expect(result.exitCode).to.equal(code);
  expect(result.steps.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  for (const { status, ms } of result.steps)
    expect(ms === undefined, `${status} has no duration`).to.equal(status === 'not-reached');
  return result;
}
