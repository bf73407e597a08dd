/** Who is told; nobody where Pulumi's own process runs the provider. */
let listener: ((text: string) => void) | undefined;

/** Tells the operator from inside a step, whose result only says that it is done: a sentence without its full stop. */
export function tellNotice(text: string): void {
  listener?.(text);
}

/** From now on notices of steps go there. */
export function listenToNotices(tell: (text: string) => void): void {
  listener = tell;
}
