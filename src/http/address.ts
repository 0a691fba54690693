/**
 * Where the live page listens: `HOST:PORT`, `[V6]:PORT`, `PORT` (on 127.0.0.1) or the path of a Unix socket. Refuses
 * what others on the network could reach unless that is asked for. Which Host headers are its own: against pages elsewhere
 * that make their name mean this machine (DNS rebinding).
 */

import { BlockList, isIP, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

export type Address =
  | { readonly path: string; readonly host?: undefined }
  | { readonly path?: undefined; readonly host: string; readonly port: number };

/** The text is no address, or one that is not permitted. */
export class AddressError extends Error {}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));

export function parseAddress(text: string, allowRemote: boolean): Address {
  if (text.includes('/')) return { path: text };
  const found = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) {
    throw new AddressError(`'${text}' is not of the form HOST:PORT, PORT or /PATH`);
  }
  const [, six, other] = found;
  const host = six ?? other ?? '127.0.0.1';
  if (six !== undefined ? !isIPv6(six) : host === '') throw new AddressError(`'${text}' has no host`);
  if (!isLoopback(host) && !allowRemote) {
    throw new AddressError(
      `${host} is no loopback address: others could read it; --http-allow-remote permits that`,
    );
  }
  return { host, port };
}

/** As a browser wants it; for a socket, its path. */
export function describeAddress(address: Address): string {
  if (address.host === undefined) return address.path;
  return `http://${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}/`;
}

/**
 * Whether a Host header can be meant for us. Addresses are: nobody's DNS can name them. Names only when they are ours:
 * localhost, what was listened on, the machine's own name where remote access is permitted. The port may be that of a tunnel.
 */
export function isOwnHost(header: string | undefined, listening: Address): boolean {
  const found = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/.exec(header ?? '');
  if (found === null) return false;
  const [, six, other = ''] = found;
  if (six !== undefined) return isIPv6(six);
  const name = other.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || isIP(name) === 4) return true;
  if (listening.host === undefined) return name === '';
  return (
    name === listening.host.toLowerCase() ||
    (!isLoopback(listening.host) && name === hostname().toLowerCase())
  );
}
