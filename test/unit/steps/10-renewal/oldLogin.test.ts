import { expect } from 'chai';
import { dataWrittenAt, windowLeftMs } from '../../../../src/steps/10-renewal/idle';

describe('from when on nobody can read the old login', () => {
  const now = Date.parse('2026-11-29T12:00:00Z');
  const ago = (seconds: number): number => now - seconds * 1000;

  it('the window begins with the last change, of file or Secret', () => {
    expect(windowLeftMs([ago(600)], now, 60)).to.equal(0);
    expect(windowLeftMs([ago(600), ago(10)], now, 60)).to.equal(50_000);
    expect(windowLeftMs([ago(20), ago(600)], now, 60)).to.equal(40_000);
    expect(windowLeftMs([ago(20)], now, 0)).to.equal(0);
  });

  it('a time in the future says nothing: the whole window is waited for', () =>
    expect(windowLeftMs([ago(600), now + 5000], now, 60)).to.equal(60_000));

  it('what counts of a Secret is who wrote values of it, not who labelled it', () => {
    const field = (name: string, time?: string): object => ({
      manager: 'm',
      fieldsV1: { [name]: {} },
      ...(time === undefined ? {} : { time }),
    });
    const managedFields = [
      field('f:data', '2026-11-29T11:59:50Z'),
      field('f:metadata', '2026-11-29T11:59:59Z'),
      field('f:data'),
    ] as never[];
    expect(dataWrittenAt({ metadata: { managedFields } })).to.deep.equal([ago(10)]);
    expect(dataWrittenAt({})).to.deep.equal([]);
  });
});
