import { servePlugin } from '../server.js';
import { PLUGIN_VERSIONS } from '../versions.js';
import { randomPassword } from './password.js';

/** The lab's stand-in for Pulumi's random plugin; the engine starts it. */
void servePlugin({
  name: 'random',
  version: PLUGIN_VERSIONS.random,
  configure: () => undefined,
  types: [randomPassword],
});
