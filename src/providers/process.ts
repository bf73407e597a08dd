/* The dynamic provider process of a bundle: Pulumi's own program, which loads the registry when it is first asked. */
import '@pulumi/pulumi/cmd/dynamic-provider/index.js';
