import * as grpc from '@grpc/grpc-js';
import type { Message } from 'google-protobuf';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as messages from '@pulumi/pulumi/proto/provider_pb';
import { Status } from '@pulumi/pulumi/proto/status_pb';
import { fstatSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { HalfDone, type Change, type Plugin, type ResourceType } from './resource.js';
import { schemaOf } from './schema.js';
import { decode, encode, type Properties, type PropertyBag } from './values.js';

// `provider.main` of @pulumi/pulumi is not used: it hides from its provider whether a call is a preview and how the
// provider is configured (region, endpoints), it answers no detailed diff, and it takes twice as long to start.

/** When a plugin has loaded all that it uses, in milliseconds after its start. */
const FLUSH_AFTER = 2000;

const MESSAGE_LIMIT = 400 * 1024 * 1024; // what the engine itself allows

type Handler<Request, Response> = (request: Request) => Response | Promise<Response>;

/** An error of the protocol; a half-done resource travels in the details, as the engine expects it. */
function toServiceError(problem: unknown, encodeState: (values: Properties) => ReturnType<typeof encode>) {
  const message = problem instanceof Error ? problem.message : String(problem);
  const metadata = new grpc.Metadata();
  if (problem instanceof HalfDone) {
    const detail = new messages.ErrorResourceInitFailed();
    detail.setId(problem.state.id);
    detail.setProperties(encodeState(problem.state.outputs));
    if (problem.state.inputs) detail.setInputs(encodeState(problem.state.inputs));
    detail.setReasonsList([message]);
    const packed = new Any();
    packed.pack(detail.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
    const status = new Status();
    status.setCode(grpc.status.UNKNOWN);
    status.setMessage(message);
    status.addDetails(packed);
    metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  }
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

/** The detailed difference, so that the engine shows it property by property. */
function diffResponse(changes: Change[]): messages.DiffResponse {
  const kinds = messages.PropertyDiff.Kind;
  const response = new messages.DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
  response.setChanges(changes.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true);
  for (const { property, replaces, kind } of changes) {
    const detail = new messages.PropertyDiff();
    const names = {
      add: replaces ? kinds.ADD_REPLACE : kinds.ADD,
      delete: replaces ? kinds.DELETE_REPLACE : kinds.DELETE,
      update: replaces ? kinds.UPDATE_REPLACE : kinds.UPDATE,
    };
    detail.setKind(names[kind]);
    response.getDetaileddiffMap().set(property, detail);
    response.addDiffs(property);
    if (replaces) response.addReplaces(property);
  }
  return response;
}

/** The inputs after a read: an import gets all of them, a refresh keeps to those that the program gave. */
function refreshed(old: Properties, found: Properties | undefined): Properties {
  if (!found || Object.keys(old).length === 0) return found ?? old;
  return Object.fromEntries(Object.entries(found).filter(([name]) => name in old));
}

/** The service of one plugin; each method answers one kind of request of the engine. */
class PluginService {
  private readonly stopped = new AbortController();

  constructor(private readonly plugin: Plugin) {}

  /** The handlers by the protocol's method names. What is not here, the engine is told is not implemented. */
  handlers(): grpc.UntypedServiceImplementation {
    return {
      getPluginInfo: this.unary(() => {
        const info = new PluginInfo();
        info.setVersion(this.plugin.version);
        return info;
      }),
      getSchema: this.unary(() => {
        const response = new messages.GetSchemaResponse();
        response.setSchema(JSON.stringify(schemaOf(this.plugin)));
        return response;
      }),
      configure: this.unary((request: messages.ConfigureRequest) => this.configure(request)),
      check: this.unary((request: messages.CheckRequest) => this.check(request)),
      diff: this.unary((request: messages.DiffRequest) => this.diff(request)),
      create: this.unary((request: messages.CreateRequest) => this.create(request)),
      read: this.unary((request: messages.ReadRequest) => this.read(request)),
      update: this.unary((request: messages.UpdateRequest) => this.update(request)),
      delete: this.unary((request: messages.DeleteRequest) => this.delete(request)),
      invoke: this.unary((request: messages.InvokeRequest) => this.refuse('function', request.getTok())),
      call: this.unary((request: messages.CallRequest) => this.refuse('function', request.getTok())),
      construct: this.unary((request: messages.ConstructRequest) =>
        this.refuse('component', request.getType()),
      ),
      cancel: this.unary(() => {
        this.stopped.abort(new Error('the update was cancelled'));
        return new Empty();
      }),
    };
  }

  private unary<Request extends Message, Response extends Message>(
    handler: Handler<Request, Response>,
  ): grpc.handleUnaryCall<Request, Response> {
    return (call, callback) => {
      Promise.resolve(call.request)
        .then(handler)
        .then((response) => callback(null, response))
        .catch((problem: unknown) => callback(toServiceError(problem, (values) => this.outputs(values))));
    };
  }

  /** Refuses what the stand-in does not have, with its name. */
  private refuse(what: string, token: string): never {
    const { name, version, types } = this.plugin;
    throw new Error(
      `The ${what} ${token} is not available: the lab's stand-in for the ${name} plugin ${version} is in use, ` +
        `which has only ${types.map((type) => type.token).join(', ')}. Use the official plugin for it.`,
    );
  }

  /** The type of a resource, from its URN: `urn:pulumi:stack::project::parent$type::name`. */
  private typeOf(urn: string): ResourceType {
    const token = urn.split('::')[2]?.split('$').pop() ?? '';
    return this.plugin.types.find((type) => type.token === token) ?? this.refuse('resource type', token);
  }

  /** Marks as secret what a schema of this plugin calls so, and what was secret in the bags given. */
  private outputs(values: Properties, ...origins: PropertyBag[]): ReturnType<typeof encode> {
    const secrets = new Set(origins.flatMap((origin) => [...origin.secrets]));
    for (const type of this.plugin.types) {
      for (const [name, schema] of Object.entries(type.properties)) if (schema.secret) secrets.add(name);
    }
    return encode(values, secrets);
  }

  private async configure(request: messages.ConfigureRequest): Promise<messages.ConfigureResponse> {
    await this.plugin.configure(decode(request.getArgs()).values, this.stopped.signal);
    const response = new messages.ConfigureResponse();
    response.setAcceptsecrets(true);
    response.setSupportspreview(true);
    return response;
  }

  private check(request: messages.CheckRequest): messages.CheckResponse {
    const news = decode(request.getNews());
    const response = new messages.CheckResponse();
    for (const { property, reason } of this.typeOf(request.getUrn()).check(news.values)) {
      const failure = new messages.CheckFailure();
      failure.setProperty(property);
      failure.setReason(reason);
      response.addFailures(failure);
    }
    response.setInputs(this.outputs(news.values, news));
    return response;
  }

  private diff(request: messages.DiffRequest): messages.DiffResponse {
    const ignored = request.getIgnorechangesList().map((path) => path.split(/[.[]/)[0]);
    const changes = this.typeOf(request.getUrn())
      .diff(decode(request.getOlds()).values, decode(request.getNews()).values)
      .filter(({ property }) => !ignored.includes(property));
    return diffResponse(changes);
  }

  private async create(request: messages.CreateRequest): Promise<messages.CreateResponse> {
    const type = this.typeOf(request.getUrn());
    const inputs = decode(request.getProperties());
    const response = new messages.CreateResponse();
    if (request.getPreview()) {
      response.setProperties(this.outputs(type.preview(inputs.values), inputs));
      return response;
    }
    const state = await type.create(inputs.values, this.stopped.signal);
    response.setId(state.id);
    response.setProperties(this.outputs(state.outputs, inputs));
    return response;
  }

  private async read(request: messages.ReadRequest): Promise<messages.ReadResponse> {
    const type = this.typeOf(request.getUrn());
    const old = decode(request.getProperties());
    const oldInputs = decode(request.getInputs());
    const state = await type.read(request.getId(), old.values, this.stopped.signal);
    const response = new messages.ReadResponse();
    if (!state) return response; // no id: the resource is gone
    response.setId(state.id);
    response.setProperties(this.outputs(state.outputs, old, oldInputs));
    response.setInputs(this.outputs(refreshed(oldInputs.values, state.inputs), old, oldInputs));
    return response;
  }

  private async update(request: messages.UpdateRequest): Promise<messages.UpdateResponse> {
    const type = this.typeOf(request.getUrn());
    const old = decode(request.getOlds());
    const news = decode(request.getNews());
    const outputs = request.getPreview()
      ? type.preview(news.values, old.values)
      : await type.update(request.getId(), old.values, news.values, this.stopped.signal);
    const response = new messages.UpdateResponse();
    response.setProperties(this.outputs(outputs, news));
    return response;
  }

  private async delete(request: messages.DeleteRequest): Promise<Empty> {
    const type = this.typeOf(request.getUrn());
    await type.delete(request.getId(), decode(request.getProperties()).values, this.stopped.signal);
    return new Empty();
  }
}

/**
 * Serves a plugin to the engine that started this process: prints the port, and ends when the engine is gone.
 * Throws when no port can be opened.
 */
export async function servePlugin(plugin: Plugin): Promise<void> {
  const server = new grpc.Server({
    'grpc.max_receive_message_length': MESSAGE_LIMIT,
    'grpc.max_send_message_length': MESSAGE_LIMIT,
  });
  server.addService(ResourceProviderService, new PluginService(plugin).handlers());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (problem, bound) => {
      if (problem) reject(problem);
      else resolve(bound);
    });
  });
  process.stdout.write(`${port}\n`);
  // The engine kills its plugins, and what Node.js compiled would never be kept.
  setTimeout(() => flushCompileCache(), FLUSH_AFTER).unref();
  // The engine holds the other end of our standard input; an engine that is killed closes it, so no plugin outlives it.
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.on('close', () => process.exit(0)).resume();
}
