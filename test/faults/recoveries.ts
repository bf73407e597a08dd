import { appendFileSync } from 'node:fs';
import type { Lab } from '../../lab';
import { readJsonLines } from '../../lab/readJsonLines';
import { dropDefaultUsers } from '../lab/support/world';
import type { FaultCase } from './cases';
import { caseName } from './cases';
import { recoveryPointsOf } from './sweep';

interface Recovery {
  first: string;
  points: string[];
}

/** The points of each recovery, found once by all processes of a sweep: beside its ledger, a line each. */
export class Recoveries {
  constructor(private readonly file: string) {}

  /** The points that the run after a fault meets, from the file or by running it. */
  async pointsOf(lab: Lab, first: FaultCase): Promise<string[]> {
    const known = readJsonLines<Recovery>(this.file).find(({ first: name }) => name === caseName(first));
    if (known) return known.points;
    const points = await recoveryPointsOf(lab, first);
    await dropDefaultUsers(lab);
    const recovery: Recovery = { first: caseName(first), points };
    appendFileSync(this.file, `${JSON.stringify(recovery)}\n`);
    return points;
  }
}
