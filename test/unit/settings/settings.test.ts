import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Failure } from '../../../src/base/failure';
import type { OptionName } from '../../../src/settings/options';
import { definitionOf, optionNames } from '../../../src/settings/options';
import type { GivenValues, Settings } from '../../../src/settings/settings';
import { gather, projectName, readSettings } from '../../../src/settings/settings';

const required = optionNames.filter((name) => definitionOf(name).required);

/** An environment that names everything that is required. */
const enough: NodeJS.ProcessEnv = {
  AWS_REGION: 'eu-central-1',
  RDS_SLOT_SECRET_ID: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:openemr/slots-AbCdEf',
  RDS_ADMIN_SECRET_ID: 'openemr/admin',
  OPENEMR_SITES_MOUNT_ROOT: '/mnt/sites',
  K8S_NAMESPACE: 'openemr',
  K8S_DEPLOYMENT_NAME: 'openemr-web',
  K8S_SECRET_NAME: 'openemr.db',
  PULUMI_CONFIG_PASSPHRASE: 'wombat passphrase',
};

describe('settings', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'settings-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (flags: GivenValues, environment: NodeJS.ProcessEnv = enough): Settings =>
    readSettings(flags, environment, folder);

  function refusal(flags: GivenValues, environment: NodeJS.ProcessEnv = enough): string {
    try {
      read(flags, environment);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      expect(error.outcome).to.equal('configuration');
      expect(error.message)
        .to.match(/^[^\n]+\.$/)
        .and.not.include('wombat');
      return error.message;
    }
    throw new Error('the settings were taken');
  }

  function stackFile(config: unknown, stack = 'prod'): void {
    writeFileSync(path.join(folder, `Pulumi.${stack}.yaml`), JSON.stringify({ config }));
  }

  describe('each one: flag, then environment, then stack file, then default', () => {
    for (const name of optionNames.filter((each) => each !== 'stack')) {
      const { variable, stackKey, default: fallback } = definitionOf(name);
      it(`${name} (${variable})`, () => {
        const valueOf = (flags: GivenValues, environment: NodeJS.ProcessEnv): unknown =>
          gather(flags, environment, folder)[name];
        const missing = fallback === undefined ? undefined : { value: fallback, origin: 'default' };
        expect(valueOf({}, {})).to.deep.equal(missing);
        stackFile({ [`${projectName}:${stackKey}`]: 'of-file' });
        expect(valueOf({}, {})).to.deep.equal({ value: 'of-file', origin: 'stack file' });
        expect(valueOf({}, { [variable]: '' })).to.deep.equal({ value: 'of-file', origin: 'stack file' });
        expect(valueOf({}, { [variable]: 'of-environment' })).to.deep.equal({
          value: 'of-environment',
          origin: 'environment',
        });
        expect(valueOf({ [name]: 'of-flag' }, { [variable]: 'x' })).to.deep.equal({
          value: 'of-flag',
          origin: 'flag',
        });
      });
    }
  });

  describe('the stack file', () => {
    it('is that of the stack which flag or environment names', () => {
      stackFile({ [`${projectName}:namespace`]: 'of-test' }, 'test');
      stackFile({ [`${projectName}:namespace`]: 'of-prod' });
      const rest = { ...enough, K8S_NAMESPACE: undefined };
      const namespaceOf = (flags: GivenValues, environment: NodeJS.ProcessEnv): string =>
        read(flags, environment).program.context.kubernetes.namespace;
      expect(namespaceOf({}, rest)).to.equal('of-prod');
      expect(namespaceOf({}, { ...rest, CREDENTIAL_ROTATION_STACK: 'test' })).to.equal('of-test');
      expect(namespaceOf({ stack: 'prod' }, { ...rest, CREDENTIAL_ROTATION_STACK: 'test' })).to.equal(
        'of-prod',
      );
    });

    it('may hold numbers; objects, lists, secrets and keys of others are no settings', () => {
      stackFile({
        [`${projectName}:healthAnswers`]: 5,
        [`${projectName}:home`]: { secure: 'v1:wombat' },
        [`${projectName}:healthUrl`]: ['http://x'],
        'aws:region': 'us-east-1',
        'other:namespace': 'of-another',
      });
      const { program, home } = read({});
      expect(program.healthAnswersInARow).to.equal(5);
      expect(home).to.not.include('wombat');
      expect(program).to.not.have.property('healthUrl');
      expect(program.context.region).to.equal('eu-central-1');
      expect(program.context.kubernetes.namespace).to.equal('openemr');
    });

    for (const text of ['', '# nothing\n', 'config:\n', 'encryptionsalt: v1:x\n', '[]', 'text']) {
      it(`may be without settings: ${JSON.stringify(text)}`, () => {
        writeFileSync(path.join(folder, 'Pulumi.prod.yaml'), text);
        expect(read({}).stack).to.equal('prod');
      });
    }

    it('that is no YAML is refused without its text', () => {
      writeFileSync(path.join(folder, 'Pulumi.prod.yaml'), 'config: {wombat');
      expect(refusal({})).to.match(/Pulumi\.prod\.yaml cannot be read as YAML/);
    });
  });

  describe('what is missing', () => {
    it('is named all at once, by variable and by flag', () => {
      const message = refusal({}, {});
      for (const name of required) {
        const { variable, flag } = definitionOf(name);
        expect(message).to.include(`${variable} (or --${flag}) is missing`);
      }
      expect(message).to.include('PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE is missing');
      expect(message.match(/is missing/g)).to.have.lengthOf(required.length + 1);
      expect(required).to.have.lengthOf(7);
    });

    for (const name of required) {
      const { variable } = definitionOf(name);
      it(`an empty ${variable} is missing`, () => {
        expect(refusal({}, { ...enough, [variable]: '' })).to.match(
          new RegExp(`^Settings: ${variable} \\(or --[a-z-]+\\) is missing\\.$`),
        );
      });
    }

    it('an empty flag, or an empty value in the stack file, is missing too', () => {
      expect(refusal({ awsRegion: '' })).to.include('AWS_REGION (or --aws-region)');
      stackFile({ [`${projectName}:awsRegion`]: '' });
      expect(refusal({}, { ...enough, AWS_REGION: '' })).to.include('AWS_REGION (or --aws-region)');
    });
  });

  describe('what is malformed', () => {
    const malformed: Partial<Record<OptionName, string[]>> = {
      awsRegion: ['eu\nwombat', 'eu\rwombat', 'eu\0wombat'],
      slotSecretId: ['wombat secret', 'wombat\n', 'arn:wombat;x', 'ä-wombat'],
      adminSecretId: ['wombat secret', '$(wombat)'],
      sitesRoot: ['wombat/sites', './wombat', '/wombat\n', '~/wombat'],
      site: [
        '..',
        '.',
        'wombat/x',
        '../wombat',
        'wombat\n',
        'wombat x',
        '/wombat',
        `wombat${'x'.repeat(250)}`,
      ],
      namespace: [
        'Canary',
        'wombat_x',
        '-wombat',
        'wombat-',
        'wombat\n',
        'a/wombat',
        `wombat${'x'.repeat(250)}`,
      ],
      deployment: ['wombat pod', 'wombat/..'],
      kubernetesSecret: ['WOMBAT'.toLowerCase() + ' ', '.wombat'],
      healthUrl: ['ftp://wombat', 'wombat.example', 'http://', 'https://wombat:port', 'javascript:wombat'],
      caFile: ['wombat.pem', '/wombat\n.pem'],
      healthCaFile: ['wombat.pem', './wombat'],
      acceptDowntime: ['wombat', 'yes', '1', 'TRUE'],
      keepOldPassword: ['wombat', 'yes', '1', 'TRUE'],
      healthAnswersInARow: ['0', '-1', '1.5', '1000', 'wombat', '３', '1e2'],
      healthLimitSeconds: ['-1', '1e3', 'wombat', '86401', '1s', 'Infinity', '.5', '1.'],
      rolloutTimeoutSeconds: ['10m', 'NaN', '0x10'],
      canary: ['wombat', 'on', 'AUTO'],
      canaryLimitSeconds: ['0', 'wombat'],
      idleGraceSeconds: ['wombat'],
      idleLimitSeconds: [' 5', '5 '],
      oldLoginSeconds: ['-1', 'wombat'],
      fileLimitSeconds: ['0', 'wombat'],
      stack: ['org/wombat/x', 'wombat prod', 'wombat\n', 'x'.repeat(101)],
      home: ['/wombat\n'],
      backendUrl: ['s3://wombat\nx'],
      secretsProvider: ['awskms://wombat\nx'],
      metricsFile: ['wombat.prom', '/wombat', '/wombat.txt', '/wombat\n.prom', '/wombat.prom/'],
      pushgatewayUrl: [
        'wombat:9091',
        'ftp://wombat',
        'http://user:wombat@host',
        'http://wombat@host',
        'http://host/?token=wombat',
        'http://host/#wombat',
      ],
    };
    for (const name of optionNames) {
      const { variable, flag } = definitionOf(name);
      for (const value of malformed[name] ?? []) {
        it(`${variable} ${JSON.stringify(value.slice(0, 30))}`, () => {
          const wrong = new RegExp(`^Settings: ${variable} \\(or --${flag}\\) must be [^;]+\\.$`);
          expect(refusal({}, { ...enough, [variable]: value })).to.match(wrong);
          expect(refusal({ [name]: value })).to.match(wrong);
        });
      }
      it(`${variable} has a case here`, () => expect(malformed[name]).not.to.equal(undefined));
    }

    it('is reported together with what is missing', () => {
      const message = refusal(
        { healthUrl: 'wombat', idleGraceSeconds: 'wombat' },
        { AWS_REGION: 'eu\nwombat' },
      );
      for (const part of [
        'AWS_REGION (or --aws-region) must be',
        'OPENEMR_HEALTHCHECK_URL (or --health-url) must be',
        'IDLE_GRACE_SECONDS (or --idle-grace) must be',
        'K8S_NAMESPACE (or --namespace) is missing',
      ])
        expect(message).to.include(part);
    });
  });

  describe('the passphrase', () => {
    const without = { ...enough, PULUMI_CONFIG_PASSPHRASE: undefined };
    const missing = /^Settings: PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE is missing/;

    it('is needed for the passphrase provider, which is the default', () => {
      expect(refusal({}, without)).to.match(missing);
      expect(refusal({ secretsProvider: 'passphrase' }, without)).to.match(missing);
    });

    it('that is empty is missing', () =>
      expect(refusal({}, { ...without, PULUMI_CONFIG_PASSPHRASE: '' })).to.match(missing));

    it('may be in a file', () => {
      expect(
        read({}, { ...without, PULUMI_CONFIG_PASSPHRASE_FILE: '/run/passphrase' }).secretsProvider,
      ).to.equal('passphrase');
    });

    it('is not needed with a key of KMS', () => {
      const secretsProvider = 'awskms://alias/openemr?region=eu-central-1';
      expect(read({ secretsProvider }, without).secretsProvider).to.equal(secretsProvider);
    });

    it('is not among the settings', () => expect(JSON.stringify(read({}))).not.to.include('wombat'));
  });

  it('make one object, with only what was given', () => {
    expect(read({})).to.deep.equal({
      program: {
        context: {
          region: 'eu-central-1',
          slotSecretId: enough['RDS_SLOT_SECRET_ID'],
          adminSecretId: 'openemr/admin',
          sitesRoot: '/mnt/sites',
          site: 'default',
          kubernetes: { namespace: 'openemr', deployment: 'openemr-web', secret: 'openemr.db' },
          trust: {},
        },
        canary: 'auto',
        canaryLimitSeconds: 300,
        healthAnswersInARow: 3,
        healthLimitSeconds: 60,
        idleGraceSeconds: 30,
        idleLimitSeconds: 300,
        oldLoginSeconds: 60,
      },
      fileLimitSeconds: 15,
      stack: 'prod',
      home: path.join(homedir(), '.local', 'state', projectName),
      backendUrl: `file://${path.join(homedir(), '.local', 'state', projectName, 'state')}`,
      secretsProvider: 'passphrase',
      reports: {},
    });
  });

  it('hold the optional ones where they belong', () => {
    const { program, home, backendUrl } = read({
      healthUrl: 'https://emr/readyz',
      caFile: '/ca.pem',
      rolloutTimeoutSeconds: '0.5',
      home: '/h',
    });
    const reports = { metricsFile: '/m/x.prom', pushgatewayUrl: 'http://push:9091/prefix' };
    expect(read(reports).reports).to.deep.equal(reports);
    expect(program).to.deep.include({ healthUrl: 'https://emr/readyz', rolloutTimeoutSeconds: 0.5 });
    expect(program.context.trust).to.deep.equal({ caFile: '/ca.pem' });
    expect([home, backendUrl]).to.deep.equal(['/h', 'file:///h/state']);
    expect(read({}, { ...enough, XDG_STATE_HOME: '/x' }).home).to.equal(`/x/${projectName}`);
  });
});
