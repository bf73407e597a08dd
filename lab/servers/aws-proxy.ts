import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { freePort } from './ports';

/** One request that a client sent to AWS. */
export interface AwsRequest {
  /** Milliseconds since 1970, when it came. */
  time: number;
  /** As in `UpdateSecretVersionStage`; of S3 the method, as in `S3 PUT`. */
  action: string;
  /** The service that it was signed for, as in `secretsmanager`; empty when it was not signed. */
  service: string;
  method: string;
  /** With the query; of S3 in path style, as in `/bucket/key`. */
  path: string;
  /** Of S3, what is copied: `bucket/key`. */
  copySource?: string;
  /** The key of KMS: as the client named it, or else as KMS answered. */
  keyId?: string;
  /** The secret's name, also when the client sent its ARN. */
  secretId?: string;
  /** The staging labels that it names. */
  stages: string[];
  /** HTTP status that the client got; 0 when the reply was withheld. */
  status: number;
  /** The error that AWS, or a rule in its place, answered with. */
  error?: string;
  /** Whether such a request changes anything when it is not refused. */
  write: boolean;
}

/** A rule that makes requests fail. */
export interface AwsFault {
  /** As in `UpdateSecretVersionStage`; `*` is every action. */
  action: string;
  /** Name or ARN; without it every secret. */
  secretId?: string;
  /** Only requests that name this staging label, or one that begins so. */
  stage?: string;
  /** Only requests whose path has this in it: of S3 a part of the key, as in `/.pulumi/history/`. */
  path?: string;
  /** How many requests that fit are let through first. */
  skip?: number;
  /** How many requests fail after that; without it all of them until the rule is taken away. */
  times?: number;
  /** `before`: AWS never sees the request. `after`: AWS does it, and its reply is lost. */
  when: 'before' | 'after';
  /** The answer; without it the connection is cut. */
  respond?: { status: number; type: string; message: string; headers?: Record<string, string> };
  /** With `after`: the client gets AWS's own reply, with its JSON changed. */
  rewrite?: (body: Record<string, unknown>) => Record<string, unknown>;
  /** Called when a request meets the rule, before anything is done with it. */
  onMatch?: (request: AwsRequest) => void | Promise<void>;
  /** With `after`: called when AWS has done it. */
  onDone?: (request: AwsRequest) => void | Promise<void>;
}

/** The recording, fault-injecting proxy before moto. */
export interface AwsProxy {
  endpoint: string;
  requests(): AwsRequest[];
  /** Ends when every request so far has its answer; a client that ended may have left one on its way. */
  settled(): Promise<void>;
  /** Adds a rule; gives the function that takes it away. */
  fault(rule: AwsFault): () => void;
  /** Takes every rule away, and forgets the requests so far. */
  forget(): void;
  close(): Promise<void>;
}

const READS =
  /^(Get|List|Describe|BatchGet|Validate|Encrypt|Decrypt|GenerateDataKey|AssumeRole|S3 GET|S3 HEAD)/;

/** Starts the proxy in this process. */
export async function startAwsProxy(target: string, address: string): Promise<AwsProxy> {
  const requests: AwsRequest[] = [];
  const inProgress = new Set<Promise<void>>();
  const rules: { rule: AwsFault; skip: number; left: number }[] = [];
  const takeRule = (seen: AwsRequest): AwsFault | undefined => {
    const entry = rules.find((each) => each.left > 0 && meets(each.rule, seen) && each.skip-- <= 0);
    if (entry) entry.left--;
    return entry?.rule;
  };
  const server = createServer((incoming, outgoing) => {
    const handled = handle(target, incoming, outgoing, requests, takeRule)
      .catch(() => void outgoing.destroy())
      .finally(() => inProgress.delete(handled));
    inProgress.add(handled);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  server.unref();
  return {
    endpoint: `http://${address}:${port}`,
    requests: () => [...requests],
    settled: async () => void (await Promise.all(inProgress)),
    fault(rule) {
      const entry = { rule, skip: rule.skip ?? 0, left: rule.times ?? Infinity };
      rules.push(entry);
      return () => {
        entry.left = 0;
      };
    },
    forget() {
      rules.length = 0;
      requests.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handle(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  requests: AwsRequest[],
  takeRule: (seen: AwsRequest) => AwsFault | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const seen = describe(incoming, body);
  requests.push(seen);
  const rule = takeRule(seen);
  await rule?.onMatch?.(seen);
  if (rule?.when === 'before') return refuse(rule, seen, outgoing);
  const reply = await forward(target, incoming, body);
  await rule?.onDone?.(seen);
  if (rule && !rule.rewrite) return refuse(rule, seen, outgoing);
  seen.status = reply.status;
  const key = seen.service === 'kms' ? keyIn(reply.body) : undefined;
  if (key !== undefined) seen.keyId ??= key;
  const error = errorOf(reply);
  if (error !== undefined) seen.error = error;
  const { headers, body: given } = rule?.rewrite ? rewritten(reply, rule.rewrite) : reply;
  outgoing.writeHead(reply.status, headers).end(given);
}

function rewritten(
  { status, headers, body }: Reply,
  rewrite: (body: Record<string, unknown>) => Record<string, unknown>,
): Reply {
  const changed = rewrite(JSON.parse(body.toString('utf8')) as Record<string, unknown>);
  const text = Buffer.from(JSON.stringify(changed));
  return { status, headers: { ...headers, 'content-length': String(text.length) }, body: text };
}

/** The error's name in a JSON reply of AWS; of S3, which speaks XML, in its `Code`. */
function errorOf({ status, headers, body }: Reply): string | undefined {
  if (status < 400) return undefined;
  const type = String(headers['x-amzn-errortype'] ?? '');
  const text = body.toString('utf8');
  return type || (/"__type": *"(?:[^"#]*#)?(\w+)/.exec(text) ?? /<Code>(\w+)</.exec(text))?.[1];
}

function refuse(rule: AwsFault, seen: AwsRequest, outgoing: ServerResponse): void {
  if (!rule.respond) {
    outgoing.destroy();
    return;
  }
  const { status, type, message, headers } = rule.respond;
  Object.assign(seen, { status, error: type });
  if (seen.action.startsWith('S3 ')) {
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<Error><Code>${type}</Code><Message>${message}</Message></Error>`);
    return;
  }
  const own = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': type };
  outgoing.writeHead(status, { ...own, ...headers });
  outgoing.end(JSON.stringify({ __type: type, message, Message: message }));
}

type Reply = { status: number; headers: IncomingMessage['headers']; body: Buffer };

function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method: incoming.method, headers: incoming.headers };
    const onward = request(new URL(incoming.url ?? '/', target), options, (reply) => {
      const chunks: Buffer[] = [];
      reply.on('data', (chunk: Buffer) => chunks.push(chunk));
      reply.on('end', () => {
        const headers = { ...reply.headers };
        delete headers['transfer-encoding'];
        resolve({ status: reply.statusCode ?? 502, headers, body: Buffer.concat(chunks) });
      });
      reply.on('error', reject);
    });
    onward.on('error', reject);
    onward.end(body);
  });
}

function describe(incoming: IncomingMessage, body: Buffer): AwsRequest {
  const targetHeader = String(incoming.headers['x-amz-target'] ?? '');
  const service = /\/([a-z0-9-]+)\/aws4_request/.exec(incoming.headers.authorization ?? '')?.[1] ?? '';
  let action = targetHeader.slice(targetHeader.lastIndexOf('.') + 1);
  let named: { secretId?: string; stages: string[] } = { stages: [] };
  if (action === '') {
    const query = /(?:^|&)Action=(\w+)/.exec(body.toString('utf8'))?.[1];
    action = query ?? `${service === 's3' ? 'S3' : service || 'HTTP'} ${incoming.method}`;
  } else if (service === 'secretsmanager') {
    named = namedIn(body);
  }
  const { method = '', url: path = '' } = incoming;
  const source = incoming.headers['x-amz-copy-source'];
  const keyId = service === 'kms' ? keyIn(body) : undefined;
  return {
    time: Date.now(),
    action,
    service,
    method,
    path,
    status: 0,
    write: !READS.test(action),
    ...named,
    ...(typeof source === 'string' ? { copySource: decodeURIComponent(source).replace(/^\//, '') } : {}),
    ...(keyId === undefined ? {} : { keyId }),
  };
}

/** The key that a request to KMS, or its answer, names. */
function keyIn(body: Buffer): string | undefined {
  try {
    return (JSON.parse(body.toString('utf8')) as { KeyId?: string }).KeyId;
  } catch {
    return undefined;
  }
}

interface SecretRequest {
  SecretId?: string;
  Name?: string;
  VersionStage?: string;
  VersionStages?: string[];
}

/** The secret and the labels that a request names. */
function namedIn(body: Buffer): { secretId?: string; stages: string[] } {
  try {
    const { SecretId, Name, VersionStage, VersionStages } = JSON.parse(
      body.toString('utf8'),
    ) as SecretRequest;
    const id = SecretId ?? Name;
    const stages = VersionStages ?? (VersionStage === undefined ? [] : [VersionStage]);
    return { stages, ...(id === undefined ? {} : { secretId: secretName(id) }) };
  } catch {
    return { stages: [] };
  }
}

/** The name of a secret: of an ARN the last part without the six characters that AWS adds. */
function secretName(id: string): string {
  return /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)-\w{6}$/.exec(id)?.[1] ?? id;
}

function meets(rule: AwsFault, seen: AwsRequest): boolean {
  if (rule.action !== '*' && rule.action !== seen.action) return false;
  const { stage } = rule;
  if (stage !== undefined && !seen.stages.some((label) => label.startsWith(stage))) return false;
  if (rule.path !== undefined && !decodeURIComponent(seen.path).includes(rule.path)) return false;
  return rule.secretId === undefined || secretName(rule.secretId) === seen.secretId;
}
