import { expect } from 'chai';
import { durationText } from '../../../src/report/duration';
import { historyLines } from '../../../src/report/historyText';
import { manyRotations } from '../history/manyRotations';

describe('the history as text', () => {
  it('is a table, the newest first', () => {
    const lines = historyLines(manyRotations(9), 'prod', undefined);
    expect(lines.map((line) => line.split(/ {2,}/))).to.deep.equal([
      ['rotation', 'kind', 'from → to', 'started (UTC)', 'took', 'result', 'by'],
      ...[
        ['8', 'rotate', 'A → B', '2026-04-11', '1 min 0 s', 'held after step 9', 'maria@laptop'],
        ['7', 'rotate', 'B → A', '2026-03-30', '1 h 1 min, 2 runs', 'rotated', 'maria@laptop'],
        [
          '6',
          'rotate',
          'A → B',
          '2026-03-18',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
        [
          '5',
          'rotate',
          'B → A',
          '2026-03-06',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
        ['4', 'rotate', 'B → A', '2026-02-22', '1 min 24 s', 'rolled back (step 8 failed)', 'maria@laptop'],
        [
          '3',
          'rotate',
          'A → B',
          '2026-02-10',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
        [
          '2',
          'rotate',
          'B → A',
          '2026-01-29',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
        [
          '1',
          'rotate',
          'A → B',
          '2026-01-17',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
        [
          '0',
          'bootstrap',
          'neither → A',
          '2026-01-05',
          '1 min 0 s',
          'rotated',
          'root@openemr-credential-rotation-29401560-x7k2p',
        ],
      ].map(([id, kind, way, day, ...rest]) => [
        `20260105-020000-100000${id}`,
        kind,
        way,
        `${day} 02:00:00`,
        ...rest,
      ]),
    ]);
  });

  it('says when there is none, and when there may be more', () => {
    expect(historyLines([], 'prod', 20)).to.deep.equal(['No rotation in stack prod yet.']);
    const lines = historyLines(manyRotations(3), 'prod', 3);
    expect(lines.at(-1)).to.equal('The last 3; --limit shows more.');
  });

  it('gives durations in units that fit', () => {
    const texts = [0, 8.44, 59.9, 60, 3599, 3600, 90_000, 172_800].map(durationText);
    expect(texts).to.deep.equal([
      '0.0 s',
      '8.4 s',
      '59.9 s',
      '1 min 0 s',
      '59 min 59 s',
      '1 h 0 min',
      '25 h 0 min',
      '2 d',
    ]);
  });
});
