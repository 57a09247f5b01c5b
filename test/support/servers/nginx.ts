/** nginx as a server that takes any request and throws its body away. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Running } from '../process.ts'
import { freePort, tempFolder } from '../temp.ts'
import { eventually } from '../wait.ts'
import { debian, onPath } from './server.ts'
import type { Requirement } from './server.ts'

export const nginx: Requirement = { name: 'nginx', prepare: () => debian('nginx', ['nginx-light']) }

export interface NginxSink {
  readonly url: string
  readonly port: number
  readonly pid: number
  stop (): Promise<void>
}

/** `answer` is what every POST gets; an empty `_bulk` answer by default, which means "all taken" to a bulk client. */
export async function startNginx (answer = '{"took":1,"errors":false,"items":[]}'): Promise<NginxSink> {
  const folder = tempFolder('nginx')
  const port = await freePort()
  mkdirSync(path.join(folder, 'tmp'))
  writeFileSync(path.join(folder, 'nginx.conf'), `
daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; client_body_buffer_size 16m; keepalive_requests 1000000;
  client_body_temp_path tmp/b; proxy_temp_path tmp/p; fastcgi_temp_path tmp/f; uwsgi_temp_path tmp/u; scgi_temp_path tmp/s;
  server {
    listen 127.0.0.1:${port};
    default_type application/json;
    add_header X-elastic-product Elasticsearch always;
    location / { return 200 '${answer}'; }
  }
}
`)
  const running = new Running({
    command: onPath('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx',
    args: ['-p', folder, '-c', 'nginx.conf'],
    cwd: folder,
    log: path.join(folder, 'server.log')
  })
  const url = `http://127.0.0.1:${port}`
  await eventually(() => `nginx ready\n${running.tail()}`, async () => (await fetch(url)).ok, { timeout: 10_000 })
  return {
    url,
    port,
    pid: running.pid,
    stop: async () => {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
