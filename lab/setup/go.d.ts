/** Whether a `go version` is older than what the lab's modules need. */
export function isOld(text: string): boolean;
