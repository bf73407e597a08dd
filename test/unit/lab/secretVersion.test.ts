import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Clients } from '../../../lab/plugins/aws/configuration';
import { SecretVersionType } from '../../../lab/plugins/aws/secretVersion';
import { HalfDone } from '../../../lab/plugins/resource';
import { isUnknown } from '../../../lab/plugins/values';
import { awsFailureFromText } from '../../../src/aws/awsFailure';
import { keepEnvironment } from '../../environment';

/** What a Secrets Manager answers: by action, and which call of it (from 1) it is. */
type Answers = Record<string, (nth: number) => { status?: number; body: object }>;

const refusal = { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } };
const value = { ARN: 'arn:a', VersionId: 'v1', SecretString: '{}', VersionStages: ['AWSCURRENT'] };

/** The stand-in on a Secrets Manager that answers so, and all that it asked: `action`, with the stage if there is one. */
class Asked {
  readonly actions: string[] = [];
  /** What the calls said, in their order. */
  readonly bodies: Record<string, unknown>[] = [];
  /** For which regions they were signed. */
  readonly regions: string[] = [];
  readonly type: SecretVersionType;
  readonly clients = new Clients();
  private readonly signal = new AbortController().signal;

  private constructor(readonly server: Server) {
    this.type = new SecretVersionType(this.clients);
  }

  static async of(answers: Answers, configuration: Record<string, unknown> = {}): Promise<Asked> {
    const server = createServer((incoming, outgoing) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (part: string) => (text += part));
      incoming.on('end', () => {
        const action =
          String(incoming.headers['x-amz-target'] ?? 'x.GetCallerIdentity')
            .split('.')
            .pop() ?? '';
        const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
        const { VersionStage: stage = '' } = body;
        asked.actions.push(`${action} ${String(stage)}`.trim());
        asked.bodies.push(body);
        asked.regions.push(String(incoming.headers.authorization).split('/')[2] ?? '');
        const nth = asked.actions.filter((each) => each.startsWith(action)).length;
        const { status = 200, body: answer } = answers[action]?.(nth) ?? { body: {} };
        outgoing
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const asked = new Asked(server);
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const [own, before] = [{ ...configuration }, process.env['AWS_ENDPOINT_URL']];
    process.env['AWS_ENDPOINT_URL'] = endpoint;
    const login = { region: 'us-east-1', accessKey: 'x', secretKey: 'x', maxRetries: '1' };
    await asked.clients
      .configure(
        { ...login, endpoints: JSON.stringify([{ secretsmanager: endpoint }]), ...own },
        asked.signal,
      )
      .finally(() => {
        if (before === undefined) delete process.env['AWS_ENDPOINT_URL'];
        else process.env['AWS_ENDPOINT_URL'] = before;
      });
    return asked;
  }

  create(more: Record<string, unknown> = {}): Promise<unknown> {
    return this.type.create({ secretId: 'team/slots', secretString: '{}', ...more }, this.signal);
  }

  delete(versionStages: string[]): Promise<void> {
    return this.type.delete('team/slots|v1', { versionStages }, this.signal);
  }

  update(from: string[], to: string[]): Promise<unknown> {
    const state = { versionStages: from };
    return this.type.update('team/slots|v1', state, { ...state, versionStages: to }, this.signal);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const gone = { status: 400, body: { __type: 'ResourceNotFoundException', message: 'not there' } };

const quiet = { skipCredentialsValidation: 'true', skipRequestingAccountId: 'true' };

/** What an action throws, as the product understands it. */
async function understood(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.catch((each: unknown) => each);
  const { message } = error as Error;
  return awsFailureFromText(message, 'us-east-1', error)?.message ?? `not understood: ${message}`;
}

/** As internal/service/secretsmanager/secret_version.go of hashicorp/terraform-provider-aws; see lab/plugins/README.md. */
describe('the stand-in for aws.secretsmanager.SecretVersion', () => {
  let asked: Asked;
  afterEach(() => asked.close());

  it('stores, waits until the version is there, and reads it', async () => {
    asked = await Asked.of(
      { PutSecretValue: () => ({ body: value }), GetSecretValue: () => ({ body: value }) },
      quiet,
    );
    await asked.create();
    expect(asked.actions).to.deep.equal(['PutSecretValue', 'GetSecretValue', 'GetSecretValue']);
  });

  it('stores the value with all labels in one call, under a token of its own, and waits through what is not there yet', async () => {
    const answers: Answers = {
      PutSecretValue: () => ({ body: value }),
      GetSecretValue: (nth) => (nth === 1 ? gone : { body: value }),
    };
    asked = await Asked.of(answers, quiet);
    await asked.create({ versionStages: ['AWSCURRENT', 'MARK'] });
    const [put] = asked.bodies;
    expect(put).to.deep.include({ SecretString: '{}', VersionStages: ['AWSCURRENT', 'MARK'] });
    expect(put?.['ClientRequestToken']).to.match(/^terraform-[0-9a-f]{26}$/);
    expect(asked.actions.slice(1)).to.deep.equal(['GetSecretValue', 'GetSecretValue', 'GetSecretValue']);
  });

  it('previews without any request: what only AWS can say is unknown before the first create, and as it was after it', async () => {
    asked = await Asked.of({}, quiet);
    const inputs = { secretId: 'a', secretString: 'x' };
    const { arn, secretArn, region, versionId, versionStages, ...rest } = asked.type.preview(inputs);
    expect([arn, secretArn, region, versionId, versionStages].every(isUnknown)).to.equal(true);
    expect(rest).to.deep.equal(inputs);
    const state = {
      arn: 'arn:a',
      secretArn: 'arn:a',
      region: 'us-east-1',
      versionId: 'v1',
      versionStages: ['A'],
    };
    expect(asked.type.preview(inputs, state)).to.deep.equal({ ...state, ...inputs });
    expect(asked.actions).to.deep.equal([]);
  });

  it('says what was refused in words that the product understands: the write, the wait, the read', async () => {
    asked = await Asked.of({ PutSecretValue: () => refusal }, quiet);
    expect(await understood(asked.create())).to.match(/refuses PutSecretValue on team\/slots/);
    for (const refused of [1, 2]) {
      asked.close();
      const answers: Answers = {
        PutSecretValue: () => ({ body: value }),
        GetSecretValue: (nth) => (nth === refused ? refusal : { body: value }),
      };
      asked = await Asked.of(answers, quiet);
      expect(await understood(asked.create())).to.match(/refuses GetSecretValue on team\/slots/);
    }
  });

  it('adds labels first, AWSCURRENT from the version that a list names, and takes the others away', async () => {
    const versions = [{ VersionId: 'v0', VersionStages: ['AWSCURRENT'] }];
    const answers: Answers = {
      ListSecretVersionIds: () => ({ body: { Versions: versions } }),
      GetSecretValue: () => ({ body: value }),
    };
    asked = await Asked.of(answers, quiet);
    await asked.update(['AWSPENDING', 'AWSPREVIOUS'], ['AWSCURRENT', 'MARK']);
    expect(asked.actions).to.deep.equal([
      'ListSecretVersionIds',
      'UpdateSecretVersionStage AWSCURRENT',
      'UpdateSecretVersionStage MARK',
      'UpdateSecretVersionStage AWSPENDING',
      'GetSecretValue',
    ]);
  });

  it('an update that failed leaves the labels that were wanted in the state', async () => {
    asked = await Asked.of({ UpdateSecretVersionStage: () => refusal }, quiet);
    const problem: unknown = await asked.update(['OLD'], ['NEW']).catch((error: unknown) => error);
    expect(problem).to.be.instanceOf(HalfDone);
    expect((problem as HalfDone).state.outputs['versionStages']).to.deep.equal(['NEW']);
  });

  it('a delete takes the labels away but AWSCURRENT, waits until none is left, and does not mind a secret that is gone', async () => {
    const answers: Answers = {
      GetSecretValue: (nth) => ({
        body: { ...value, VersionStages: nth === 1 ? ['AWSCURRENT', 'MARK'] : [] },
      }),
    };
    asked = await Asked.of(answers, quiet);
    await asked.delete(['AWSCURRENT', 'MARK']);
    expect(asked.actions).to.deep.equal([
      'UpdateSecretVersionStage MARK',
      'GetSecretValue',
      'GetSecretValue',
    ]);
    asked.close();
    asked = await Asked.of({ UpdateSecretVersionStage: () => gone }, quiet);
    await asked.delete(['MARK']);
    expect(asked.actions).to.deep.equal(['UpdateSecretVersionStage MARK']);
  });

  it('a label that is refused: the product understands which call it was', async () => {
    asked = await Asked.of({ UpdateSecretVersionStage: () => refusal }, quiet);
    expect(await understood(asked.update([], ['MARK']))).to.match(
      /refuses UpdateSecretVersionStage on team\/slots/,
    );
    expect(await understood(asked.update(['MARK'], []))).to.match(
      /refuses UpdateSecretVersionStage on team\/slots/,
    );
  });

  it('the value, the secret and the region replace it, the labels do not; labels that are not given do not differ', async () => {
    asked = await Asked.of({}, quiet);
    const state = { secretId: 'a', secretString: 'x', region: 'us-east-1', versionStages: ['A', 'B'] };
    const kinds = (inputs: Record<string, unknown>): string[] =>
      asked.type
        .diff(state, inputs)
        .map(({ property, replaces }) => `${property} ${replaces ? 'replaces' : 'in place'}`);
    expect(kinds({ ...state, secretString: 'y' })).to.deep.equal(['secretString replaces']);
    expect(kinds({ ...state, secretId: 'b', region: 'eu-west-1' })).to.deep.equal([
      'region replaces',
      'secretId replaces',
    ]);
    expect(kinds({ ...state, region: undefined, versionStages: undefined })).to.deep.equal([]);
    expect(kinds({ ...state, versionStages: ['B', 'A'] })).to.deep.equal([]);
    expect(kinds({ ...state, versionStages: ['B'] })).to.deep.equal(['versionStages in place']);
  });

  it('asks STS twice when it is configured, unless it is told not to', async () => {
    const answers: Answers = { GetCallerIdentity: () => ({ body: {} }) };
    asked = await Asked.of(answers);
    expect(asked.actions).to.deep.equal(['GetCallerIdentity', 'GetCallerIdentity']);
    asked.close();
    for (const each of Object.keys(quiet)) {
      asked.close();
      asked = await Asked.of(answers, { [each]: 'true' });
      expect(asked.actions, each).to.deep.equal(['GetCallerIdentity']);
    }
    asked.close();
    asked = await Asked.of(answers, quiet);
    expect(asked.actions).to.deep.equal([]);
  });

  describe('and the environment', () => {
    let giveBack: () => void;
    beforeEach(() => (giveBack = keepEnvironment()));
    afterEach(() => giveBack());

    it('the region is that of the resource, else of the provider, else of the environment', async () => {
      process.env['AWS_REGION'] = 'eu-north-1';
      const answers: Answers = {
        PutSecretValue: () => ({ body: value }),
        GetSecretValue: () => ({ body: value }),
      };
      const signed = async (configuration: object, inputs: Record<string, unknown>): Promise<string[]> => {
        asked = await Asked.of(answers, { ...quiet, ...configuration });
        await asked.create(inputs);
        asked.close();
        return [...new Set(asked.regions)];
      };
      expect(await signed({}, { region: 'eu-west-1' })).to.deep.equal(['eu-west-1']);
      expect(await signed({}, {})).to.deep.equal(['us-east-1']);
      expect(await signed({ region: '' }, {})).to.deep.equal(['eu-north-1']);
    });

    it('maxRetries of the provider says how often it tries, and AWS_MAX_ATTEMPTS does not', async () => {
      process.env['AWS_MAX_ATTEMPTS'] = '1';
      const broken = { status: 500, body: { __type: 'InternalServiceError', message: 'broken' } };
      asked = await Asked.of({ PutSecretValue: () => broken }, { ...quiet, maxRetries: '3' });
      const error: unknown = await asked.create().catch((each: unknown) => each);
      expect(asked.actions).to.deep.equal(['PutSecretValue', 'PutSecretValue', 'PutSecretValue']);
      expect(String(error)).to.match(/exceeded maximum number of attempts, 3, .*StatusCode: 500/);
    });
  });
});
