import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { assembleImage } from '../image/assemble';
import { imageConfiguration, imageUser } from '../image/layout';
import type { ContainerImage } from './kubelet/images';
import { packageRoot, tools } from './package';
import { pluginFolderName } from './plugins/official';
import { portablePlugins } from './plugins/portable';
import { PLUGIN_VERSIONS } from './plugins/versions';

/**
 * The image of the rotation, assembled by the script of the Dockerfile from the lab's own engine and plugins, below
 * `folder`. This needs root and takes some seconds.
 */
export async function rotationImage(folder: string): Promise<ContainerImage> {
  const place = await mkdtemp(path.join(folder, 'image-'));
  const plugins = await installedPlugins(place);
  const root = path.join(place, 'root');
  const node = path.join(packageRoot(), 'node_modules', 'node', 'bin', 'node');
  assembleImage({ package: packageRoot(), engine: tools().pulumi, plugins, node }, root, { link: true });
  return {
    root,
    entrypoint: [...imageConfiguration.entrypoint],
    environment: { ...imageConfiguration.environment },
    workingDir: imageConfiguration.workingDir,
    user: imageUser,
    group: imageUser,
  };
}

/** The plugins as the Dockerfile gets them, by the engine itself; gives the folder `plugins` of its home. */
export async function installedPlugins(place: string): Promise<string> {
  const [downloads, home] = [path.join(place, 'downloads'), path.join(place, 'engine-home')];
  await portablePlugins(downloads);
  const pulumi = path.join(tools().pulumi, 'bin', 'pulumi');
  const env = { PATH: process.env['PATH'], HOME: place, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  for (const [name, version] of Object.entries(PLUGIN_VERSIONS)) {
    const from = path.join(downloads, pluginFolderName(name as keyof typeof PLUGIN_VERSIONS));
    execFileSync(pulumi, ['plugin', 'install', 'resource', name, version, '--file', from], {
      env,
      stdio: 'pipe',
    });
  }
  await rm(downloads, { recursive: true });
  return path.join(home, 'plugins');
}
