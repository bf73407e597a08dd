/* The engine's protocol with a provider, as the SDK has it compiled (github.com/pulumi/pulumi, proto/pulumi/provider.proto). */
export { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
export { ResourceProviderClient, ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
export * as messages from '@pulumi/pulumi/proto/provider_pb';

/** The protocol's name of that service, as in the path of each call. */
export const serviceName = 'pulumirpc.ResourceProvider';
