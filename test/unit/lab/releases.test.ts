import { expect } from 'chai';
import { databaseNamed, databaseNames, flavourOf, releaseOf, releases } from '../../../lab/servers/releases';

describe('the releases of databases that a lab runs', () => {
  it('are two of each kind, the usual one first', () => {
    expect(releases.map(flavourOf)).to.deep.equal(['mysql', 'mysql', 'mariadb', 'mariadb']);
    expect(releaseOf('mysql')).to.equal('mysql-8.0');
    expect(releaseOf('mariadb')).to.equal('mariadb-10.11');
    for (const release of releases) expect(releaseOf(release)).to.equal(release);
  });

  it('are named by a word, and another word by all that there are', () => {
    for (const name of databaseNames) expect(databaseNamed(name)).to.equal(name);
    expect(() => databaseNamed('mysql-5')).to.throw('mysql-5: must be one of mysql, mariadb, mysql-8.0');
  });
});
