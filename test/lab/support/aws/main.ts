import { Clients } from '../../../../lab/plugins/aws/configuration';
import { previewedTypes } from '../../../../lab/plugins/aws/previewed';
import { SecretVersionType } from '../../../../lab/plugins/aws/secretVersion';
import { servePlugin } from '../../../../lab/plugins/server';
import { PLUGIN_VERSIONS } from '../../../../lab/plugins/versions';
import { Boto } from './boto';
import { madeType } from './made';

// The lab's stand-in for the aws plugin only previews what no rotation uses. This one makes it too, in moto: so that a
// test can see `pulumi up` of the whole of infra/ through, and what it made. It says nothing of the official plugin.
const clients = new Clients();
const boto = new Boto();

void servePlugin({
  name: 'aws',
  version: PLUGIN_VERSIONS.aws,
  configure: (configuration, stopped) => clients.configure(configuration, stopped),
  types: [new SecretVersionType(clients), ...previewedTypes.map((type) => madeType(type, boto))],
});
