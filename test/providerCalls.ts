import * as grpc from '@grpc/grpc-js';
import { Struct } from 'google-protobuf/google/protobuf/struct_pb';
import { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as messages from '@pulumi/pulumi/proto/provider_pb';

const urn = 'urn:pulumi:prod::credential-rotation::pulumi-nodejs:dynamic/credential-rotation:Nothing::x';

export type Call = (client: ResourceProviderClient, done: (error: grpc.ServiceError | null) => void) => void;

/** What a provider does for the engine, each about a resource of a type that there is not. */
export const acts: Record<string, Call> = {
  check: (client, done) => client.check(withUrn(new messages.CheckRequest()), done),
  diff: (client, done) => client.diff(withUrn(new messages.DiffRequest()), done),
  create: (client, done) => client.create(withUrn(new messages.CreateRequest()), done),
  update: (client, done) => client.update(withUrn(new messages.UpdateRequest()), done),
  read: (client, done) => client.read(withUrn(new messages.ReadRequest()), done),
  delete: (client, done) => client.delete(withUrn(new messages.DeleteRequest()), done),
};

function withUrn<T extends { setUrn(value: string): void }>(request: T): T {
  request.setUrn(urn);
  return request;
}

/** Ends with the status of a call, by its name. */
export function statusOf(client: ResourceProviderClient, call: Call): Promise<string> {
  return new Promise((resolve) => {
    call(client, (error) => resolve(grpc.status[error?.code ?? grpc.status.OK] ?? 'none'));
  });
}

/** Ends with the status of one of {@link acts}. */
export const act = (client: ResourceProviderClient, name: string): Promise<string> =>
  statusOf(client, acts[name] ?? ((_, done) => done(null)));

/** Shows a token, as the engine passes it on for the program. */
export function show(client: ResourceProviderClient, token: string): Promise<string> {
  const request = new messages.InvokeRequest();
  request.setTok('pulumi-nodejs:index:showToken');
  request.setArgs(Struct.fromJavaScript({ token }));
  return statusOf(client, (to, done) => to.invoke(request, done));
}

/** A client with a connection of its own to `pulumi-nodejs:PORT`. */
export function clientOf(attach: string): ResourceProviderClient {
  const own = { 'grpc.use_local_subchannel_pool': 1 };
  const address = `127.0.0.1:${attach.split(':')[1] ?? ''}`;
  return new ResourceProviderClient(address, grpc.credentials.createInsecure(), own);
}
