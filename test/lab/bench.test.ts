import { expect } from 'chai';
import { benchmark } from '../../bench/benchmark';
import { deterministicCounts } from '../../bench/goals';
import { engineCalls } from '../../bench/phases';
import type { Results } from '../../bench/results';
import { resultLines } from '../../bench/results';
import { keepEnvironment } from '../environment';
import { labWith } from './support/labs';

describe('the benchmark (npm run bench)', function () {
  this.timeout(300_000);
  let results: Results;

  before(async () => {
    const lab = await labWith('mysql');
    const site = await lab.createSite({ canary: true });
    const restore = keepEnvironment();
    try {
      results = await benchmark(lab, site, 1, 1);
    } finally {
      restore();
      await site.remove();
    }
  });

  it('prints each of its sections, with a number in each line', () => {
    const text = resultLines(results).join('\n');
    for (const heading of [
      'Machine: ',
      'Wall time in s',
      'A rotation and its floor, in s',
      'A rotation by phase, in s',
      'A rotation with a canary, in s',
      'A dry run by phase, in s',
      'Status by phase, in s',
      'A run that is not due, by phase, in s',
      'A rollback by phase, in s',
      'Ready pods that answer 500 on the new login',
      'The engine alone, in s',
      'Processes of a rotation',
      'Calls by kind, median',
      'Peak memory of all processes in MiB',
      'Goals on two cores:',
    ])
      expect(text).to.include(heading);
    expect(text).not.to.match(/NaN|undefined|Infinity/);
  });

  it('finds every phase of a rotation', () => {
    const text = resultLines(results).join('\n');
    for (const phase of ['start of the command', 'admin login and lock', 'observe', 'preflight', 'engine'])
      expect(text).to.include(phase);
    for (let step = 2; step <= 11; step += 1) expect(text).to.match(new RegExp(`step ${step}\\b.*\\d`));
  });

  it('a rotation starts the engine three times, writes each secret four times at most, and has three connections at most', () => {
    const [rotation] = results.rotation;
    const counts = rotation && deterministicCounts(rotation);
    expect(rotation && engineCalls(rotation)).to.have.members(['version', 'stack export', 'up']);
    expect(counts).to.include({ engineCalls: 3, slotWrites: 4, adminWrites: 3 });
    expect(counts?.connections).to.be.within(2, 3);
  });

  it('the Kubernetes plugin is at work before the cut-over, which must not wait for it or find that it does not start', () => {
    const [rotation] = results.rotation;
    const asked = rotation?.kubernetes.find(({ resource }) => resource === '/version')?.time;
    const cutOver = rotation?.seen.find(
      (each) => each.kind === 'effect' && each.name === 'file: rename',
    )?.time;
    expect(asked).to.be.a('number');
    expect(cutOver).to.be.a('number');
    expect(asked).to.be.lessThan(cutOver ?? 0);
  });
});
