import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { Clients } from '../../../lab/plugins/aws/configuration';
import { SecretVersionType } from '../../../lab/plugins/aws/secretVersion';
import { awsFailureFromText } from '../../../src/aws/awsFailure';

/** What a Secrets Manager answers: by action, and which call of it (from 1) it is. */
type Answers = Record<string, (nth: number) => { status?: number; body: object }>;

const refusal = { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized' } };
const value = { ARN: 'arn:a', VersionId: 'v1', SecretString: '{}', VersionStages: ['AWSCURRENT'] };

/** The stand-in on a Secrets Manager that answers so, and all that it asked: `action`, with the stage if there is one. */
class Asked {
  readonly actions: string[] = [];
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
        const { VersionStage: stage = '' } = text.startsWith('{')
          ? (JSON.parse(text) as { VersionStage?: string })
          : {};
        asked.actions.push(`${action} ${stage}`.trim());
        const nth = asked.actions.filter((each) => each.startsWith(action)).length;
        const { status = 200, body } = answers[action]?.(nth) ?? { body: {} };
        outgoing
          .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
          .end(JSON.stringify(body));
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

  create(): Promise<unknown> {
    return this.type.create({ secretId: 'team/slots', secretString: '{}' }, this.signal);
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
    asked = await Asked.of(answers, quiet);
    expect(asked.actions).to.deep.equal([]);
  });
});
