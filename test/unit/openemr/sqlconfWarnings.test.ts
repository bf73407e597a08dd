import { expect } from 'chai';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openSqlconf } from '../../../src/openemr/openSqlconf';
import { sqlconfWarnings } from '../../../src/openemr/sqlconfWarnings';
import { openemrFile } from './php/corpus';

describe('what is odd about sqlconf.php', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'warnings-'));
    await mkdir(path.join(root, 'default'));
  });
  afterEach(() => rm(root, { recursive: true }));

  const put = (name: string, text: string): Promise<void> =>
    writeFile(path.join(root, 'default', name), text);
  const warnings = async (text: string): Promise<string[]> => {
    await put('sqlconf.php', text);
    return sqlconfWarnings(await openSqlconf({ sitesRoot: root, site: 'default' }), ['openemr', 'openemr_b']);
  };

  it('nothing about the file of the installer', async () => {
    await put('config.php', 'openemr');
    expect(await warnings(openemrFile)).to.deep.equal([]);
    expect(await warnings(openemrFile.replace('array()', '[]'))).to.deep.equal([]);
  });

  for (const [what, text, expected] of [
    ['$config = 0', openemrFile.replace('$config = 1', '$config = 0'), /\$config is 0.*set it to 1/],
    ['$config = false', openemrFile.replace('$config = 1', '$config = false'), /\$config is 0/],
    ['no port', openemrFile.replace(/^.*port.*\n/gm, ''), /no port.*add \$port/],
    ['no $sqlconf', "<?php $host='h'; $port='1'; $login='l'; $pass='p'; $dbase='d';", /no \$sqlconf/],
  ] as const) {
    it(`${what}: said, with what to do`, async () => {
      const found = await warnings(text);
      expect(found).to.have.length(1);
      expect(found[0])
        .to.match(expected)
        .and.include(path.join(root, 'default', 'sqlconf.php'));
    });
  }

  it('a copy, or a second login, that names an account of the rotation; another account is none of ours', async () => {
    await put('secure_sqlconf.php', "<?php $secure_login = 'openemr_b';");
    await put('sqlconf.php.backup', openemrFile);
    await put('sqlconf.php.old', openemrFile.replaceAll("'openemr'", "'openemr_c'").replace('OpenEMR', ''));
    const found = await warnings(openemrFile);
    expect(found).to.have.length(2);
    expect(found[0]).to.match(
      /secure_sqlconf\.php names the account openemr_b; OpenEMR up to 8\.0 logs in by it/,
    );
    expect(found[1]).to.match(
      /sqlconf\.php\.backup names the account openemr; .*web server may show it: remove it/,
    );
    expect(found.join()).to.not.include('secret');
  });
});
