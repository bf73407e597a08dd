import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { expect } from 'chai';
import { keepSecrets } from '../../../src/cli/request';
import { Failure } from '../../../src/base/failure';
import { Chain } from '../../../src/steps/chain';
import { mintPasswords } from '../../../src/steps/04-users/versions';
import { dynamicProvider, registry } from '../../../src/steps/registry';
import { passwordsIn } from '../../../src/secrecy/passwordsIn';
import { mask, scrubber } from '../../../src/secrecy/scrubber';
import { engineFailure } from '../../../src/engine/failure';
import { readJournal, slotPasswordsIn } from '../../../src/engine/state';
import { StepTracker } from '../../../src/engine/stepTracker';
import { decodedData } from '../../../src/kubernetes/kubernetes';
import { newPassword } from '../../../src/secrecy/password';
import { SecretsManager } from '../../../src/aws/secretsManager';
import { openSqlconf } from '../../../src/openemr/openSqlconf';
import { keepEnvironment } from '../../environment';
import { plannedIn } from '../rotation/planned';
import { worldOn } from '../rotation/simulatedWorld';

/** A password that no other test has. */
const unheardOf = (): string => `birth-${randomBytes(12).toString('hex')}`;

function expectKnown(secret: string): void {
  expect(scrubber.scrub(`a${secret}b`)).to.equal(`a${mask}b`);
}

describe('a secret is known to the scrubber as soon as it is there', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'birth-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('the password that the tool makes', () => expectKnown(newPassword()));

  it('the passwords that the engine makes, before anything that comes after learns them', async () => {
    const minted = unheardOf();
    await pulumi.runtime.setMocks({
      newResource: ({ name }) => ({ id: name, state: { result: minted } }),
      call: () => ({}),
    });
    const { after } = mintPasswords(new Chain(), plannedIn(worldOn('A')));
    const learned = new Promise<string>(
      (resolve) => void after.apply((password) => resolve(scrubber.scrub(password))),
    );
    expect(await learned).to.equal(mask);
  });

  it('a version of a secret, whoever reads it', async () => {
    const [password, plain, binary] = [unheardOf(), unheardOf(), undefined];
    const slots = JSON.stringify({ active_slot: 'A', A: { username: 'openemr_a', password } });
    for (const SecretString of [slots, plain, binary]) {
      const secrets = new SecretsManager('eu-west-1');
      const answer = { ARN: 'arn', VersionId: 'v1', SecretString };
      Object.assign(secrets, { client: { send: async () => answer } });
      await secrets.read('slots', { stage: 'AWSPREVIOUS' });
    }
    expectKnown(password);
    expectKnown(plain);
    expect(scrubber.scrub('openemr_a')).to.equal('openemr_a');
  });

  it('the Kubernetes Secret', () => {
    const [password, host] = [unheardOf(), unheardOf()];
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    decodedData({ data: { 'mysql-password': base64(password), 'mysql-host': base64(host) } });
    expectKnown(password);
    expect(scrubber.scrub(host)).to.equal(host);
  });

  it('sqlconf.php', async () => {
    const password = unheardOf();
    mkdirSync(path.join(folder, 'default'));
    const lines = [
      "$host = 'db';",
      "$port = '3306';",
      "$login = 'a';",
      `$pass = '${password}';`,
      "$dbase = 'd';",
    ];
    writeFileSync(path.join(folder, 'default', 'sqlconf.php'), `<?php\n${lines.join('\n')}\n$config = 1;\n`);
    await openSqlconf({ sitesRoot: folder, site: 'default' });
    expectKnown(password);
  });

  it('what the state keeps of a rotation', () => {
    const [slot, before] = [unheardOf(), unheardOf()];
    const material = {
      slotDocument: JSON.stringify({ B: { password: slot } }),
      before: { kubernetesSecret: { 'mysql-password': before } },
    };
    // Also where the plan itself cannot be read.
    const outputs = { plan: '{}', material: { plaintext: JSON.stringify(material) } };
    expect(() => readJournal({ resources: [{ type: 'x:PlanRecord', outputs }] })).to.throw('cannot be read');
    expectKnown(slot);
    expectKnown(before);
  });

  it("a slot's password that the state has of its user alone", () => {
    const password = unheardOf();
    const outputs = { slot: 'B', password: { plaintext: JSON.stringify(password) } };
    slotPasswordsIn({ resources: [{ type: 'x:DatabaseUser', outputs }] });
    expectKnown(password);
  });

  it('the passphrase, and the one in a file', () => {
    const [own, inFile] = [unheardOf(), unheardOf()];
    const file = path.join(folder, 'passphrase');
    writeFileSync(file, `${inFile}\n`);
    const restore = keepEnvironment();
    try {
      process.env['PULUMI_CONFIG_PASSPHRASE'] = own;
      for (const name of [file, path.join(folder, 'none'), folder, '']) {
        process.env['PULUMI_CONFIG_PASSPHRASE_FILE'] = name;
        keepSecrets();
      }
    } finally {
      restore();
    }
    expectKnown(own);
    expectKnown(inFile);
  });

  it('the inputs of a provider: its errors do not quote them', async () => {
    const original = { ...registry.PlanRecord };
    const [password, old] = [unheardOf(), unheardOf()];
    registry.PlanRecord.apply = async () => {
      throw new Failure(
        'old-login-in-use',
        `It was ${password}, and ${Buffer.from(old).toString('base64')} before.`,
      );
    };
    try {
      const provider = dynamicProvider('PlanRecord');
      const failing = [
        provider.create({
          material: { logins: { A: { password } }, before: { sqlconf: { password: old } } },
        }),
        provider.update('id', {}, { password }),
      ];
      for (const call of failing) {
        const error: unknown = await call.catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(Error);
        expect((error as Error).message).to.equal(
          `[outcome=before-switch code=old-login-in-use] It was ${mask}, and ${mask} before.`,
        );
        expect((error as Error).stack).not.to.include(password);
      }
    } finally {
      Object.assign(registry.PlanRecord, original);
    }
  });
});

describe("the engine's text is scrubbed before a part of it is cut off", () => {
  const password = unheardOf();
  before(() => scrubber.register(password));
  const half = password.slice(0, 12);

  it('of a resource', () => {
    const tracker = new StepTracker(undefined, () => undefined);
    const message = `${'x'.repeat(600 - 12)}${password}`;
    tracker.take({
      sequence: 1,
      timestamp: 1,
      diagnosticEvent: { message, severity: 'error', color: 'never', urn: 'urn:pulumi:a::b::c::sqlconf' },
    });
    expect(tracker.failure?.text)
      .to.match(/^x+\[secret\]?/)
      .and.not.include(half);
  });

  it('of the engine itself', () => {
    const said = engineFailure(new Error(`stderr: error: ${'x'.repeat(300 - 12)}${password}`), {
      stack: 'prod',
      backendUrl: 'file:///state',
    });
    expect(said.message).to.include('xxx').and.not.include(half);
  });
});

describe('a secret that is a word of ours hides no failure', () => {
  // Parts of a code and of a text of the engine that no other test has.
  const words = ['key-unusable', 'secrets manager for new'];
  before(() => words.forEach((word) => scrubber.register(word)));

  it('of a step: the code stays, the sentence is masked', async () => {
    const original = { ...registry.PlanRecord };
    registry.PlanRecord.apply = async () => {
      throw new Failure('kms-key-unusable', 'It was key-unusable.');
    };
    const thrown: unknown = await dynamicProvider('PlanRecord')
      .create({})
      .catch((error: unknown) => error)
      .finally(() => Object.assign(registry.PlanRecord, original));
    const { message } = thrown as Error;
    expect(message).to.equal(`[outcome=permission code=kms-key-unusable] It was ${mask}.`);
    const tracker = new StepTracker(undefined, () => undefined);
    tracker.take({
      sequence: 1,
      timestamp: 1,
      diagnosticEvent: { message, severity: 'error', color: 'never', urn: 'urn:pulumi:a::b::c::sqlconf' },
    });
    expect(tracker.failure?.failure).to.include({ code: 'kms-key-unusable', message: `It was ${mask}.` });
  });

  it('of the engine: what it means is seen', () => {
    const said = engineFailure(new Error('error: could not create secrets manager for new stack'), {
      stack: 'prod',
      backendUrl: 'file:///state',
    });
    expect(said.code).to.equal('state-key-unusable');
  });
});

describe('passwordsIn', () => {
  const found: [unknown, string[]][] = [
    [{ password: 'a', user: 'b' }, ['a']],
    [{ A: { password: 'a' }, B: [{ pass: 'b' }] }, ['a', 'b']],
    [{ 'mysql-password': 'a', 'mysql-user': 'b' }, ['a']],
    [{ document: ' {"A":{"password":"a"}}' }, ['a']],
    [{ document: '{"A":{"password":"a"' }, []],
    [{ passwords: ['a', 'b'] }, ['a', 'b']],
    ['{"PASSWORD":"a"}', ['a']],
    [[null, undefined, 7, true, 'text'], []],
  ];
  for (const [value, passwords] of found)
    it(`finds ${passwords.join() || 'none'} in ${JSON.stringify(value)}`, () =>
      expect(passwordsIn(value)).to.deep.equal(passwords));
});
