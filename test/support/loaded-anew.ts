let loads = 0

/** A module of src/, loaded anew: what it takes from the system, it takes again. */
export async function loadedAnew<Module>(name: string): Promise<Module> {
  const url = new URL(`../../src/${name}.js`, import.meta.url)
  url.search = `load${++loads}`
  return (await import(url.href)) as Module
}
