/**
 * Makes this process's variables exactly these. They are set and removed one by one: Node.js and what it starts never see
 * an object that is put in their place.
 */
export function becomeEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env))
    if (!(name in environment)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
}
