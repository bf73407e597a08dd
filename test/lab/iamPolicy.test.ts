import { rmSync } from 'node:fs';
import { expect } from 'chai';
import { rotationPolicy } from '../../infra/aws/policies';
import type { AwsRequest, Lab, Site } from '../../lab';
import type { Call, Policy } from './support/awsCalls';
import { allowedPairs, allows, callsOf } from './support/awsCalls';
import { account, assumeRoleWith, whileEnforced } from './support/awsRole';
import { makeBucket, useBucket } from './support/backends';
import type { Run } from './support/command';
import { run } from './support/command';
import { databases, labWith } from './support/labs';
import { arnOf } from './support/secrets';
import { dropDefaultUsers, expectCode, expectHealthy } from './support/world';

/** Keys that the lab does not have: what a service does with them in the role's name is not to be seen. */
const secretsKey = `arn:aws:kms:us-east-1:${account}:key/00000000-0000-4000-8000-00000000000a`;
const bucketKey = `arn:aws:kms:us-east-1:${account}:key/00000000-0000-4000-8000-00000000000b`;
const keyArn = (keyId: string): string =>
  keyId.startsWith('arn:') ? keyId : `arn:aws:kms:us-east-1:${account}:key/${keyId}`;

/** Every command, so that each kind of rotation is among them, in an order in which each has what it needs. */
const story: string[][] = [
  ['--dry-run'], // Of a bootstrap, without any state.
  [],
  ['--dry-run', '--plan', 'rotation.json'],
  ['--plan', 'rotation.json'],
  ['--sync-db-users'],
  ['rollback', '--yes'],
  ['status'],
  ['verify'],
  ['history', '--json'],
  ['unlock', '--yes'],
];

/**
 * The policy that infra/ gives the rotation's role, against the requests of all commands: while the lab's AWS enforces
 * it, and by the record of what was asked for.
 */
describe('the IAM policy of the rotation', function () {
  this.timeout(240_000);
  let lab: Lab;
  let site: Site;
  let policy: Policy;
  let secrets: Record<string, string>;
  let recorded: AwsRequest[];
  const ended = new Map<string, Run>();

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite({ start: 'bootstrap' });
    await makeBucket(lab, 'policy-state');
    const keyId = await useBucket(lab, site, 'policy-state');
    const [slotSecretArn, adminSecretArn] = [
      await arnOf(site, site.slotSecretId),
      await arnOf(site, site.adminSecretId),
    ];
    secrets = { [site.slotSecretId]: slotSecretArn, [site.adminSecretId]: adminSecretArn };
    policy = rotationPolicy({
      region: 'us-east-1',
      slotSecretArn,
      adminSecretArn,
      secretsKeyArns: [secretsKey],
      state: { bucketArn: 'arn:aws:s3:::policy-state', prefix: '', keyArn: bucketKey },
      secretsProviderKeyArn: keyArn(keyId),
    }) as Policy;
    const role = await assumeRoleWith(lab, 'rotation', policy);
    const since = lab.aws.requests().length;
    await whileEnforced(lab, async () => {
      for (const args of story) {
        rmSync(site.environment['CREDENTIAL_ROTATION_HOME'] ?? '', { recursive: true, force: true });
        ended.set(args.join(' '), await run(site, args, { ...role }));
      }
    });
    recorded = lab.aws
      .requests()
      .slice(since)
      .filter(({ service }) => service !== '');
  });
  after(async () => {
    await site.remove();
    await dropDefaultUsers(lab);
  });

  for (const args of story)
    it(`is enough for: credential-rotation ${args.join(' ')}`, () => {
      const result = ended.get(args.join(' '));
      if (result === undefined) throw new Error('it was not run');
      expectCode(result, 0);
    });

  it('leaves a healthy OpenEMR, whose every request was allowed', async () => {
    await expectHealthy(site, 'A');
    expect(recorded.filter(({ status }) => status === 403 || status === 401)).to.deep.equal([]);
  });

  const calls = (): Call[] =>
    recorded.flatMap((each) => callsOf(each, { secrets, secretsKey, bucketKey, keyArn }));

  it('lacks nothing that was asked for', () => {
    const pairs = allowedPairs(policy);
    const missing = calls().filter((call) => !pairs.some((pair) => allows(pair, call)));
    expect(missing).to.deep.equal([]);
  });

  it('has nothing that was not asked for, on no resource', () => {
    const made = calls();
    const unused = allowedPairs(policy).filter((pair) => !made.some((call) => allows(pair, call)));
    expect(unused).to.deep.equal([]);
  });

  for (const [action, args, code, message] of [
    ['secretsmanager:PutSecretValue', ['verify'], 3, /allow secretsmanager:PutSecretValue on it/],
    [
      'secretsmanager:UpdateSecretVersionStage',
      ['--dry-run'],
      3,
      /allow secretsmanager:UpdateSecretVersionStage on it/,
    ],
    ['s3:PutObject', [], 3, /Access to the state .* is refused/],
    ['kms:Decrypt', ['--dry-run'], 3, /key of the state .* cannot be used; allow kms:Decrypt/i],
  ] as const)
    it(`is enforced: without ${action} credential-rotation ${args.join(' ')} ends with ${code}`, async () => {
      const without = {
        ...policy,
        Statement: policy.Statement.map((statement) => ({
          ...statement,
          Action: [statement.Action].flat().filter((each) => each !== action),
        })).filter(({ Action }) => Action.length > 0),
      };
      const role = await assumeRoleWith(lab, `without-${action.replace(':', '-')}`, without);
      const result = await whileEnforced(lab, () => run(site, [...args], { ...role }));
      expectCode(result, code);
      expect(result.stdout + result.stderr).to.match(message);
    });
});
