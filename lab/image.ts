import { readdirSync, symlinkSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { assembleImage } from '../image/assemble';
import { imageConfiguration, imageUser, layout } from '../image/layout';
import type { ContainerImage } from './kubelet/images';
import { packageRoot, tools } from './package';
import { portablePlugins } from './plugins/portable';

/**
 * The image of the rotation, assembled by the script of the Dockerfile from the lab's own engine and plugins, below
 * `folder`. This needs root and takes some seconds.
 */
export async function rotationImage(folder: string): Promise<ContainerImage> {
  const place = await mkdtemp(path.join(folder, 'image-'));
  const plugins = path.join(place, 'plugins');
  await portablePlugins(plugins);
  const root = path.join(place, 'root');
  const node = path.join(packageRoot(), 'node_modules', 'node', 'bin', 'node');
  assembleImage({ package: packageRoot(), engine: tools().pulumi, plugins, node }, root, { link: true });
  linkPackages(path.join(root, layout.engine, 'plugins'));
  return {
    root,
    entrypoint: [...imageConfiguration.entrypoint],
    environment: { ...imageConfiguration.environment },
    workingDir: imageConfiguration.workingDir,
    user: imageUser,
    group: imageUser,
  };
}

/** Lets the stand-ins find the npm packages of the image; an official plugin needs none. */
function linkPackages(plugins: string): void {
  for (const name of readdirSync(plugins)) {
    const folder = path.join(plugins, name);
    if (readdirSync(folder).includes('stand-in'))
      symlinkSync(path.join(layout.package, 'node_modules'), path.join(folder, 'stand-in', 'node_modules'));
  }
}
