/**
 * `node:http`, not imported but asked for: an import reads all of the module's exports, among them those that load
 * Node's own undici, which costs every start 0.1 s of CPU and 8 MB.
 */
export const http = process.getBuiltinModule('node:http')
