/** Whether a `go version` is older than what the lab's modules need. */
export function isOld(text: string): boolean;

/** The environment of a build on a machine with so many bytes of memory, for this kind of processor or for another one. */
export function buildEnvironment(memory?: number, architecture?: string): NodeJS.ProcessEnv;

/** Copies what is needed of Pulumi's bridge out of Go's module cache; the copy can be removed by its owner. */
export function copyBridge(source: string, folder: string): void;
