import { expect } from 'chai';
import type { PastRotation } from '../../../src/history/pastRotation';
import { pastRotations } from '../../../src/history/rotations';
import { loadOfCharts, loadText } from '../../../src/report/html/chartLoad';
import { renderPage } from '../../../src/report/html/page';
import { entryOf, minutes, pastOf, planAt } from '../history/made';

const at = (count: number, kind = 'timeout'): { at: string; kind: string } => ({ at: minutes(count), kind });

describe('failed requests in the charts of a rotation', () => {
  const load = { requests: 900, failed: 4, failures: [at(-1), at(0.2), at(60.1), at(99)] };

  it('belong to the run under way; none is lost, whenever it was', () => {
    const [first, second] = loadOfCharts(load, [minutes(0), minutes(60)]);
    expect(first?.failures).to.deep.equal([at(-1), at(0.2)]);
    expect(second?.failures).to.deep.equal([at(60.1), at(99)]);
    expect([first?.heading, second?.heading]).to.deep.equal([
      '900 requests to OpenEMR',
      'requests to OpenEMR',
    ]);
    expect(loadOfCharts(null, [minutes(0)])).to.deep.equal([undefined]);
  });

  it('those without a time are counted with the first run', () => {
    const [first, second] = loadOfCharts({ ...load, failed: 6 }, [minutes(0), minutes(60)]);
    expect([first?.failed, second?.failed]).to.deep.equal([4, 2]);
    expect(loadText(first)?.text).to.include('2 at an unknown time');
    expect(loadText(undefined)).to.equal(undefined);
  });

  /** How many marks the page has for failed requests, and its text. */
  function shown(rotation: PastRotation): { marks: number; text: string } {
    const text = renderPage({ rotations: [rotation], stack: 'prod', now: new Date(minutes(200)) });
    return { marks: (text.match(/class="lost"/g) ?? []).length, text };
  }

  it('the page shows each of them: of a second run, and long after the last step', () => {
    const plan = planAt(0);
    const ends = [...pastOf(plan, [3, 4, 5]).ends, ...pastOf(planAt(60), [6, 7, 8, 9]).ends];
    const last = { plan, past: { id: plan.id, ends }, finished: true };
    const entries = [entryOf(plan, 0, 1, false), entryOf(plan, 60, 61, true)];
    const [rotation] = pastRotations(entries, last, { loads: new Map([[plan.id, load]]) });
    if (!rotation) throw new Error('no rotation');
    const { marks, text } = shown(rotation);
    expect(marks).to.equal(4);
    expect(text.match(/2 failed/g)).to.have.length(2);
    expect(text).to.include('timeout, after this').and.to.include('timeout, before this');
    const untold = shown({ ...rotation, steps: null });
    expect(untold.marks).to.equal(0);
    expect(untold.text.match(/Requests that failed/g)).to.have.length(2);
  });

  it('the way back has its own', () => {
    const plan = planAt(0);
    const undo = {
      ...planAt(2),
      kind: 'rollback' as const,
      undoes: plan.id,
      previous: pastOf(plan, [3, 4, 5]),
    };
    const entries = [entryOf(plan, 0, 1, false), entryOf(undo, 2, 3, true)];
    const last = { plan: undo, past: pastOf(undo, [5, 6, 7, 8]), finished: true };
    const counted = { requests: 900, failed: 2, failures: [at(0.1), at(2.1, 'http-500')] };
    const [rotation] = pastRotations(entries, last, { loads: new Map([[plan.id, counted]]) });
    if (!rotation) throw new Error('no rotation');
    const { marks, text } = shown(rotation);
    expect(marks).to.equal(2);
    expect(text.match(/1 failed/g)).to.have.length(2);
    expect(text.indexOf('http-500')).to.be.greaterThan(text.indexOf('<b>Rollback</b>'));
  });
});
