import { expect } from 'chai';
import { withOwnMinute } from '../../../src/rotation/startMinute';

describe('the minute of a schedule', () => {
  const minuteOf = (who: string): number => Number(withOwnMinute('H 3 * * *', who).split(' ')[0]);

  it('is the same for ever, within the hour that is given', () => {
    expect(withOwnMinute('H 3 * * *', 'openemr/credential-rotation')).to.equal('9 3 * * *');
    for (let count = 0; count < 500; count += 1)
      expect(minuteOf(`clinic-${count}/openemr`)).to.be.within(0, 59);
  });

  it('is another one for another namespace or name', () => {
    const minutes = ['a/rotation', 'b/rotation', 'c/rotation', 'a/other'].map(minuteOf);
    expect(new Set(minutes).size).to.equal(4);
  });

  it('is spread over the hour: of 600 OpenEMRs no minute has more than 25', () => {
    const counts = new Map<number, number>();
    for (let count = 0; count < 600; count += 1) {
      const minute = minuteOf(`clinic-${count}/credential-rotation`);
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
    }
    expect(counts.size).to.equal(60);
    expect(Math.max(...counts.values())).to.be.at.most(25);
  });

  it('stays where it is given', () => {
    for (const schedule of ['17 3 * * *', '*/5 * * * *', 'daily'])
      expect(withOwnMinute(schedule, 'a/b')).to.equal(schedule);
  });
});
