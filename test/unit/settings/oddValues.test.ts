import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { runCommandLine } from '../../../src/cli/commandLine';
import type { OptionName, OptionType } from '../../../src/settings/options';
import { definitionOf, optionNames } from '../../../src/settings/options';
import { becomeEnvironment } from '../../../src/settings/becomeEnvironment';
import { makePathsAbsolute } from '../../../src/settings/surroundings';
import { isValue } from '../../../src/settings/values';
import { captured } from '../report/captured';

const enough: NodeJS.ProcessEnv = {
  PATH: '/nowhere',
  AWS_REGION: 'eu-central-1',
  RDS_SLOT_SECRET_ID: 'openemr/slots',
  RDS_ADMIN_SECRET_ID: 'openemr/admin',
  OPENEMR_SITES_MOUNT_ROOT: '/mnt/sites',
  K8S_NAMESPACE: 'openemr',
  K8S_DEPLOYMENT_NAME: 'openemr-web',
  K8S_SECRET_NAME: 'openemr.db',
  PULUMI_CONFIG_PASSPHRASE: 'wombat passphrase',
};

/** Commands that must say the same of the same input. */
const commands = [[], ['--dry-run'], ['--sync-db-users'], ['verify'], ['status'], ['rollback', '--yes']];

/** Odd texts for whatever wants a certain form; each type's own come on top. */
const odd = [' ', 'x y', 'a\nb', '\u00fc\u4e2d', '-1', '1e999', '../up', '$(id)'];
const oddPaths = ['relative', './relative', '../up', '~/home', 'C:\\x', ' /x', '/x\ny'];
const oddUrls = ['host', 'ftp://host', 'http://', 'https:// host', 'http://host:99999', 'javascript:1', ' '];
const oddNumbers = [
  '-1',
  '1e3',
  '0x10',
  'NaN',
  'Infinity',
  '1s',
  ' 5',
  '5 ',
  '1_0',
  '\uff13',
  '86401',
  '9'.repeat(400),
];
const oddOf: Record<OptionType, string[]> = {
  region: [...odd, 'us east', 'us-east', 'US-EAST-1', 'us-east-1 ', 'us-east-1.example', 'eu-central-1a'],
  url: oddUrls,
  'base-url': [...oddUrls, 'http://user@host', 'http://host?x', 'http://host#x'],
  seconds: oddNumbers,
  limit: [...oddNumbers, '0', '0.0'],
  'yes-or-no': [...odd, 'yes', 'TRUE', '1', ' true'],
  canary: [...odd, 'Auto', 'on', 'true', 'auto '],
  count: [...oddNumbers, '0', '1.5', '1000'],
  folder: oddPaths,
  file: oddPaths,
  home: [...oddPaths, '/home%20x', '/home?x', '/home#x', 'file:///home'],
  'metrics-file': [...oddPaths, '/x', '/x.txt'],
  'backend-url': [
    ...odd,
    ...[
      'garbage',
      '/folder',
      'file://relative',
      'file://./x',
      'file://~/x',
      'file:/x',
      'file:///x#y',
      'file:///x%20y',
    ],
    ...['ftp://host', 's3://', 's3:bucket', 's3:///bucket', 's3://buck et', 'https://'],
  ],
  'secrets-provider': [
    ...odd,
    ...[
      'garbage',
      'default',
      'Passphrase',
      'passphrase ',
      'awskms',
      'awskms:',
      'awskms://',
      'awskms://?region=x',
    ],
    ...['awskms://alias/x?region=us east', 'ftp://key', 'https://key'],
  ],
  'arn-or-name': [' ', 'x y', 'a\nb', '\u00fc', '$(id)', 'x'.repeat(2049)],
  'kubernetes-name': [
    ...odd.filter((text) => text !== '1e999'),
    'X',
    'x_y',
    'x/y',
    '.x',
    'x.',
    'x'.repeat(254),
  ],
  'site-name': [' ', 'x y', 'a\nb', '\u00fc', '..', '.', '/x', 'x/y', 'x'.repeat(256)],
  'stack-name': [' ', 'x y', 'a\nb', '\u00fc', 'x/y', '.', '..', '...', 'x'.repeat(101)],
};
const soundOf: Record<OptionType, string[]> = {
  region: ['us-east-1', 'us-gov-west-1', 'us-isob-east-1', 'cn-north-1', 'ap-southeast-5', 'eusc-de-east-1'],
  url: ['http://host', 'https://host:8443/meta/health/readyz?x=1'],
  'base-url': ['http://push:9091/prefix'],
  seconds: ['0', '0.5', '86400'],
  limit: ['0.5', '86400'],
  'yes-or-no': ['true', 'false'],
  canary: ['auto', 'require', 'off'],
  count: ['1', '999'],
  folder: ['/mnt/my sites'],
  file: ['/ca.pem'],
  home: ['/home/a b/\u00e4'],
  'metrics-file': ['/metrics/x.prom'],
  'backend-url': [
    ...[
      'file:///state',
      'file:///my state?no_tmp_dir=true',
      's3://bucket',
      's3://bucket/prefix?region=us-east-1',
    ],
    ...['s3://b?endpoint=127.0.0.1:5000&s3ForcePathStyle=true&disableSSL=true', 'gs://b', 'azblob://b'],
    ...['https://api.pulumi.com', 'postgres://user@host/db'],
  ],
  'secrets-provider': [
    ...['passphrase', 'awskms://alias/x?region=us-east-1', 'awskms:///arn:aws:kms:us-east-1:1:key/x'],
    ...[
      'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k',
      'hashivault://key',
      'azurekeyvault://v/keys/k',
    ],
  ],
  'arn-or-name': ['openemr/slots', 'arn:aws:secretsmanager:us-east-1:1:secret:x-AbCdEf'],
  'kubernetes-name': ['x', '1', 'a-b.c'],
  'site-name': ['default', 'a.b'],
  'stack-name': ['prod', 'prod.eu'],
};

describe('odd input: exit 2 and one sentence, the same for every command, before anything is opened', () => {
  const own = { ...process.env };
  const started = process.cwd();
  let folder: string;
  let file: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'odd-'));
    file = path.join(folder, 'file');
    writeFileSync(file, '\n');
    // This folder has no stack file.
    process.chdir(folder);
  });
  after(() => {
    process.chdir(started);
    rmSync(folder, { recursive: true });
  });
  afterEach(() => becomeEnvironment(own));

  /** What each command says on stderr; all the same. */
  async function refusal(changes: NodeJS.ProcessEnv, argv: string[] = []): Promise<string> {
    const said = new Set<string>();
    for (const command of commands) {
      const all = {
        ...enough,
        TMPDIR: folder,
        CREDENTIAL_ROTATION_HOME: path.join(folder, 'home'),
        ...changes,
      };
      becomeEnvironment(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)));
      const shown = await captured(async () => {
        expect(await runCommandLine([...command, ...argv]), command.join(' ')).to.equal(2);
      });
      said.add(shown.stderr);
    }
    const [text = ''] = [...said];
    expect([...said]).to.have.lengthOf(1);
    expect(text).to.match(/^✗ Settings: [^\n]+\. \[exit 2\]\n$/);
    expect(text).not.to.match(/urn:|wombat|undefined/);
    return text;
  }

  describe('every option', () => {
    for (const name of optionNames) {
      const { variable, flag, type } = definitionOf(name);
      it(`${variable}: ${oddOf[type].length} odd values`, async () => {
        const wrong = `${variable} (or --${flag}) must be `;
        for (const value of oddOf[type]) expect(isValue(type, value), JSON.stringify(value)).to.equal(false);
        // Each command says the same of each value: two of them stand for all.
        const [first = '', ...others] = oddOf[type];
        for (const value of [first, ...others.slice(-1)])
          expect(await refusal({ [variable]: value }), value).to.include(wrong);
        expect(await refusal({}, [`--${flag}=${first}`])).to.include(`--${flag}) must be `);
        for (const value of soundOf[type]) expect(isValue(type, value), value).to.equal(true);
      });
    }
  });

  describe('files and folders that options name', () => {
    const cases: [OptionName, string, string][] = [
      ['home', 'file', 'ENOTDIR'],
      ['home', 'file/below', 'ENOTDIR'],
      ['backendUrl', 'file', 'ENOTDIR'],
      ['backendUrl', 'file/below', 'ENOTDIR'],
      ['caFile', '.', 'EISDIR'],
      ['caFile', 'missing.pem', 'ENOENT'],
      ['caFile', 'file', 'has none'],
      ['healthCaFile', '.', 'EISDIR'],
      ['healthCaFile', 'missing.pem', 'ENOENT'],
      ['healthCaFile', 'file', 'has none'],
    ];
    for (const [name, below, says] of cases) {
      const { variable, flag } = definitionOf(name);
      it(`${variable} ${below}: ${says}`, async () => {
        const named = `${name === 'backendUrl' ? 'file://' : ''}${path.join(folder, below)}`;
        const text = await refusal({ [variable]: named });
        expect(text).to.include(`${variable} (or --${flag}) must `).and.include(says);
      });
    }
  });

  describe('what the environment names besides', () => {
    const without = { PULUMI_CONFIG_PASSPHRASE: undefined };
    const cases: [string, string, NodeJS.ProcessEnv?][] = [
      ...['missing', '.', 'file', 'file/below'].map((each): [string, string, NodeJS.ProcessEnv] => [
        'PULUMI_CONFIG_PASSPHRASE_FILE',
        each,
        without,
      ]),
      ...['missing', '.', 'file/below'].flatMap((each): [string, string][] => [
        ['KUBECONFIG', each],
        ['NODE_EXTRA_CA_CERTS', each],
        ['AWS_CA_BUNDLE', each],
        ['SSL_CERT_FILE', each],
        ['AWS_WEB_IDENTITY_TOKEN_FILE', each],
      ]),
      ['PULUMI_HOME', 'file'],
      ['TMPDIR', 'file'],
      ['TMPDIR', 'missing'],
    ];
    for (const [variable, below, more] of cases) {
      it(`${variable} ${below}`, async () => {
        const text = await refusal({ ...more, [variable]: path.join(folder, below) });
        expect(text).to.match(new RegExp(`${variable} must name a (readable file|file with|folder).* \\(`));
      });
    }
    for (const variable of ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy'])
      for (const value of [
        ' ',
        'x y',
        'ftp://proxy',
        'socks5://proxy:1080',
        'http://',
        'http://user:wombat@proxy:99999',
      ])
        it(`${variable} ${JSON.stringify(value)}`, async () => {
          expect(await refusal({ [variable]: value })).to.include(
            `${variable} must be the URL of an HTTP proxy`,
          );
        });
    for (const variable of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'])
      for (const value of oddUrls)
        it(`${variable} ${JSON.stringify(value)}`, async () => {
          expect(await refusal({ [variable]: value })).to.include(`${variable} must be an http(s) URL`);
        });
    for (const value of ['wombat', 'ftp://wombat', 'http://user:wombat@host'])
      it(`CREDENTIAL_ROTATION_WEBHOOK_URL ${value}`, async () => {
        expect(await refusal({ CREDENTIAL_ROTATION_WEBHOOK_URL: value })).to.include('WEBHOOK_URL must be');
      });
  });

  it('all that is wrong with files is told at once', async () => {
    const missing = path.join(folder, 'missing');
    const text = await refusal({
      KUBECONFIG: missing,
      NODE_EXTRA_CA_CERTS: missing,
      CREDENTIAL_ROTATION_HOME: file,
    });
    for (const name of ['KUBECONFIG', 'NODE_EXTRA_CA_CERTS', 'CREDENTIAL_ROTATION_HOME'])
      expect(text).to.include(name);
  });

  it('history, which reads the state alone, refuses the same of what it uses', async () => {
    becomeEnvironment({ ...enough, TMPDIR: folder, CREDENTIAL_ROTATION_HOME: file });
    const shown = await captured(async () => {
      expect(await runCommandLine(['history'])).to.equal(2);
    });
    expect(shown.stderr).to.include('CREDENTIAL_ROTATION_HOME (or --home) must be a writable folder');
  });

  it('config show says it, too', async () => {
    mkdirSync(path.join(folder, 'made'), { recursive: true });
    becomeEnvironment({
      ...enough,
      TMPDIR: folder,
      CREDENTIAL_ROTATION_HOME: path.join(folder, 'made'),
      KUBECONFIG: folder,
    });
    const shown = await captured(async () => {
      expect(await runCommandLine(['config', 'show'])).to.equal(2);
    });
    expect(shown.stdout).to.include('✗ KUBECONFIG must name a readable file');
  });

  it('a relative path is made absolute: engine and plugins work in other folders', () => {
    const environment: NodeJS.ProcessEnv = {
      KUBECONFIG: 'a:/b:',
      PULUMI_HOME: './p',
      TMPDIR: '/t',
      OTHER: 'o',
    };
    makePathsAbsolute(environment, '/here');
    expect(environment).to.deep.equal({
      KUBECONFIG: '/here/a:/b:',
      PULUMI_HOME: '/here/p',
      TMPDIR: '/t',
      OTHER: 'o',
    });
  });
});
