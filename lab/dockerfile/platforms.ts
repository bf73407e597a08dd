import { parseArgs } from 'node:util';
import type { Architecture } from '../../image/architecture';
import { architectureOf, machines, thisArchitecture } from '../../image/architecture';

/** How the command is called. */
export const usage = `npm run image:build -- [--platform PLATFORM[,PLATFORM]]

Builds the image. Without --platform it is one for this machine; PLATFORM is linux/amd64 or linux/arm64. The other platform than this
machine's needs no emulator: its programs are built for it, and none of them runs. Two platforms make one image for both.`;

/**
 * The kinds of processor that images are asked for, each once; that of this machine without a word about it.
 * @throws Error for another platform or option
 */
export function wantedArchitectures(args: string[]): Architecture[] {
  const { values } = parseArgs({ args, options: { platform: { type: 'string' } } });
  if (values.platform === undefined) return [thisArchitecture()];
  return [...new Set(values.platform.split(',').map(architectureOf))];
}

/** How the archive of an image for these kinds of processor is called: that of this machine alone has no word for it. */
export function archiveName(version: string, architectures: readonly Architecture[]): string {
  const own = architectures.length === 1 && architectures[0] === thisArchitecture();
  return `credential-rotation-${[version, ...(own ? [] : architectures)].join('-')}.tar`;
}

/** The platforms as builders call them. */
export function platformsOf(architectures: readonly Architecture[]): string {
  return architectures.map((each) => machines[each].platform).join(',');
}

/**
 * The last stage of a Dockerfile, which only copies what the stages before it have made: so it makes an image for any kind of
 * processor, when the tree is given as the context `build`. @throws Error when it has more than that
 */
export function lastStage(dockerfile: string): string {
  const at = dockerfile.lastIndexOf('\nFROM ') + 1;
  const stage = dockerfile.slice(at);
  if (!stage.startsWith('FROM scratch\n') || /^RUN /m.test(stage) || !stage.includes('COPY --from=build '))
    throw new Error('the last stage of the Dockerfile is not one that only copies from the stage build');
  return stage;
}
