#!/usr/bin/env node
import { runCommandLine } from './commandLine';

// The one place that ends the process: engine clients may keep handles open after the work is done.
void runCommandLine(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
  const flushed = process.stdout.writableLength === 0 && process.stderr.writableLength === 0;
  setTimeout(() => process.exit(code), flushed ? 0 : 200).unref();
});
