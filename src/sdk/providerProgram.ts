/* Pulumi's own program for dynamic resources: it begins when it is loaded, and prints the port that it listens on. */
import '@pulumi/pulumi/cmd/dynamic-provider/index.js';
