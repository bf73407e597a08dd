import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import { SecretsManager } from '../../src/aws/secretsManager';
import { keepEnvironment } from '../environment';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { longUnless } from './support/long';
import {
  arnOf,
  labelsOf,
  putSecret,
  scheduleDeletion,
  secretUnder,
  tookEffect,
  writeRequests,
} from './support/secrets';
import { expectCode, expectNoSecret, snapshot } from './support/world';
import { letPass } from './support/until';

type Fault = Parameters<Lab['aws']['fault']>[0];

const answer = (type: string, message = 'lab', status = 400): NonNullable<Fault['respond']> => ({
  status,
  type,
  message,
});

// Secrets Manager does not know the kind of database.
describe('what Secrets Manager refuses', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  const secretOf = { slot: () => site.slotSecretId, admin: () => site.adminSecretId };

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  /** Runs with these faults and proves that nothing was changed, and that no write was more than asked for. */
  async function expectRefused(
    {
      faults = [],
      args = [],
      changes = {},
    }: {
      faults?: Fault[];
      args?: string[];
      changes?: Record<string, string | undefined>;
    },
    code: number,
    message: RegExp,
  ): Promise<void> {
    const before = { world: await snapshot(site), labels: await labelsOf(site) };
    const since = lab.aws.requests().length;
    const release = faults.map((fault) => lab.aws.fault(fault));
    try {
      const result = await run(site, args, changes);
      expectCode(result, code);
      const said = result.stdout + result.stderr;
      expect(said)
        .to.match(message)
        .and.not.to.match(/^\s+at /m);
      expectNoSecret(site.canaries(), { said });
    } finally {
      release.forEach((clear) => clear());
    }
    await lab.aws.settled();
    expect(writeRequests(lab, site, since).filter(tookEffect)).to.deep.equal([]);
    expect({ world: await snapshot(site), labels: await labelsOf(site) }).to.deep.equal(before);
  }

  const denied = answer('AccessDeniedException', 'User: x is not authorized to perform this action');
  const actions = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'];
  for (const action of actions) {
    for (const which of ['slot', 'admin'] as const) {
      it(`${action} of the ${which} secret is denied: a dry run says so, exit 3${longUnless(which === 'slot' || action.startsWith('Put'))}`, () =>
        expectRefused(
          {
            faults: [{ action, secretId: secretOf[which](), when: 'before', respond: denied }],
            args: ['--dry-run'],
          },
          3,
          new RegExp(`refuses ${action} on \\S*${secretOf[which]()}.*allow secretsmanager:${action}`),
        ));
    }
  }

  it('all writes are denied: the rotation itself names each before it changes anything, exit 3', async () => {
    const deny = (action: string): Fault => ({ action, when: 'before', respond: denied });
    await expectRefused(
      { faults: [deny('PutSecretValue'), deny('UpdateSecretVersionStage')] },
      3,
      /PutSecretValue on \S+slots.*UpdateSecretVersionStage on \S+slots.*PutSecretValue on \S+admin.*Nothing was changed/s,
    );
  });

  const answers: [string, string, NonNullable<Fault['respond']>, number, RegExp][] = [
    [
      'the KMS key is denied',
      'GetSecretValue',
      answer('AccessDeniedException', 'Access to KMS is not allowed'),
      3,
      /allow kms:Decrypt/,
    ],
    ['the KMS key does not encrypt', 'PutSecretValue', answer('EncryptionFailure'), 3, /enable that key/],
    [
      'the session token has expired',
      'GetSecretValue',
      answer('ExpiredTokenException'),
      3,
      /credentials expired.*renew/,
    ],
    ['every request is throttled', '*', answer('ThrottlingException', 'Rate exceeded'), 4, /throttles/],
    [
      'the version quota is reached',
      'PutSecretValue',
      answer('LimitExceededException'),
      4,
      /quota of Secrets Manager/,
    ],
  ];
  for (const [name, action, respond, code, message] of answers) {
    it(`${name}: exit ${code}, and nothing changed`, () =>
      expectRefused(
        {
          faults: [{ action, secretId: site.slotSecretId, when: 'before', respond }],
        },
        code,
        message,
      ));
  }

  it('the credentials are missing: exit 3', () =>
    expectRefused(
      { changes: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined } },
      3,
      /No AWS credentials are found/,
    ));

  const owners: [string, Record<string, unknown>, RegExp][] = [
    ['rotates by itself', { RotationEnabled: true }, /own rotation switched on; switch that off/],
    ['is managed by RDS', { OwningService: 'rds' }, /is managed by rds; leave its rotation to that service/],
    [
      'is a replica',
      { PrimaryRegion: 'eu-west-1' },
      /is a replica of the secret in eu-west-1; set AWS_REGION/,
    ],
  ];
  for (const [name, fields, message] of owners) {
    for (const which of ['slot', 'admin'] as const) {
      it(`the ${which} secret ${name}: exit 2${longUnless(which === 'slot')}`, () => {
        const rewrite: Fault['rewrite'] = (body) => ({ ...body, ...fields });
        const secretId = secretOf[which]();
        const faults: Fault[] = [{ action: 'DescribeSecret', secretId, when: 'after', rewrite }];
        return expectRefused({ faults }, 2, message);
      });
    }
  }

  it('the secret is in another region than AWS_REGION: exit 2', async () => {
    const arn = await arnOf(site, site.slotSecretId);
    await expectRefused(
      { changes: { AWS_REGION: 'eu-west-1' } },
      2,
      /does not exist in eu-west-1.*AWS_REGION/,
    );
    await expectRefused(
      { changes: { AWS_REGION: 'eu-west-1', RDS_ADMIN_SECRET_ID: arn } },
      2,
      /is in us-east-1 and AWS_REGION is eu-west-1/,
    );
  });

  for (const which of ['slot'] as const) {
    it(`the ${which} secret is scheduled for deletion: exit 2; restored, it is as before`, async () => {
      const restore = await scheduleDeletion(site, secretOf[which]());
      try {
        const result = await run(site);
        expectCode(result, 2);
        expect(result.stderr).to.match(/scheduled for deletion; restore it/);
      } finally {
        await restore();
      }
      expectCode(await run(site, ['--dry-run']), 0);
    });

    it(`the ${which} secret is binary: exit 2`, async () => {
      const secretId = secretOf[which]();
      const good = await secretUnder(site, secretId, 'AWSCURRENT');
      await putSecret(site, secretId, Buffer.from('\u0000binary'));
      try {
        const result = await run(site);
        expectCode(result, 2);
        expect(result.stderr)
          .to.include(secretId)
          .and.to.match(/binary data; store it as a JSON string/);
      } finally {
        await putSecret(site, secretId, good ?? '');
      }
    });
  }
});

describe('what Secrets Manager does not refuse for good', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
  });
  after(() => site.remove());

  /** A dry run that meets the fault once or twice, and ends well. */
  async function expectPasses(fault: Fault): Promise<void> {
    const met: string[] = [];
    const onMatch = fault.onMatch;
    lab.aws.fault({
      ...fault,
      onMatch: async (request) => {
        met.push(request.action);
        await onMatch?.(request);
      },
    });
    expectCode(await run(site, ['--dry-run']), 0);
    expect(met.length, 'the fault was met').to.equal(fault.times);
  }

  const tomorrow = new Date(Date.now() + 86_400_000).toUTCString();
  const passing: [string, Omit<Fault, 'when'>][] = [
    ['two throttled requests', { action: '*', times: 2, respond: answer('ThrottlingException') }],
    ['two server errors', { action: '*', times: 2, respond: answer('InternalServiceError', 'down', 500) }],
    ['two cut connections', { action: '*', times: 2 }],
    [
      'a clock that is a day late: the SDK corrects it',
      {
        action: 'GetSecretValue',
        times: 1,
        respond: {
          ...{ status: 400, type: 'InvalidSignatureException', message: 'Signature not yet current' },
          headers: { date: tomorrow },
        },
      },
    ],
    [
      'a reply that does not come: it is asked for again after 15 s',
      {
        action: 'DescribeSecret',
        times: 1,
        onMatch: () => letPass(25_000, 'no reply comes'),
      },
    ],
  ];
  for (const [name, fault] of passing) {
    it(`${name}${longUnless(fault.times === 1)}`, () =>
      expectPasses({ ...fault, secretId: site.slotSecretId, when: 'before' }));
  }

  it('replies that never come end at the deadline of a call, with one sentence', async () => {
    const limits = { connectMs: 200, requestMs: 300, callMs: 1000 };
    const release = lab.aws.fault({
      action: 'DescribeSecret',
      when: 'before',
      onMatch: () => letPass(5000, 'no reply comes'),
    });
    const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
    const restore = keepEnvironment();
    for (const name of names) process.env[name] = site.environment[name] ?? '';
    try {
      const failed = await new SecretsManager('us-east-1', limits)
        .describe(site.slotSecretId)
        .catch((error: Error) => error.message);
      expect(failed).to.match(/does not answer DescribeSecret on \S+ in time/);
    } finally {
      restore();
      release();
    }
  });
});
