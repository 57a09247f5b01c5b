/** Where a service of AWS is, for outputs that speak to it without an SDK. */
import { domainOf, endpointUrl } from '../../../lib/aws/assume-role.ts'
import { PluginError } from '../../../plugin/context.ts'
import type { NetworkOptions } from '../../../plugin/output.ts'
import type { Endpoint } from '../network.ts'

const HTTPS = 443
const HTTP = 80

/**
 * The endpoint of a service in a region, or the one that is given as the option `endpoint` (a host, with HTTPS, or a URL), and
 * the path of that URL without a slash at its end. `port` counts when the URL names none. Throws PluginError.
 */
export function awsEndpoint(
  service: string, region: string, given: string | undefined, { port }: Pick<NetworkOptions, 'port'>
): { readonly endpoint: Endpoint; readonly path: string } {
  let url: URL
  try {
    url = endpointUrl(given ?? `${service}.${region}.${domainOf(region)}`)
  } catch {
    throw new PluginError(`${given} is neither a host nor a URL`, 'endpoint')
  }
  if (!/^https?:$/.test(url.protocol)) throw new PluginError(`${given} is no URL of HTTP`, 'endpoint')
  const secure = url.protocol === 'https:'
  // 443 is what the option is when nobody sets it
  const usual = port === undefined || port === HTTPS ? (secure ? HTTPS : HTTP) : port
  return {
    endpoint: { secure, host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? usual : Number(url.port) },
    path: url.pathname.replace(/\/$/, '')
  }
}
