import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Longest path of a UNIX socket in bytes: 104 on macOS and BSD with the final zero, 108 on Linux. */
const socketPathLimit = 103

/**
 * The UNIX socket on which the owner of a data directory answers the HTTP API. It stands in the directory; where that
 * path is too long for a socket, in the system's folder for temporary files under a name made from the path.
 */
export function socketPath(dataDir: string): string {
  const inside = join(dataDir, 'letterlock.sock')
  if (Buffer.byteLength(inside) <= socketPathLimit) return inside
  const name = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 24)
  return join(tmpdir(), `letterlock-${name}.sock`)
}
