import { servePlugin } from '../server.js';
import { PLUGIN_VERSIONS } from '../versions.js';
import { Clients } from './configuration.js';
import { previewedTypes } from './previewed.js';
import { SecretVersionType } from './secretVersion.js';

const clients = new Clients();

/** The lab's stand-in for Pulumi's aws plugin; the engine starts it. */
void servePlugin({
  name: 'aws',
  version: PLUGIN_VERSIONS.aws,
  configure: (configuration, stopped) => clients.configure(configuration, stopped),
  types: [new SecretVersionType(clients), ...previewedTypes],
});
