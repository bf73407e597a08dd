import { globSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { PlanKind } from '../../../src/rotation/kinds';
import { goesBack, moves, planKinds, renews, stepsOfKind } from '../../../src/rotation/kinds';

const kinds = Object.keys(planKinds) as PlanKind[];

describe('the kinds of plans', () => {
  it('say which renew, which move OpenEMR, and which go back', () => {
    expect(kinds.filter(renews)).to.deep.equal(['rotate', 'reconcile', 'bootstrap']);
    expect(kinds.filter((kind) => !moves(kind))).to.deep.equal(['sync']);
    expect(kinds.filter((kind) => goesBack(kind))).to.deep.equal(['rollback', 'switch-back']);
  });

  it('say which steps each has', () => {
    expect(stepsOfKind('rollback')).to.deep.equal({ first: 5, last: 8 });
    expect(stepsOfKind('sync')).to.deep.equal({ first: 1, last: 4 });
    expect(stepsOfKind('switch-back')).to.deep.equal({ first: 1, last: 11 });
  });

  it('take a kind of a newer version for none that renews', () => {
    const newer = 'renew-all' as PlanKind;
    expect(renews(newer)).to.equal(false);
    expect(moves(newer)).to.equal(true);
  });

  it('are listed in one file alone', () => {
    const copies = globSync('src/**/*.ts').filter(
      (file) =>
        !file.endsWith('rotation/kinds.ts') &&
        /'(?:rotate|reconcile|bootstrap)',\s*'(?:rotate|reconcile|bootstrap)'/.test(
          readFileSync(file, 'utf8'),
        ),
    );
    expect(copies).to.deep.equal([]);
  });
});
