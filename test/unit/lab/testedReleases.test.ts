import { expect } from 'chai';
import type { Release } from '../../../lab/servers/releases';
import { plannedLines, ranLines } from '../../lab/support/ranLines';
import { testedReleases } from '../../lab/support/releases';

const all = (): boolean => true;
const without =
  (...absent: Release[]) =>
  (release: Release): boolean =>
    !absent.includes(release);

describe('the databases that the tests run on', () => {
  it('are the newest of each kind, and for a short list the older ones', () => {
    const tested = testedReleases(undefined, all);
    expect(tested).to.deep.equal({
      wholly: ['mysql-9', 'mariadb-11'],
      shortly: ['mysql-8.0', 'mariadb-10.11'],
      missing: [],
    });
    expect(plannedLines(tested)).to.deep.equal([
      'Databases: the lab tests on mysql-9 and mariadb-11; the short list on mysql-8.0 and mariadb-10.11.',
    ]);
  });

  it('are of one kind, or one alone, as TEST_DATABASE names it', () => {
    expect(testedReleases('mariadb', all)).to.deep.equal({
      wholly: ['mariadb-11'],
      shortly: ['mariadb-10.11'],
      missing: [],
    });
    for (const release of ['mysql-8.0', 'mysql-9', 'mariadb-11'] as const)
      expect(testedReleases(release, without(release))).to.deep.equal({
        wholly: [release],
        shortly: [],
        missing: [],
      });
    expect(() => testedReleases('mysql-5', all)).to.throw('mysql-5: must be one of');
  });

  it('are the older ones wholly where the newest cannot be had, which both ends of the run say', () => {
    const tested = testedReleases(undefined, without('mysql-9'));
    expect(tested).to.deep.equal({
      wholly: ['mysql-8.0', 'mariadb-11'],
      shortly: ['mariadb-10.11'],
      missing: ['mysql-9'],
    });
    for (const lines of [plannedLines(tested), ranLines(tested, [])])
      expect(lines).to.include('Not tested: mysql-9, which the set-up could not get.');
    const none = testedReleases('mysql', without('mysql-9', 'mysql-8.0'));
    expect(none).to.deep.equal({ wholly: ['mysql-8.0'], shortly: [], missing: ['mysql-9'] });
  });

  it('are named at the end with what their labs were made of, each part once', () => {
    const tested = testedReleases('mysql', all);
    const parts = (database: string): [string, string[]][] => [
      ['Database', [database]],
      ['Pulumi plugins', ['kubernetes: real', 'aws: a stand-in']],
    ];
    const newest = { release: 'mysql-9', parts: parts('MySQL 9.7.4: real') };
    expect(ranLines(tested, [newest])).to.deep.equal([
      'Databases that the lab tests ran on: mysql-9.',
      'No test has started mysql-8.0.',
      'What the labs were made of:',
      '  Database         MySQL 9.7.4: real',
      '  Pulumi plugins   aws: a stand-in',
      '  Pulumi plugins   kubernetes: real',
    ]);
    const both = ranLines(tested, [newest, { release: 'mysql-8.0', parts: parts('MySQL 8.0.15: real') }]);
    expect(both)
      .to.have.lengthOf(6)
      .and.to.include('Databases that the lab tests ran on: mysql-9, mysql-8.0.');
    expect(ranLines(tested, [])[0]).to.equal('No test has started a lab.');
  });
});
