import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { assembleImage } from './assemble';
import { layout } from './layout';
import { bytesOf, megabytes } from './size';

/** The command of the Dockerfile: node dist/image/main.js --engine DIR --plugins DIR --node FILE --out NEW_DIR */
function main(): void {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({ options: { engine: option, plugins: option, node: option, out: option } });
  const { engine, plugins, node, out } = values;
  if (
    engine === undefined ||
    plugins === undefined ||
    node === undefined ||
    out === undefined ||
    existsSync(out)
  ) {
    process.stderr.write(
      'usage: node dist/image/main.js --engine DIR --plugins DIR --node FILE --out NEW_DIR\n',
    );
    process.exitCode = 2;
    return;
  }
  assembleImage({ package: path.resolve(__dirname, '..', '..'), engine, plugins, node }, out);
  const installed = path.join(out, layout.engine, 'plugins');
  for (const name of readdirSync(installed))
    process.stdout.write(`${name}: ${megabytes(bytesOf(path.join(installed, name)))}\n`);
  process.stdout.write(`the whole image: ${megabytes(bytesOf(out))}\n`);
}

main();
