import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../../../lab/package';
import { copyBridge } from '../../../lab/setup/go.js';
import { readResults, RESULTS, tableRows } from '../../roots/results';
import { networkOf, printedCommand } from '../../roots/root';
import { repositoryText } from '../docs/readme';

describe('the set-up of an ordinary user', () => {
  it('can remove what it copies out of the read-only module cache of Go', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'bridge-test-'));
    const [source, copy] = [path.join(folder, 'source'), path.join(folder, 'copy')];
    try {
      for (const name of ['pkg/one', 'internal', 'unstable'])
        mkdirSync(path.join(source, name), { recursive: true });
      writeFileSync(path.join(source, 'go.mod'), '');
      for (const name of ['pkg/one', 'pkg', 'internal', 'unstable'])
        chmodSync(path.join(source, name), 0o555);
      copyBridge(source, copy);
      for (const name of ['.', 'pkg', 'pkg/one', 'internal', 'unstable'])
        expect(statSync(path.join(copy, name)).mode & 0o200, name).to.equal(0o200);
    } finally {
      for (const name of ['pkg', 'pkg/one', 'internal', 'unstable'])
        chmodSync(path.join(source, name), 0o755);
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the clean roots in which npm start is tried', () => {
  it('get the way to the registries from the environment, and nothing else', () => {
    const network = {
      HTTPS_PROXY: 'http://proxy.example',
      no_proxy: 'localhost',
      npm_config_registry: 'https://npm.example',
      PIP_INDEX_URL: 'https://pypi.example',
      GOPROXY: 'https://go.example',
      NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
    };
    const other = { HOME: '/root', PATH: '/bin', npm_config_cache: '/c', CI: 'true', AWS_PROFILE: 'prod' };
    expect(networkOf({ ...network, ...other })).to.deep.equal(network);
  });

  it('are told in docs/development.md as they were tried', () => {
    const results = readResults(path.join(packageRoot(), ...RESULTS));
    expect(repositoryText('docs/development.md').split('\n')).to.include.members(tableRows(results));
  });

  it('run the one command that is printed, as it is printed', () => {
    const said = (...commands: string[]): string =>
      [
        'Missing on this machine (Debian): npm. Run this, then try again:',
        ...commands.map((each) => `  ${each}`),
        '',
      ].join('\n');
    const command = `sudo sh -c 'apt-get update && apt-get install -y npm'`;
    expect(printedCommand(said(command))).to.equal(command);
    expect(() => printedCommand(said())).to.throw('prints 0 commands');
    expect(() => printedCommand(said(command, 'apt-get update'))).to.throw('prints 2 commands');
  });
});
