import * as grpc from '@grpc/grpc-js';
import * as pulumi from '@pulumi/pulumi';
import type { Message } from 'google-protobuf';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { failureFromText, failureToText } from '../base/failure';
import type { Properties } from '../steps/logic';
import type { ResourceType } from '../steps/registry';
import { dynamicProvider } from '../steps/registry';
import { isOfEngine } from './process';
import { attachVariable, dynamicPackage, providerKey } from '../sdk/dynamic';
import { PluginInfo, ResourceProviderService, messages } from '../sdk/protocol';
import { ProviderAccess, listen, refusal } from './providerAccess';

/** What the engine itself allows, in bytes. */
const messageLimit = 400 * 1024 * 1024;
/** How long the end of what is under way is waited for, in ms: longer than any write with its retries, shorter than most proofs. */
const closeLimitMs = 60_000;
/** The function of the provider that takes the token: nothing of it reaches the state, a plan or the history. */
const tokenFunction = `${dynamicPackage}:index:showToken`;

/** A provider in this process. */
export interface OwnProvider {
  /** For the engine's environment. */
  environment: Record<string, string>;
  /**
   * Ends it; call when the engine has ended. What an engine that was killed has asked for goes on here by itself: this
   * waits for its end, so that whoever looks at the world then sees the last write.
   */
  close(): Promise<void>;
}

/**
 * Serves the dynamic resources from this process, on a free port of the loopback. Pulumi's own program for them is one
 * more Node.js that loads the same libraries again; it serves those who call the Pulumi CLI themselves. Every user of
 * this machine reaches that port, and what is asked there is done with our rights: so only who shows the token is served.
 * @param token of {@link newToken}; the program shows it with {@link showToken}
 */
export async function serveOwnProvider(token: string, isEngine = isOfEngine): Promise<OwnProvider> {
  const access = new ProviderAccess(token, (remotePort, localPort) =>
    isEngine({ localPort: remotePort, remotePort: localPort }),
  );
  const server = new grpc.Server({
    'grpc.max_receive_message_length': messageLimit,
    'grpc.max_send_message_length': messageLimit,
    interceptors: [access.interceptor()],
  });
  const underWay = new Set<Promise<void>>();
  server.addService(ResourceProviderService, {
    ...handlersOf(underWay),
    invoke: invokeOf(access),
  });
  const { port, tcp } = await listen(server, access);
  return {
    environment: { [attachVariable]: `${dynamicPackage}:${port}` },
    close: async () => {
      tcp.close();
      server.forceShutdown();
      await Promise.race([Promise.all(underWay), unheldSleep(closeLimitMs)]);
    },
  };
}

/**
 * Shows the token to the provider over the engine's own connection to it; call it in the program, before the first of
 * the resources that this process serves.
 */
export async function showToken(token: string): Promise<void> {
  await pulumi.runtime.invoke(tokenFunction, { token });
}

function invokeOf(
  access: ProviderAccess,
): grpc.handleUnaryCall<messages.InvokeRequest, messages.InvokeResponse> {
  return (call, callback) => {
    const { token } = valuesOf(call.request.getArgs());
    if (call.request.getTok() !== tokenFunction) callback({ code: grpc.status.UNIMPLEMENTED });
    else if (typeof token === 'string' && access.show(call.getPeer(), token))
      callback(null, new messages.InvokeResponse());
    else callback({ code: grpc.status.UNAUTHENTICATED, details: refusal });
  };
}

/** A pause that does not keep the process alive. */
function unheldSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

/** What the engine asks; the rest it is told is not implemented, as by Pulumi's own program. */
function handlersOf(underWay: Set<Promise<void>>): grpc.UntypedServiceImplementation {
  const unary = <Request extends Message, Response extends Message>(
    handler: (request: Request) => Response | Promise<Response>,
  ): grpc.handleUnaryCall<Request, Response> => watched(handler, underWay);
  return {
    attach: unary(() => new Empty()),
    cancel: unary(() => new Empty()),
    // Every resource is retained.
    delete: unary(() => new Empty()),
    getPluginInfo: unary(() => new PluginInfo()),
    configure: unary(configure),
    check: unary(check),
    diff: unary(diff),
    create: unary(create),
    update: unary(update),
    read: unary(read),
  };
}

function watched<Request extends Message, Response extends Message>(
  handler: (request: Request) => Response | Promise<Response>,
  underWay: Set<Promise<void>>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const answered = Promise.resolve(call.request)
      .then(handler)
      .then((response) => callback(null, response))
      .catch((error: unknown) => callback({ code: grpc.status.UNKNOWN, details: textOf(error) }))
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  };
}

/** The registry's errors carry their outcome in a text that is safe to show; of any other, the kind alone is. */
function textOf(error: unknown): string {
  return error instanceof Error && failureFromText(error.message) ? error.message : failureToText(error);
}

/** Values come in clear, and the engine marks outputs as secret by the inputs of the same names. */
function configure(): messages.ConfigureResponse {
  const response = new messages.ConfigureResponse();
  response.setAcceptsecrets(false);
  return response;
}

function check(request: messages.CheckRequest): messages.CheckResponse {
  const response = new messages.CheckResponse();
  response.setInputs(request.getNews());
  return response;
}

async function diff(request: messages.DiffRequest): Promise<messages.DiffResponse> {
  const [olds, news] = [valuesOf(request.getOlds()), valuesOf(request.getNews())];
  const { changes } = await providerOf(request).diff(request.getId(), olds, news);
  const response = new messages.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  response.setChanges(changes ? DIFF_SOME : DIFF_NONE);
  return response;
}

async function create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
  const inputs = valuesOf(request.getProperties());
  const { id, outs } = await providerOf(request).create(inputs);
  const response = new messages.CreateResponse();
  response.setId(id);
  response.setProperties(structOf(outs, inputs));
  return response;
}

async function update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
  const [olds, news] = [valuesOf(request.getOlds()), valuesOf(request.getNews())];
  const { outs } = await providerOf(request).update(request.getId(), olds, news);
  const response = new messages.UpdateResponse();
  response.setProperties(structOf(outs, news));
  return response;
}

function read(request: messages.ReadRequest): messages.ReadResponse {
  const response = new messages.ReadResponse();
  response.setId(request.getId());
  response.setProperties(request.getProperties());
  return response;
}

/** By the last part of a URN's type, as in `urn:pulumi:prod::project::pulumi-nodejs:dynamic/credential-rotation:Sqlconf::sqlconf`. */
function providerOf(request: { getUrn(): string }): ReturnType<typeof dynamicProvider> {
  const type = (request.getUrn().split('::')[2] ?? '').split('$').at(-1) ?? '';
  return dynamicProvider(type.slice(type.lastIndexOf(':') + 1) as ResourceType);
}

function valuesOf(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

function structOf(outs: Properties, inputs: Properties): Struct {
  const values = { ...outs, [providerKey]: inputs[providerKey] };
  return Struct.fromJavaScript(values as Parameters<typeof Struct.fromJavaScript>[0]);
}
