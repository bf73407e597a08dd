/**
 * Remembers this process's variables. They are set and removed one by one: Node.js and what it starts never see an object
 * that is put in their place.
 * @returns what makes them as they were
 */
export function keepEnvironment(): () => void {
  const saved = { ...process.env };
  return () => {
    for (const name of Object.keys(process.env))
      if (!(name in saved)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, saved);
  };
}
