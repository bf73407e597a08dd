import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Lab, Site } from '../../lab';
import type { Outcome } from '../../src/base/failure';
import { engineFailure } from '../../src/engine/failure';
import { runEngine } from '../../src/engine/process';
import { makeBucket, useBucket } from './support/backends';
import { environmentOf, run } from './support/command';
import { databases, labWith } from './support/labs';
import { expectCode, snapshot } from './support/world';

/** An answer of AWS: its code, status and text. */
interface Answer {
  type: string;
  status: number;
  message: string;
}

const answer = (type: string, status: number, message: string): Answer => ({ type, status, message });
const role = 'User: arn:aws:sts::123456789012:assumed-role/rotation/pod is not authorized to perform:';
const key = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** As docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html lists them, with the texts of public reports. */
const ofS3 = {
  expired: answer('ExpiredToken', 400, 'The provided token has expired.'),
  otherEndpoint: answer(
    'PermanentRedirect',
    301,
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
  ),
  otherRegion: answer(
    'AuthorizationHeaderMalformed',
    400,
    "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
  ),
  clock: answer(
    'RequestTimeTooSkewed',
    403,
    'The difference between the request time and the current time is too large.',
  ),
  keyId: answer(
    'InvalidAccessKeyId',
    403,
    'The AWS Access Key Id you provided does not exist in our records.',
  ),
  signature: answer(
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ),
  noKey: answer(
    'AccessDenied',
    403,
    `${role} kms:GenerateDataKey on resource: ${key} because no identity-based policy allows the kms:GenerateDataKey action`,
  ),
  keyOff: answer('KMS.DisabledException', 400, `${key} is disabled.`),
  keyBusy: answer('KMS.ThrottlingException', 400, 'You have exceeded the rate at which you may call KMS.'),
  closed: answer('AccessDenied', 403, 'Access Denied'),
  denied: answer(
    'AccessDenied',
    403,
    `${role} s3:PutObject on resource: "arn:aws:s3:::b/k" with an explicit deny in a resource-based policy`,
  ),
  objectLock: answer(
    'InvalidRequest',
    400,
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  ),
  busy: answer('SlowDown', 503, 'Please reduce your request rate.'),
  noBucket: answer('NoSuchBucket', 404, 'The specified bucket does not exist'),
};

/** As docs.aws.amazon.com/kms/latest/APIReference lists them: of Decrypt, and common to all actions. */
const ofKms = {
  expired: answer('ExpiredTokenException', 400, 'The security token included in the request is expired'),
  clock: answer(
    'InvalidSignatureException',
    400,
    'Signature expired: 20261129T080000Z is now earlier than 20261129T085500Z (20261129T090000Z - 5 min.)',
  ),
  signature: answer(
    'InvalidSignatureException',
    400,
    'The request signature we calculated does not match the signature you provided.',
  ),
  keyId: answer('UnrecognizedClientException', 400, 'The security token included in the request is invalid.'),
  noKey: answer('NotFoundException', 400, `Key '${key}' does not exist`),
  closed: answer('AccessDeniedException', 400, `${role} kms:Decrypt on resource: ${key}`),
  off: answer('DisabledException', 400, `${key} is disabled.`),
  busy: answer('ThrottlingException', 400, 'Rate exceeded'),
};

/** Request, answer, what it means, a part of the sentence. */
type Case = [action: string, answer: Answer, outcome: Outcome, says: RegExp];

/** What is met by who only reads: `stack export --show-secrets`. */
const reading: Case[] = [
  ['S3 GET', ofS3.expired, 'permission', /credentials for .* expired; renew them/],
  ['S3 HEAD', ofS3.expired, 'permission', /gives no reason; .*expired/],
  [
    'S3 GET',
    ofS3.otherEndpoint,
    'configuration',
    /is not in the region where it is requested.*set region= of PULUMI_BACKEND_URL/,
  ],
  ['S3 GET', ofS3.otherRegion, 'configuration', /is not in the region where it is requested/],
  ['S3 GET', ofS3.clock, 'configuration', /clock is wrong/],
  ['S3 GET', ofS3.keyId, 'permission', /does not accept the credentials/],
  ['S3 GET', ofS3.signature, 'permission', /does not accept the credentials/],
  ['S3 GET', ofS3.noKey, 'permission', /The KMS key of the bucket of .* cannot be used/],
  ['S3 GET', ofS3.keyOff, 'permission', /The KMS key of the bucket of .* see that it is enabled/],
  ['S3 GET', ofS3.keyBusy, 'before-switch', /does not answer/],
  ['S3 GET', ofS3.closed, 'permission', /is refused; allow s3:ListBucket/],
  ['S3 HEAD', ofS3.closed, 'permission', /is refused; allow s3:ListBucket/],
  ['S3 GET', ofS3.busy, 'before-switch', /does not answer/],
  ['S3 GET', ofS3.noBucket, 'configuration', /there is no such bucket/],
  ['Decrypt', ofKms.expired, 'permission', /credentials for .* expired; renew them/],
  ['Decrypt', ofKms.clock, 'configuration', /clock is wrong/],
  ['Decrypt', ofKms.signature, 'permission', /does not accept the credentials/],
  ['Decrypt', ofKms.keyId, 'permission', /does not accept the credentials/],
  ['Decrypt', ofKms.noKey, 'configuration', /key of .* does not exist/],
  ['Decrypt', ofKms.closed, 'permission', /key of .* cannot be used; allow kms:Decrypt/],
  ['Decrypt', ofKms.off, 'permission', /key of .* cannot be used; .*see that it is enabled/],
  ['Decrypt', ofKms.busy, 'before-switch', /key service of .* does not answer/],
];

/** What only a write meets: `stack tag set`. */
const writing: Case[] = [
  ['S3 PUT', ofS3.expired, 'permission', /credentials for .* expired; renew them/],
  ['S3 PUT', ofS3.noKey, 'permission', /The KMS key of the bucket of .* cannot be used/],
  ['S3 PUT', ofS3.denied, 'permission', /A policy denies .* resource-based policy.* default encryption/],
  ['S3 PUT', ofS3.objectLock, 'configuration', /Object Lock with default retention/],
  ['S3 PUT', ofS3.closed, 'permission', /is refused; allow s3:ListBucket/],
];

// The state does not know the kind of database.
describe('what AWS answers where the state is, read by the real engine', function () {
  this.timeout(180_000);
  let lab: Lab;
  let site: Site;

  before(async () => {
    lab = await labWith(databases[0] ?? 'mysql');
    site = await lab.createSite();
    await makeBucket(lab, 'state-answers');
    await useBucket(lab, site, 'state-answers');
    expectCode(await run(site), 0);
  });
  after(() => site.remove());

  const name = (): string => `organization/openemr-credential-rotation/${site.name}`;

  /** What a failed call of the engine, with these variables on top, means. */
  async function meaning(args: string[], changes: Record<string, string | undefined> = {}): Promise<string> {
    const all = Object.entries({ ...environmentOf(site), ...changes });
    const environment = Object.fromEntries(all.map(([key, value]) => [key, value ?? '']));
    const engine = path.join(environment['CREDENTIAL_ROTATION_ENGINE_ROOT'] ?? '', 'bin', 'pulumi');
    const where = { stack: site.name, backendUrl: environment['PULUMI_BACKEND_URL'] ?? '' };
    try {
      await runEngine(engine, [...args, '--stack', name()], tmpdir(), environment);
      return 'fine';
    } catch (error) {
      const { outcome, message } = engineFailure(error, where);
      expect(message).to.match(/^[A-Z][^\n]*\.$/);
      return `${outcome}: ${message}`;
    }
  }

  async function expectMeanings(cases: Case[], args: string[]): Promise<void> {
    const wrong: string[] = [];
    for (const [action, respond, outcome, says] of cases) {
      const release = lab.aws.fault({ action, when: 'before', respond });
      const said = await meaning(args).finally(release);
      if (!said.startsWith(`${outcome}: `) || !says.test(said))
        wrong.push(`${action} ${respond.type}: ${said}`);
    }
    expect(wrong).to.deep.equal([]);
  }

  it('each answer to a read is one sentence that says what it is', () =>
    expectMeanings(reading, ['stack', 'export', '--show-secrets']));

  it('each answer to a write, too', () => expectMeanings(writing, ['stack', 'tag', 'set', 'a', 'b']));

  it('no region, one that is none, and no credentials', async () => {
    const read = (changes: Record<string, string | undefined>): Promise<string> =>
      meaning(['stack', 'export'], changes);
    const real = { AWS_ENDPOINT_URL: undefined, AWS_REGION: undefined };
    for (const query of ['', '?region=US East'])
      expect(await read({ ...real, PULUMI_BACKEND_URL: `s3://state-answers${query}` })).to.match(
        /^configuration: .*set region= of PULUMI_BACKEND_URL/,
      );
    const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    expect(await read(nobody)).to.match(/^permission: No AWS credentials are found/);
  });

  it('a bucket with Object Lock: exit 2 before anything is written', async () => {
    const before = await snapshot(site);
    const release = lab.aws.fault({ action: 'S3 PUT', when: 'before', respond: ofS3.objectLock });
    const refused = await run(site).finally(release);
    expectCode(refused, 2);
    expect(refused.stderr).to.match(/✗ The bucket of .* Object Lock .* Nothing was switched/);
    expect(refused.stderr).to.not.match(/urn:pulumi|StatusCode/);
    expect(await snapshot(site)).to.deep.equal(before);
  });
});
