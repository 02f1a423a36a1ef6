/**
 * Where a thread's code is. Threads load compiled files, so that they start the same under Node, in tests and from a
 * package: from the sources the path is the one of the build.
 */
export function threadFile(name: string, from: string): URL {
  const built = from.replace(/\/src\/store\/[^/]*$/, '/dist/store/here')
  return new URL(`./${name}.js`, built)
}
