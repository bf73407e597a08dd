import type { Certificates } from '../servers/certificates';
import type { Endpoints } from './endpoints';
import type { ContainerImage } from './images';
import type { PodFault } from './pod';

/** What runs the pods of a lab: the lab's own kubelet, or the real one. */
export interface PodRunner {
  readonly endpoints: Endpoints;
  /** What the name of an image stands for from now on. */
  addImage(name: string, image: ContainerImage): void;
  /** Says which folder of this machine a PersistentVolumeClaim stands for. */
  setClaim(namespace: string, name: string, folder: string): void;
  /** What the pod's container has written so far: stdout and stderr, of all its starts. */
  logs(namespace: string, pod: string): string;
  /** The folders of this machine with what a pod's containers have put into the volumes that go with it, by the volumes' names. */
  volumes(namespace: string, pod: string): Record<string, string>;
  serveExec(certificates: Certificates): Promise<void>;
  serveLogs(certificates: Certificates): Promise<void>;
  /** Breaks every log that is being followed. */
  dropLogs(): Promise<void>;
  /** What is wrong with containers of a namespace that start from now on; with `oneRollout` those of the next new template alone. */
  setFault(namespace: string, fault: PodFault, oneRollout: boolean): void;
  /** Resolves when no pod of a namespace runs any more. Throws when that takes too long. */
  drained(namespace: string): Promise<void>;
  stop(): Promise<void>;
}
