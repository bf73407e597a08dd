/** True for the name of one folder below `sites/`: never a path, and nothing that a shell or a URL would change. */
export function isSiteName(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,255}$/.test(text) && text !== '.' && text !== '..';
}
