import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakeSecret } from '../steps/11-admin-password/worlds';

/** A request of the SDK: what each action reads of it. */
interface Request {
  SecretId: string;
  VersionStage?: string;
  VersionId?: string;
  SecretString?: string;
  VersionStages?: string[];
  ClientRequestToken?: string;
  RemoveFromVersionId?: string;
  MoveToVersionId?: string;
}

/** A secret of one hand-made world. */
export interface ServedSecret {
  arn: string;
  secret: FakeSecret;
  tell: (event: string) => void;
  /** Called before an action is carried out; what it throws is the answer. */
  before?: (action: string) => void;
  /** What the action did is kept, and its answer is lost. */
  loses?: (action: string) => boolean;
}

const secrets = new Map<string, ServedSecret>();
let server: Promise<number> | undefined;

/** An answer that is no success. */
export class AwsError extends Error {
  constructor(
    readonly type: string,
    message = 'refused',
  ) {
    super(message);
  }
}

/** Serves a secret from here on, at the one endpoint of this process. Returns the endpoint's URL. */
export async function serveSecret(served: ServedSecret): Promise<string> {
  secrets.set(served.arn, served);
  server ??= listen();
  return `http://127.0.0.1:${await server}`;
}

/** The product keeps its client for a region, and so its endpoint: the server lives as long as the process. */
function listen(): Promise<number> {
  const listening = createServer((request, response) => {
    bodyOf(request)
      .then((body) => answer(String(request.headers['x-amz-target']).split('.')[1] ?? '', body as Request))
      .then(
        (result) =>
          response
            .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
            .end(JSON.stringify(result)),
        (error: unknown) => {
          const { type, message } =
            error instanceof AwsError ? error : new AwsError('InternalFailure', String(error));
          response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
          response.end(JSON.stringify({ __type: type, message }));
        },
      );
  });
  listening.unref();
  return new Promise((resolve) =>
    listening.listen(0, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port)),
  );
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

function answer(action: string, request: Request): object {
  const served = secrets.get(request.SecretId);
  if (served === undefined) throw new AwsError('ResourceNotFoundException');
  served.before?.(action);
  const result = carryOut(served, action, request);
  if (served.loses?.(action) === true) throw new AwsError('InvalidParameterException', 'the reply was lost');
  return result;
}

function carryOut({ arn, secret, tell }: ServedSecret, action: string, request: Request): object {
  if (action === 'DescribeSecret') return { ARN: arn, VersionIdsToStages: secret.stages() };
  if (action === 'GetSecretValue') {
    const id = request.VersionId ?? secret.labels.get(request.VersionStage ?? 'AWSCURRENT');
    const version = secret.version(id);
    if (version === undefined) throw new AwsError('ResourceNotFoundException');
    return { ARN: arn, VersionId: version.versionId, SecretString: version.text };
  }
  const name = arn.split(':').at(-1);
  if (action === 'PutSecretValue') {
    const { SecretString = '', VersionStages = [], ClientRequestToken: id = '' } = request;
    secret.put(SecretString, VersionStages, id);
    tell(`secret ${name}: put ${id} under ${VersionStages.join(', ')}`);
    return { ARN: arn, VersionId: id };
  }
  if (action !== 'UpdateSecretVersionStage') throw new AwsError('InvalidRequestException', action);
  const { VersionStage: stage = '', RemoveFromVersionId: from, MoveToVersionId: to } = request;
  if (to !== undefined && !secret.versions.has(to)) throw new AwsError('ResourceNotFoundException');
  try {
    secret.move(stage, from, to);
  } catch (error) {
    tell(`secret ${name}: ${stage} not moved from ${from} to ${to}`);
    throw new AwsError('InvalidParameterException', String(error));
  }
  tell(`secret ${name}: ${stage} from ${from ?? 'nowhere'} to ${to ?? 'nowhere'}`);
  return { ARN: arn };
}
