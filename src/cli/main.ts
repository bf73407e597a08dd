#!/usr/bin/env node
import { createRequire, enableCompileCache } from 'node:module';
import path from 'node:path';
import { freshBundle } from '../base/bundle';
import { compileCacheFolder } from '../base/compileCache';
import type * as CommandLine from './commandLine';

const oldestNode = 22;
if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  process.stderr.write(
    `✗ credential-rotation needs Node.js ${oldestNode} or newer, and this is ${process.version}; in the repository, npx node dist/src/cli/main.js uses the right one. [exit 2]\n`,
  );
  process.exit(2);
}

// Before anything else is loaded: parsing the SDKs is most of the start-up time.
enableCompileCache(compileCacheFolder(process.env));

// Read when the first thread starts: files of a network share that hang must leave some for names and passwords.
process.env['UV_THREADPOOL_SIZE'] ??= '24';

// A reader that goes away (`| head`, a dropped terminal) ends the output, never the run; signals.ts says what SIGHUP does.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** The bundle starts in a fraction of the time that the single modules take. */
const file =
  freshBundle(path.resolve(__dirname, '..', '..'), 'command.js', 'src') ??
  path.join(__dirname, 'commandLine.js');
const { endProcess, runCommandLine } = createRequire(__filename)(file) as typeof CommandLine;

// The one place that ends the process: engine clients may keep handles open after the work is done.
void runCommandLine(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  const flushed = process.stdout.writableLength === 0 && process.stderr.writableLength === 0;
  setTimeout(() => endProcess(code), flushed ? 0 : 200).unref();
});
