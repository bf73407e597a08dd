/** What an image is to the lab: a folder with its files, and what its Dockerfile says of running it. */
export interface ContainerImage {
  /** The root of its file tree; containers see it through an overlay and never change it. */
  root: string;
  entrypoint: string[];
  /** With the real kubelet: an archive that holds it whole, under its name. */
  archive?: string;
  /** Arguments of the entrypoint when the pod names none (CMD). */
  defaultArguments?: string[];
  environment?: Record<string, string>;
  workingDir?: string;
  user?: number;
  group?: number;
  /** What asks its first process to end; default SIGTERM. Only the real kubelet heeds it. */
  stopSignal?: string;
}

/** What pods can run, by the name in `image:`; whatever is not among them is the lab's own OpenEMR. */
export class Images {
  private readonly known = new Map<string, ContainerImage>();

  add(name: string, image: ContainerImage): void {
    this.known.set(name, image);
  }

  find(name: string): ContainerImage | undefined {
    return this.known.get(name);
  }
}
