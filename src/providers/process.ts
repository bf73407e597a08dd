/* The dynamic provider process of a bundle: Pulumi's own program, which loads the registry when it is first asked. */
import { flushCompileCache } from 'node:module';
import '@pulumi/pulumi/cmd/dynamic-provider/index.js';

// The engine ends its plugins by this signal; without a handler nothing of the compile cache would be kept.
process.once('SIGINT', () => {
  flushCompileCache();
  process.exit(0);
});
