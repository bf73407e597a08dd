#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '../world/compileCache';

const oldestNode = 22;
if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `✗ credential-rotation needs Node.js ${oldestNode} or newer, and this is ${process.version}; in the repository, npx node dist/src/cli/main.js uses the right one. [exit 2]\n`,
  );
  process.exit(2);
}

// Before anything else is loaded: parsing the SDKs is most of the start-up time.
enableCompileCache(compileCacheFolder(process.env));

// A reader that goes away (`| head`, a dropped terminal) ends the output, never the run.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

// The one place that ends the process: engine clients may keep handles open after the work is done.
void import('./commandLine.js').then(async ({ runCommandLine }) => {
  const code = await runCommandLine(process.argv.slice(2));
  process.exitCode = code;
  const flushed = process.stdout.writableLength === 0 && process.stderr.writableLength === 0;
  setTimeout(() => process.exit(code), flushed ? 0 : 200).unref();
});
