import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { rotatedByTag } from '../../infra/aws/securityHub';
import { versionLabels } from '../../src/rotation/labels';
import { repositoryFile } from '../unit/docs/readme';

/** Has AWS's own cfn-guard 3.1.1 as a binary; nothing else of it is used, so it is no dependency. */
const source = '@cdklabs/cdk-validator-cfnguard@0.0.62';
const binary = 'package/bin/ubuntu/x86_64/cfn-guard';

describe('the Guard rules, by the real cfn-guard', function () {
  this.timeout(240_000);
  let folder: string;

  const run = (program: string, ...args: string[]): { status: number | null; text: string } => {
    const { status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    return { status, text: `${stdout}${stderr}` };
  };
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'guard-'));
    const packed = run('npm', 'pack', source);
    expect(packed.status, packed.text).to.equal(0);
    const [archive = ''] = readdirSync(folder);
    expect(run('tar', '-xzf', archive, binary).status).to.equal(0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** `pass`, `skip`, or what it says of the first that fails. */
  const judged = (rules: string, data: object, input?: object): string => {
    const write = (name: string, value: object): string => {
      writeFileSync(path.join(folder, name), JSON.stringify(value));
      return name;
    };
    const given = input === undefined ? [] : ['--input-params', write('limit.json', input)];
    const file = repositoryFile('infra', 'guard', `${rules}.guard`);
    const about = ['--rules', file, '--data', write('data.json', data), '--show-summary', 'all'];
    const { status, text } = run(path.join(folder, binary), 'validate', ...about, ...given);
    if (status === 0) return /Status = (\w+)/.exec(text)?.[1]?.toLowerCase() ?? text;
    return [...text.matchAll(/Error Message \[(.+)\]/g)].at(-1)?.[1] ?? text;
  };
  const renewedAt = (...versions: [string, string][]): object => ({
    Versions: versions.map(([label, CreatedDate], index) => ({
      VersionId: String(index),
      VersionStages: ['AWSCURRENT', label],
      CreatedDate,
    })),
  });
  const { renewed, flipped } = versionLabels;
  const limit = { NotBefore: '2026-10-01T00:00:00' };

  it('the version that was renewed last is not older than the limit', () => {
    const age = (data: object, input = limit): string => judged('renewed-version-age', data, input);
    const other: [string, string] = [flipped, '2020-01-01T00:00:00+00:00'];
    for (const time of [
      '2026-10-01T00:00:00+00:00',
      '2026-11-01T10:00:00.123000+00:00',
      '2026-11-01T10:00:00Z',
    ])
      expect(age(renewedAt([renewed, time], other)), time).to.equal('pass');
    expect(age(renewedAt([renewed, '2026-09-30T23:59:59.999000+00:00'], other))).to.match(/too long ago/);
    expect(age(renewedAt([flipped, '2026-11-01T00:00:00+00:00']))).to.match(/never rotated/);
    expect(age({ Versions: [] })).to.match(/never rotated/);
    expect(age(renewedAt([renewed, '2026-11-01T10:00:00+01:00']))).to.match(/TZ=UTC/);
    for (const NotBefore of ['soon', '', '2026-10-01T00:00:00+02:00'])
      expect(age(renewedAt([renewed, '2026-11-01T10:00:00+00:00']), { NotBefore })).to.match(
        /NotBefore is not a time/,
      );
  });

  it('AWS’s own rotation stays off where the tag says who rotates, by the item that AWS Config has', () => {
    const [[key, value] = ['', '']] = Object.entries(rotatedByTag);
    const item = (
      configuration: object,
      tags: object[] = [{ key, value, tag: `${key}=${value}` }],
    ): object => ({
      resourceType: 'AWS::SecretsManager::Secret',
      configuration,
      tags,
    });
    const rule = (data: object): string => judged('aws-config-rotated-by', data);
    expect(rule(item({ RotationEnabled: false }))).to.equal('pass');
    expect(rule(item({ Name: 'openemr/slots' }))).to.equal('pass');
    expect(rule(item({ RotationEnabled: true }))).to.match(/Switch AWS's own rotation off/);
    expect(rule(item({ RotationEnabled: true }, []))).to.equal('skip');
    expect(rule(item({ RotationEnabled: true }, [{ key, value: 'lambda' }]))).to.equal('skip');
  });
});
