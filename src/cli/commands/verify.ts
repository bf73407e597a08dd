export async function verifyCommand(): Promise<number> {
  return 1;
}
