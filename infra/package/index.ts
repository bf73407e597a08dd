import { main } from '@pulumi/pulumi/provider';
import { ownSchema } from './ownSchema';
import { ComponentProvider } from './provider';

// The entry of infra/package/PulumiPlugin.yaml: what `pulumi package add` takes. See docs/platform.md.
const schema = ownSchema();
void main(new ComponentProvider(schema.version, JSON.stringify(schema)), process.argv.slice(2));
