import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Architecture } from '../image/architecture';
import { thisArchitecture } from '../image/architecture';
import { assembleImage } from '../image/assemble';
import type { Copying } from '../image/copy';
import { imageConfiguration, imageUser } from '../image/layout';
import type { ContainerImage } from './kubelet/images';
import { crossFolders, packageRoot, tools } from './package';
import { pluginFolderName } from './plugins/official';
import type { GenuinePlugins } from './plugins/portable';
import { portablePlugins } from './plugins/portable';
import { PLUGIN_VERSIONS } from './plugins/versions';

/** What the tree of an image is assembled from. */
interface Parts extends GenuinePlugins {
  /** The folder that holds `bin/pulumi`. */
  pulumi: string;
  node: string;
  /** The root of a Debian, or undefined for this machine's own. */
  debian?: string;
}

/** This machine's parts, or those that the set-up has made for another kind of processor. */
function partsFor(architecture: Architecture): Parts {
  if (architecture === thisArchitecture())
    return { ...tools(), node: path.join(packageRoot(), 'node_modules', 'node', 'bin', 'node') };
  const { pulumi, kubernetesPlugin, randomPlugin, node, debian } = crossFolders(architecture);
  return {
    pulumi,
    debian,
    node: path.join(node, 'bin', 'node'),
    kubernetesPlugin: path.join(kubernetesPlugin, 'pulumi-resource-kubernetes'),
    randomPlugin: path.join(randomPlugin, 'pulumi-resource-random'),
  };
}

/**
 * The file tree of the image, assembled by the script of the Dockerfile from the lab's own engine and plugins, in the folder
 * `root` of `place`; gives that. This needs root and takes some seconds. For another kind of processor the set-up must have
 * made the parts.
 * @param copying links, which are of use to pods that are made and go; an image that is kept takes copies
 */
export async function imageTree(
  place: string,
  architecture = thisArchitecture(),
  copying: Copying = { link: true },
): Promise<string> {
  const parts = partsFor(architecture);
  const own = architecture === thisArchitecture();
  const plugins = await installedPlugins(place, own ? undefined : parts);
  const root = path.join(place, 'root');
  const { pulumi: engine, node, debian } = parts;
  const given = { package: packageRoot(), engine, plugins, node, architecture, ...(debian && { debian }) };
  assembleImage(given, root, copying);
  return root;
}

/** The image of the rotation, below `folder`. */
export async function rotationImage(folder: string): Promise<ContainerImage> {
  return {
    root: await imageTree(await mkdtemp(path.join(folder, 'image-'))),
    entrypoint: [...imageConfiguration.entrypoint],
    environment: { ...imageConfiguration.environment },
    workingDir: imageConfiguration.workingDir,
    user: imageUser,
    group: imageUser,
  };
}

/** The plugins as the Dockerfile gets them, by the engine itself; gives the folder `plugins` of its home. */
export async function installedPlugins(place: string, genuine?: GenuinePlugins): Promise<string> {
  const [downloads, home] = [path.join(place, 'downloads'), path.join(place, 'engine-home')];
  await portablePlugins(downloads, genuine);
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
