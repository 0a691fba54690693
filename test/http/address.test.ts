/** Where the live page may listen, and whose Host it answers. */
import { hostname } from 'node:os';
import { expect } from 'chai';
import { AddressError, describeAddress, isOwnHost, parseAddress } from '../../src/http/address.js';

describe('the address of --http', () => {
  const good: [text: string, shown: string, remote?: true][] = [
    ['9180', 'http://127.0.0.1:9180/'],
    ['0', 'http://127.0.0.1:0/'],
    ['127.0.0.1:9180', 'http://127.0.0.1:9180/'],
    ['127.8.9.1:1', 'http://127.8.9.1:1/'],
    ['localhost:80', 'http://localhost:80/'],
    ['[::1]:9180', 'http://[::1]:9180/'],
    ['/run/page.sock', '/run/page.sock'],
    ['./page.sock', './page.sock'],
    ['0.0.0.0:9180', 'http://0.0.0.0:9180/', true],
    ['[::]:9180', 'http://[::]:9180/', true],
    ['host.example:9180', 'http://host.example:9180/', true],
  ];
  for (const [text, shown, remote] of good) {
    it(`${text} is ${shown}`, () =>
      expect(describeAddress(parseAddress(text, remote === true))).to.equal(shown));
  }

  const bad: [text: string, says: RegExp][] = [
    ['', /not of the form/],
    ['nonsense', /not of the form/],
    ['127.0.0.1', /not of the form/],
    ['127.0.0.1:', /not of the form/],
    ['127.0.0.1:x', /not of the form/],
    ['127.0.0.1:65536', /not of the form/],
    ['99999999', /not of the form/],
    ['-1', /not of the form/],
    [':80', /has no host/],
    ['[]:80', /has no host/],
    ['[127.0.0.1]:80', /has no host/],
    ['::1:80', /not of the form/],
    ['0.0.0.0:9180', /no loopback address.*--http-allow-remote/],
    ['[::]:9180', /no loopback address/],
    ['192.168.1.1:9180', /no loopback address/],
    ['127.0.0.1.example:9180', /no loopback address/],
    ['128.0.0.1:9180', /no loopback address/],
  ];
  for (const [text, says] of bad) {
    it(`'${text}' is refused`, () => expect(() => parseAddress(text, false)).to.throw(AddressError, says));
  }
});

describe('the Host header', () => {
  const local = parseAddress('127.0.0.1:9180', false);
  const remote = parseAddress('0.0.0.0:9180', true);
  const named = parseAddress('page.example:9180', true);
  const socket = parseAddress('/run/page.sock', false);
  const cases: [header: string | undefined, address: typeof local, own: boolean][] = [
    ['127.0.0.1:9180', local, true],
    ['localhost:9180', local, true],
    ['LOCALHOST', local, true],
    ['localhost.:9180', local, true],
    ['[::1]:9180', local, true],
    // The end of a tunnel has a port of its own.
    ['localhost:8000', local, true],
    [undefined, local, false],
    ['', local, false],
    ['evil.example', local, false],
    ['evil.example:9180', local, false],
    ['localhost.evil.example:9180', local, false],
    ['127.0.0.1.evil.example', local, false],
    ['localhost:9180@evil.example', local, false],
    ['[evil]:9180', local, false],
    [hostname(), local, hostname() === 'localhost'],
    [`${hostname()}:9180`, remote, true],
    ['192.168.1.1:9180', remote, true],
    ['evil.example:9180', remote, false],
    ['page.example:9180', named, true],
    ['localhost', socket, true],
    ['', socket, true],
    ['evil.example', socket, false],
  ];
  for (const [header, address, own] of cases) {
    it(`${header} at ${describeAddress(address)} is ${own ? 'ours' : 'refused'}`, () =>
      expect(isOwnHost(header, address)).to.equal(own));
  }
});
