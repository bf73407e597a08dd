import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { OtherSite } from '../../../src/rotation/otherSites';
import { otherUsesOf } from '../../../src/rotation/otherSites';
import { readOtherSites } from '../../../src/openemr/otherSites';
import { openSqlconf } from '../../../src/openemr/openSqlconf';
import { asUser } from './file/asUser';
import { isRoot, makeSandbox, refusal } from './file/sandbox';
import type { Sandbox } from './file/sandbox';

const fileOf = (login: string, host = 'localhost'): string =>
  `<?php $host='${host}'; $port='3306'; $login='${login}'; $pass='p-${login}'; $dbase='d';\n`;

describe('readOtherSites', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = await makeSandbox();
    await writeFile(sandbox.file, fileOf('own'));
  });
  afterEach(() => sandbox.remove());

  const read = async (): Promise<OtherSite[]> =>
    readOtherSites(
      { sitesRoot: sandbox.root },
      await openSqlconf({ sitesRoot: sandbox.root, site: 'default' }),
    );
  const at = (...names: string[]): string => path.join(sandbox.root, ...names);
  /** Makes a site and gives the path of its file. */
  async function siteOf(name: string, content?: string): Promise<string> {
    await mkdir(at(name));
    const file = at(name, 'sqlconf.php');
    if (content !== undefined) await writeFile(file, content);
    return file;
  }

  it('gives the login of every other site, and nothing for what is no site', async () => {
    const file = await siteOf('two', fileOf('two'));
    await siteOf('empty');
    await mkdir(at('folder', 'sqlconf.php'), { recursive: true });
    await writeFile(at('config.php'), fileOf('no-site'));
    await symlink('nowhere', at('dangling'));
    await symlink('loop', at('loop'));
    const login = { host: 'localhost', port: '3306', username: 'two', password: 'p-two', dbname: 'd' };
    expect(await read()).to.deep.equal([{ path: file, kind: 'login', login }]);
  });

  it('follows links as PHP does, out of the root too; a link to the own file is no other site', async () => {
    const outside = await makeSandbox();
    await writeFile(outside.file, fileOf('outside'));
    await symlink(outside.folder, at('outside'));
    await symlink('default', at('alias'));
    await symlink('../default/sqlconf.php', await siteOf('link'));
    const found = await read();
    expect(found.map((site) => site.path)).to.deep.equal([at('outside', 'sqlconf.php')]);
    expect(found[0]).to.have.nested.property('login.username', 'outside');
    await outside.remove();
  });

  it('gives the text of a file that it cannot follow', async () => {
    await siteOf('two', "<?php $login = getenv('X'); # ünlesbar");
    const [site] = await read();
    expect(site?.kind === 'text' && Buffer.from(site.text, 'latin1').toString()).to.include(
      "getenv('X'); # ünlesbar",
    );
  });

  it('says of what it could not read why, and waits for no FIFO', async () => {
    const [fifo, large] = [await siteOf('fifo'), await siteOf('large')];
    execFileSync('mkfifo', [fifo]);
    await writeFile(large, Buffer.alloc(1024 * 1024 + 1));
    expect(await read()).to.deep.equal([
      { path: fifo, kind: 'unread', problem: 'it is not a plain file' },
      { path: large, kind: 'unread', problem: 'it is larger than 1 MiB' },
    ]);
  });

  it('says of a file that it may not read why', async function () {
    if (!isRoot) this.skip();
    const file = await siteOf('two', fileOf('two'));
    await chmod(file, 0o600);
    await chmod(sandbox.root, 0o755);
    const answer = await asUser(sandbox.root, `readOtherFiles(root, { path: '' })`);
    expect(answer).to.have.deep.nested.property('value[1]', { path: file, problem: 'EACCES' });
    await chmod(sandbox.root, 0o711);
    const unlisted = await asUser(sandbox.root, `readOtherFiles(root, { path: '' })`);
    expect(unlisted).to.deep.include({ kind: 'permission', outcome: 'permission' });
  });

  it('reads 200 sites in a moment', async function () {
    this.timeout(20_000);
    for (let number = 0; number < 200; number += 1) await siteOf(`site${number}`, fileOf(`user${number}`));
    expect(await read()).to.have.length(200);
  });

  it('knows a host by another of its names; of a name that is not known here, that it may be the same', async () => {
    await siteOf('one', fileOf('one', '127.0.0.1'));
    await siteOf('two', fileOf('two', 'no-such-host.invalid'));
    const sites = await read();
    const hosts = sites.map((site) => site.kind === 'login' && [site.login.host, site.hostIsUnknown]);
    expect(hosts).to.deep.equal([
      ['localhost', undefined],
      ['no-such-host.invalid', true],
    ]);
    const uses = (username: string, port = '3306'): string[] =>
      otherUsesOf(sites, { username, host: 'localhost', port }).map(({ why }) => why);
    expect(uses('two')).to.deep.equal([
      'as two at no-such-host.invalid, a name that cannot be looked up from here',
    ]);
    expect([...uses('two', '3307'), ...uses('three')]).to.deep.equal([]);
  });

  it('refuses a sites folder that is gone', async () => {
    const own = await openSqlconf({ sitesRoot: sandbox.root, site: 'default' });
    await rename(sandbox.root, `${sandbox.root}-moved`);
    await refusal(readOtherSites({ sitesRoot: sandbox.root }, own), 'io');
    await rename(`${sandbox.root}-moved`, sandbox.root);
  });
});
