import { expect } from 'chai';
import type { CommandEnd } from '../../../src/action/report';
import {
  commentLimit,
  logLine,
  markdown,
  outputsOf,
  reportLines,
  summaryLimit,
} from '../../../src/action/report';

const inputs = { command: 'preview', stackName: 'prod' } as const;
const characters = { limit: commentLimit, size: (text: string): number => text.length };
const bytes = { limit: summaryLimit, size: (text: string): number => Buffer.byteLength(text) };
const outputs = outputsOf({ exitCode: 0, lines: [] });

const json = (value: object): string =>
  JSON.stringify({ schema: 1, rotation: '20260101T000000Z-abc', ...value });
const preview = json({
  type: 'preview',
  kind: 'rotate',
  from: 'A',
  to: 'B',
  changes: [
    { name: 'sqlconf', operation: 'update', step: 5 },
    { name: 'flip-20260101T000000Z-abc', operation: 'create', step: 9 },
    { name: 'plan', operation: 'update', step: 9 },
    { name: 'user-a', operation: 'same', step: 4 },
  ],
  problems: [],
  differences: ['GRANT SELECT ON `openemr`.* TO `ob`'],
});
const result = (value: object): string =>
  json({ type: 'result', outcome: 'done', exitCode: 0, message: 'OpenEMR runs on slot B.', ...value });

describe("the action's report", () => {
  it('shows the plan of a dry run, step by step', () => {
    const lines = reportLines({ exitCode: 0, lines: [preview, result({ steps: [] })] });
    expect(lines[0]).to.equal('Would rotate, from slot A to slot B');
    expect(lines).to.include.members([
      ' 5/11 write sqlconf.php: ~ sqlconf',
      '      GRANT SELECT ON `openemr`.* TO `ob`',
      'OpenEMR runs on slot B.',
    ]);
    expect(lines.find((line) => line.startsWith(' 9/11'))).to.match(/: \+ flip$/);
    expect(lines.find((line) => line.startsWith(' 4/11'))).to.not.include(':');
  });

  it('begins with what an operator should know', () => {
    const planned = json({ type: 'planned', kind: 'rotate', from: 'A', to: 'B', notices: ['one'] });
    const notice = json({ type: 'notice', message: 'two' });
    const lines = reportLines({ exitCode: 0, lines: [planned, notice, result({ steps: [] })] });
    expect(lines).to.deep.equal(['Note: one.', 'Note: two.', 'OpenEMR runs on slot B.']);
  });

  it('shows the steps of a rotation with their times, and those not reached not', () => {
    const steps = [
      { number: 5, status: 'done', ms: 120 },
      { number: 7, status: 'failed', ms: 2000 },
      { number: 8, status: 'not-reached' },
    ];
    const lines = reportLines({ exitCode: 13, lines: [result({ steps, message: 'Rolled back.' })] });
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/^✓ {2}5\/11 .* \(0\.1 s\)$/);
    expect(lines[1]).to.match(/^✗ {2}7\/11 .* \(2\.0 s\)$/);
  });

  it('is the text itself where the command gives text, without colours and control characters', () => {
    const lines = ['\u001b[32mLive\u001b[0m  slot A', '\u001b]8;;http://x\u0007link\u001b]8;;\u0007'];
    expect(reportLines({ exitCode: 0, lines })).to.deep.equal(['Live  slot A', 'link']);
  });

  it('stands in a fence that nothing in it can close', () => {
    const text = markdown(inputs, outputs, ['a', '````', '</details> @team'], characters);
    expect(text.split('\n').slice(-5)).to.deep.equal(['`````text', 'a', '````', '</details> @team', '`````']);
  });

  for (const [name, limits, hard] of [
    ['a comment', characters, 65_536],
    ['a summary', bytes, 1_048_576],
  ] as const) {
    it(`is trimmed to the limit of ${name}, at the end of a line, and says so`, () => {
      const line = `ä😀${'x'.repeat(97)}`;
      const many = Array.from({ length: 30_000 }, () => line);
      const text = markdown(inputs, outputs, many, limits);
      expect(limits.size(text))
        .to.be.lessThan(hard)
        .and.greaterThan(limits.limit - 200);
      expect(text).to.match(/\n```\n\n\d+ more lines are in the log of the job\.$/);
      const kept = text.split('\n').filter((each) => each === line).length;
      expect(Number(/(\d+) more lines/.exec(text)?.[1])).to.equal(many.length - kept);
    });

    it(`has one line that is longer than ${name}: cut between two characters`, () => {
      const text = markdown(inputs, outputs, ['first', '😀'.repeat(600_000), 'last'], limits);
      expect(limits.size(text)).to.be.lessThan(hard);
      expect(text)
        .to.match(/\nfirst\n(😀)+…\n```\n\n2 more lines/u)
        .and.not.include('\ufffd');
    });

    it(`has all of what fits into ${name}`, () => {
      const exactly = 'x'.repeat(limits.limit - 1);
      expect(markdown(inputs, outputs, [exactly], limits))
        .to.include(`\n${exactly}\n`)
        .and.not.include('more lines');
    });
  }
});

describe("the action's outputs", () => {
  it('are what the result says', () => {
    const end: CommandEnd = {
      exitCode: 13,
      lines: [preview, result({ outcome: 'rolled-back', exitCode: 13, kind: 'rotate', from: 'A', to: 'B' })],
    };
    expect(outputsOf(end)).to.deep.equal({
      outcome: 'rolled-back',
      'exit-code': '13',
      rotation: '20260101T000000Z-abc',
      kind: 'rotate',
      from: 'A',
      to: 'B',
      message: 'OpenEMR runs on slot B.',
    });
  });

  it('are the outcome of the exit code where there is no result', () => {
    expect(outputsOf({ exitCode: 11, lines: ['text'] })).to.include({ outcome: 'locked', message: '' });
    expect(outputsOf({ exitCode: 137, lines: [] })).to.include({ outcome: 'unexpected', 'exit-code': '137' });
  });
});

describe("the action's log", () => {
  it('has the lines of a run for people', () => {
    const planned = json({ type: 'planned', kind: 'bootstrap', from: 'other', to: 'A', notices: [] });
    expect(logLine(planned)).to.equal('Plan 20260101T000000Z-abc: bootstrap, from neither slot to slot A');
    expect(logLine(json({ type: 'step-ended', step: 5, status: 'unchanged', ms: 10 }))).to.match(
      /^= {2}5\/11 /,
    );
    expect(logLine(json({ type: 'reading' }))).to.equal(undefined);
    expect(logLine(json({ type: 'notice', message: 'the standby lags' }))).to.equal(
      'Note: the standby lags.',
    );
    expect(logLine(json({ type: 'stopping', message: 'SIGINT: stopping.' }))).to.equal('SIGINT: stopping.');
    expect(logLine('\u001b[31mplain')).to.equal('plain');
  });
});
