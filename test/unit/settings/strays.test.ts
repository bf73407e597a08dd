import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import { environmentOnly } from '../../../src/settings/environmentOnly';
import { listSettings } from '../../../src/settings/listing';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { projectName, readLocation, readSettings } from '../../../src/settings/settings';
import { nearVariables, strayKeys, strayVariables } from '../../../src/settings/strays';
import { repositoryText, sourceText } from '../docs/readme';

const keysIn = (keys: string[]): string[] =>
  strayKeys(keys, { file: 'Pulumi.prod.yaml', project: projectName, names: optionNames });
const variablesIn = (...names: string[]): string[] =>
  strayVariables(Object.fromEntries(names.map((name) => [name, 'canary'])), optionNames);

describe('a key of the stack file that was meant as a setting', () => {
  const refused: [key: string, told: string][] = [
    [
      `${projectName}:helthUrl`,
      `has ${projectName}:helthUrl, which is not a setting (did you mean ${projectName}:healthUrl?)`,
    ],
    [`${projectName}:HealthUrl`, `(did you mean ${projectName}:healthUrl?)`],
    [`${projectName}:stackk`, `(did you mean ${projectName}:stack?)`],
    [`${projectName}:passphrase`, `has ${projectName}:passphrase, which is not a setting`],
    [`${projectName}:config:namespace`, `has ${projectName}:config:namespace, which is not a setting`],
    [`openemr-credential-rotatoin:healthUrl`, `(did you mean ${projectName}:healthUrl?)`],
    ['healthUrl', `has healthUrl, which is not a setting (did you mean ${projectName}:healthUrl?)`],
    [`${projectName}:a b\n`, 'has a key, which is not a setting'],
  ];
  for (const [key, told] of refused)
    it(`${JSON.stringify(key)} is named, with what it probably meant`, () => {
      const [problem, ...more] = keysIn([key]);
      expect(problem)
        .to.match(/^Pulumi\.prod\.yaml has /)
        .and.include(told);
      expect(more).to.deep.equal([]);
    });

  it('is none of the known keys, and none of other projects', () => {
    const ours = optionNames.map((name) => `${projectName}:${definitionOf(name).stackKey}`);
    expect(keysIn([...ours, 'aws:region', 'kubernetes:context', 'pulumi:tags', 'other:stack'])).to.deep.equal(
      [],
    );
    // The project of infra/, and one that ours begins with.
    expect(keysIn([`${projectName}-platform:namespace`, 'openemr:namespace'])).to.deep.equal([]);
  });
});

describe('a variable that was meant as a setting', () => {
  const refused: [variable: string, meant: string][] = [
    ['CREDENTIAL_ROTATION_HOEM', 'CREDENTIAL_ROTATION_HOME'],
    ['CREDENTIAL_ROTATION_IDLE_GRACE', 'CREDENTIAL_ROTATION_IDLE_GRACE_SECONDS'],
    ['CREDENTIAL_ROTATION_IDLE_LIMIT_SECOND', 'CREDENTIAL_ROTATION_IDLE_LIMIT_SECONDS'],
    ['CREDENTIAL_ROTATION_WEBHOOK_URI', 'CREDENTIAL_ROTATION_WEBHOOK_URL'],
    ['CREDENTIAL_ROTATION_SECRET_PROVIDER', 'CREDENTIAL_ROTATION_SECRETS_PROVIDER'],
  ];
  for (const [variable, meant] of refused)
    it(`${variable} is refused, ${meant} offered, and no value told`, () => {
      expect(variablesIn(variable)).to.deep.equal([
        `${variable} is not a variable of this command (did you mean ${meant}?)`,
      ]);
      expect(strayVariables({ [variable]: '' }, optionNames)).to.deep.equal([]);
    });

  it('is none of those that the repository uses, or that Kubernetes makes for a Service of our name', () => {
    const texts = [
      ...['src', 'lab', 'test/lab', 'test/faults', 'bench', 'infra'].map(sourceText),
      repositoryText('action.yml'),
    ];
    const used = texts.flatMap((text) => text.match(/\bCREDENTIAL_ROTATION_[A-Z_]*[A-Z]\b/g) ?? []);
    expect(used).to.include.members(['CREDENTIAL_ROTATION_ENGINE', 'CREDENTIAL_ROTATION_PLUGINS']);
    const service = ['SERVICE_HOST', 'SERVICE_PORT', 'PORT', 'PORT_443_TCP', 'PORT_443_TCP_ADDR'].map(
      (each) => `CREDENTIAL_ROTATION_${each}`,
    );
    const known = [
      ...optionNames.map((name) => definitionOf(name).variable),
      ...Object.keys(environmentOnly),
    ];
    expect(variablesIn(...used, ...service, ...known, 'PATH', 'CREDENTIAL_HOEM')).to.deep.equal([]);
  });
});

describe('a variable with another prefix', () => {
  const near: [variable: string, meant: string][] = [
    ['OPENEMR_HEALTHCHEK_URL', 'OPENEMR_HEALTHCHECK_URL'],
    ['OPENEMR_HEALTHCHECK_UR', 'OPENEMR_HEALTHCHECK_URL'],
    ['OPENEMR_HEALTHCHECK_URLS', 'OPENEMR_HEALTHCHECK_URL'],
    ['PULUMI_BACKEND_URI', 'PULUMI_BACKEND_URL'],
    ['K8S_DEPLOYMNET_NAME', 'K8S_DEPLOYMENT_NAME'],
  ];
  for (const [variable, meant] of near)
    it(`${variable} is refused where nothing gives the setting of ${meant}`, () => {
      expect(nearVariables({ [variable]: 'canary' }, optionNames)).to.deep.equal([
        `${variable} is not a variable of this command (did you mean ${meant}?)`,
      ]);
      expect(nearVariables({ [variable]: 'canary' }, [])).to.deep.equal([]);
    });

  it('passes when it is known, short, or only alike', () => {
    const others = [
      'K8S_DEPLOYMENT',
      'OPENEMR_HEALTHCHECK',
      'OPENEMR_SITES',
      'AWS_REGIONS',
      'DATABASE_URL',
      'PULUMI_HOME',
    ];
    const known = [
      ...optionNames.map((name) => definitionOf(name).variable),
      ...Object.keys(environmentOnly),
    ];
    const environment = Object.fromEntries([...others, ...known].map((name) => [name, 'x']));
    expect(nearVariables(environment, optionNames)).to.deep.equal([]);
  });
});

describe('settings with a name that is nearly one', () => {
  let folder: string;
  const enough = {
    AWS_REGION: 'us-east-1',
    RDS_SLOT_SECRET_ID: 's',
    RDS_ADMIN_SECRET_ID: 'a',
    OPENEMR_SITES_MOUNT_ROOT: '/s',
    K8S_NAMESPACE: 'n',
    K8S_DEPLOYMENT_NAME: 'd',
    K8S_SECRET_NAME: 'k',
    PULUMI_CONFIG_PASSPHRASE: 'p',
  };
  const mistyped = { ...enough, CREDENTIAL_ROTATION_IDLE_GRACE: 'canary' };
  const messageOf = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      if (error instanceof Failure && error.outcome === 'configuration') return error.message;
      throw error;
    }
    return 'taken';
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'strays-'));
    const config = { [`${projectName}:helthUrl`]: 'canary', [`${projectName}:home`]: '/h' };
    writeFileSync(path.join(folder, 'Pulumi.prod.yaml'), JSON.stringify({ config }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('are refused in one line, with every other problem and without values', () => {
    expect(messageOf(() => readSettings({}, mistyped, folder))).to.equal(
      `Settings: CREDENTIAL_ROTATION_IDLE_GRACE is not a variable of this command (did you mean CREDENTIAL_ROTATION_IDLE_GRACE_SECONDS?); Pulumi.prod.yaml has ${projectName}:helthUrl, which is not a setting (did you mean ${projectName}:healthUrl?).`,
    );
    const less = { ...enough, AWS_REGION: '' };
    expect(messageOf(() => readSettings({}, less, folder)))
      .to.include('helthUrl')
      .and.include('AWS_REGION (or --aws-region) is missing');
  });

  it('are among the problems of config show', () => {
    const { problems } = listSettings({}, mistyped, folder);
    expect(problems).to.have.lengthOf(2);
    expect(problems.join()).to.include('helthUrl').and.not.include('canary');
  });

  it('do not matter to what needs another setting, and do to what needs that one', () => {
    expect(messageOf(() => readLocation({}, mistyped, folder))).to.equal('taken');
    const where = { ...enough, CREDENTIAL_ROTATION_STAKC: 'canary' };
    expect(messageOf(() => readLocation({}, where, folder))).to.include('CREDENTIAL_ROTATION_STACK?');
  });

  it('of another prefix matter only while nothing else gives the setting', () => {
    rmSync(path.join(folder, 'Pulumi.prod.yaml'));
    const environment = { ...enough, OPENEMR_HEALTHCHEK_URL: 'canary' };
    expect(messageOf(() => readSettings({}, environment, folder))).to.equal(
      'Settings: OPENEMR_HEALTHCHEK_URL is not a variable of this command (did you mean OPENEMR_HEALTHCHECK_URL?).',
    );
    expect(messageOf(() => readSettings({ healthUrl: 'http://x' }, environment, folder))).to.equal('taken');
    const both = { ...environment, OPENEMR_HEALTHCHECK_URL: 'http://x' };
    expect(messageOf(() => readSettings({}, both, folder))).to.equal('taken');
  });

  it('of the file of another stack do not matter', () => {
    expect(messageOf(() => readSettings({ stack: 'test' }, enough, folder))).to.equal('taken');
  });
});
