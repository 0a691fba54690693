/** Manifests and options: what is mounted, and the one line that each bad entry is refused with. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MountLocks, MountType } from '../../src/shared/mount-types.js';
import { type MountOptions, mountsOf } from '../../src/shared/mounts/options.js';

const place = mkdtempSync(join(tmpdir(), 'sward-mounts-'));
const manifest = join(place, 'manifest.toml');

/** What comes of a manifest with this text. */
function ofManifest(text: string, options: MountOptions = {}) {
  writeFileSync(manifest, text);
  return mountsOf({ manifest, ...options });
}

/** The message that they are refused with, the test's directory left out. */
function refusal(run: () => unknown): string {
  try {
    return `accepted: ${JSON.stringify(run())}`;
  } catch (error) {
    return (error as Error).message.replaceAll(place, '<>');
  }
}

const entry = (text: string): string => `[fs]\nmounts = [ { ${text} } ]\n`;

describe('mount entries', () => {
  before(() => {
    mkdirSync(join(place, 'logs'));
    writeFileSync(join(place, 'app.conf'), '');
    execFileSync('mkfifo', [join(place, 'fifo')]);
  });
  after(() => rmSync(place, { recursive: true }));

  it('a manifest with each type, outer mounts first', () => {
    const mounts = ofManifest(`
      [fs]
      mounts = [
        { type = "host", path = "/srv/data/inner", uri = "file:logs", locks = "kernel" },
        { type = "tmpfs",  path = "/shared", size = "1G" },
        { type = "append", path = "/var//log/./app/", uri = "file:./logs", locks = "leader" },
        { type = "host",   path = "/etc/app.conf", uri = "file:${place}/app.conf", readonly = true },
      ]`);
    const common = { readonly: false, locks: MountLocks.leader, size: undefined };
    expect(mounts).to.deep.equal([
      {
        ...common,
        name: 'fs.mounts[1] (/shared)',
        path: '/shared',
        type: MountType.tmpfs,
        host: undefined,
        isDirectory: true,
        size: 2 ** 30,
      },
      {
        ...common,
        name: 'fs.mounts[3] (/etc/app.conf)',
        path: '/etc/app.conf',
        type: MountType.host,
        host: join(place, 'app.conf'),
        isDirectory: false,
        readonly: true,
      },
      {
        ...common,
        name: 'fs.mounts[0] (/srv/data/inner)',
        path: '/srv/data/inner',
        type: MountType.host,
        host: join(place, 'logs'),
        isDirectory: true,
        locks: MountLocks.kernel,
      },
      {
        ...common,
        name: 'fs.mounts[2] (/var//log/./app/)',
        path: '/var/log/app',
        type: MountType.append,
        host: join(place, 'logs'),
        isDirectory: true,
      },
    ]);
  });

  it("Gramine's: chroot or no type, uri of a tmpfs, arrays of tables, other sections", () => {
    const mounts = ofManifest(`
      libos.entrypoint = "/bin/sh"
      loader.log_level = "error"
      sgx.enclave_size = "1G"
      fs.root.uri = "file:/nowhere"
      [[fs.mounts]]
      type = "chroot"
      path = "/lib"
      uri = "file:logs"
      [[fs.mounts]]
      path = "/opt/x"
      uri = "file:logs"
      [[fs.mounts]]
      type = "tmpfs"
      path = "/t"
      uri = "file:/ignored"
    `);
    expect(mounts.map(({ path, type }) => [path, type])).to.deep.equal([
      ['/lib', MountType.host],
      ['/t', MountType.tmpfs],
      ['/opt/x', MountType.host],
    ]);
  });

  it('a manifest without mounts', () => {
    expect(ofManifest('[sys]\nstack.size = "8M"\n')).to.deep.equal([]);
  });

  it('options', () => {
    const given: MountOptions = {
      tmpfs: ['/shared', '/a:b/c:64K'],
      append: [`/log=${place}/logs`],
      bind: [`${place}/logs:/data`, `${place}/logs`],
    };
    expect(mountsOf(given).map(({ path, type, host, size }) => [path, type, host, size])).to.deep.equal([
      ['/shared', MountType.tmpfs, undefined, undefined],
      ['/log', MountType.append, join(place, 'logs'), undefined],
      ['/data', MountType.host, join(place, 'logs'), undefined],
      ['/a:b/c', MountType.tmpfs, undefined, 65_536],
      [join(place, 'logs'), MountType.host, join(place, 'logs'), undefined],
    ]);
  });

  for (const [size, bytes] of Object.entries({ 1: 1, '4096': 4096, '64k': 65_536, '3M': 3 * 2 ** 20 })) {
    it(`size ${size}`, () => {
      expect(mountsOf({ tmpfs: [`/t:${size}`] })[0]!.size).to.equal(bytes);
    });
  }

  const sizes = 'is not a number of bytes, such as 4096, 64K, 100M, 1G';
  const manifests: { text: string; error: string }[] = [
    { text: 'path = "/d"', error: 'fs.mounts[0] (/d): has no uri' },
    { text: 'uri = "file:x"', error: 'fs.mounts[0]: has no path' },
    { text: 'path = 5', error: 'fs.mounts[0]: its path is no text' },
    {
      text: 'path = "/d", uri = "file:absent"',
      error: 'fs.mounts[0] (/d): there is no <>/absent on the host',
    },
    {
      text: 'path = "/d", uri = "file:app.conf/x"',
      error: 'fs.mounts[0] (/d): cannot look at <>/app.conf/x: ENOTDIR',
    },
    {
      text: 'path = "/d", uri = "dev:tty"',
      error: "fs.mounts[0] (/d): uri 'dev:tty' is not of the form file:PATH",
    },
    { text: 'path = "/d", uri = 1', error: "fs.mounts[0] (/d): uri '1' is not of the form file:PATH" },
    {
      text: 'path = "d", uri = "file:logs"',
      error: 'fs.mounts[0] (d): its path is not absolute',
    },
    {
      text: 'path = "/a/../d", uri = "file:logs"',
      error: "fs.mounts[0] (/a/../d): its path contains '..'",
    },
    {
      text: `path = "/a/${'ä'.repeat(128)}/b", type = "tmpfs"`,
      error: `fs.mounts[0] (/a/${'ä'.repeat(128)}/b): its path has a name of more than 255 bytes`,
    },
    { text: 'path = "/", uri = "file:logs"', error: 'fs.mounts[0] (/): nothing can be mounted at /' },
    {
      text: 'path = "/proc/x", type = "tmpfs"',
      error: 'fs.mounts[0] (/proc/x): nothing can be mounted at /proc/x',
    },
    { text: 'path = "/sys", type = "tmpfs"', error: 'fs.mounts[0] (/sys): nothing can be mounted at /sys' },
    { text: 'path = "/dev/", type = "tmpfs"', error: 'fs.mounts[0] (/dev/): nothing can be mounted at /dev' },
    {
      text: 'path = "/d", type = "nfs"',
      error: "fs.mounts[0] (/d): unknown type 'nfs'; known are host (or chroot), tmpfs, append",
    },
    {
      text: 'path = "/d", type = "toString"',
      error: "fs.mounts[0] (/d): unknown type 'toString'; known are host (or chroot), tmpfs, append",
    },
    {
      text: 'path = "/d", type = "encrypted", uri = "file:logs", key_name = "k"',
      error: 'fs.mounts[0] (/d): encrypted mounts are not supported yet',
    },
    {
      text: 'path = "/d", uri = "file:logs", key_name = "k"',
      error: 'fs.mounts[0] (/d): encrypted mounts are not supported yet',
    },
    {
      text: 'path = "/d", uri = "file:logs", mode = 1',
      error: "fs.mounts[0] (/d): unknown key 'mode'; known are type, path, uri, size, readonly, locks",
    },
    {
      text: 'path = "/d", uri = "file:logs", size = 1',
      error: 'fs.mounts[0] (/d): only a tmpfs has a size',
    },
    { text: 'path = "/d", type = "tmpfs", size = "1X"', error: `fs.mounts[0] (/d): size '1X' ${sizes}` },
    { text: 'path = "/d", type = "tmpfs", size = 0', error: `fs.mounts[0] (/d): size '0' ${sizes}` },
    { text: 'path = "/d", type = "tmpfs", size = 1.5', error: `fs.mounts[0] (/d): size '1.5' ${sizes}` },
    { text: 'path = "/d", type = "tmpfs", size = true', error: `fs.mounts[0] (/d): size 'true' ${sizes}` },
    {
      text: 'path = "/d", uri = "file:logs", readonly = "yes"',
      error: 'fs.mounts[0] (/d): readonly is true or false',
    },
    {
      text: 'path = "/d", uri = "file:logs", locks = "none"',
      error: "fs.mounts[0] (/d): locks is 'leader' or 'kernel'",
    },
    {
      text: 'path = "/d", type = "append", uri = "file:fifo"',
      error: 'fs.mounts[0] (/d): <>/fifo is neither a file nor a directory',
    },
    {
      text: 'path = "/d", type = "tmpfs" }, { path = "/d/", uri = "file:logs"',
      error: 'fs.mounts[1] (/d/): the path is already that of fs.mounts[0] (/d)',
    },
    {
      text: 'path = "/f/x/y", type = "tmpfs" }, { path = "/f", uri = "file:app.conf"',
      error: 'fs.mounts[0] (/f/x/y): lies beneath fs.mounts[1] (/f), which is a file',
    },
  ];
  for (const { text, error } of manifests) {
    it(`manifest { ${text} }: refused`, () => {
      expect(refusal(() => ofManifest(entry(text)))).to.equal(error);
    });
  }

  const files: { name: string; text: string; error: string }[] = [
    { name: 'no TOML', text: '[fs\n', error: 'manifest <>/manifest.toml:1:4: ' },
    { name: 'fs that is no table', text: 'fs = 3', error: 'manifest.toml: fs: is no table' },
    { name: 'fs that is a list', text: 'fs = [1]', error: 'manifest.toml: fs: is no table' },
    { name: 'mounts that are no list', text: 'fs.mounts = 1', error: 'manifest.toml: fs.mounts: is no list' },
    { name: 'an entry that is no table', text: 'fs.mounts = [ 1 ]', error: 'fs.mounts[0]: is no table' },
  ];
  for (const { name, text, error } of files) {
    it(`manifest with ${name}: refused in one line`, () => {
      const message = refusal(() => ofManifest(text));
      expect(message).to.satisfy((said: string) => said.startsWith(error));
      expect(message).to.not.include('\n');
    });
  }

  const options: { given: MountOptions; error: string }[] = [
    { given: { manifest: '/absent.toml' }, error: 'manifest /absent.toml: cannot be read: ENOENT' },
    { given: { tmpfs: ['shared'] }, error: '--tmpfs shared: its path is not absolute' },
    { given: { tmpfs: ['/shared:'] }, error: `--tmpfs /shared:: size '' ${sizes}` },
    { given: { tmpfs: ['/shared:1P'] }, error: `--tmpfs /shared:1P: size '1P' ${sizes}` },
    { given: { append: ['/log'] }, error: '--append /log: is not of the form GUEST=HOST' },
    { given: { append: ['/log='] }, error: '--append /log=: is not of the form GUEST=HOST' },
    { given: { append: ['/log=/absent'] }, error: '--append /log=/absent: there is no /absent on the host' },
    { given: { bind: ['/tmp:data'] }, error: '--bind /tmp:data: its path is not absolute' },
    { given: { bind: [':/data'] }, error: '--bind :/data: is not of the form HOST:GUEST' },
    { given: { bind: ['/absent:/data'] }, error: '--bind /absent:/data: there is no /absent on the host' },
    {
      given: { bind: ['/tmp:/data'], tmpfs: ['/data'] },
      error: '--bind /tmp:/data: the path is already that of --tmpfs /data',
    },
    {
      given: { tmpfs: Array.from({ length: 65 }, (_, i) => `/t${i}`) },
      error: '--tmpfs /t64: more than 64 mounts',
    },
    {
      given: { tmpfs: [`/${'x'.repeat(512)}`] },
      error: `--tmpfs /${'x'.repeat(512)}: its path has more than 512 bytes`,
    },
  ];
  for (const { given, error } of options) {
    it(`options ${JSON.stringify(given).slice(0, 60)}: refused`, () => {
      expect(refusal(() => mountsOf(given))).to.equal(error);
    });
  }

  it('manifest and options together: refused when they name the same path', () => {
    const both = () => ofManifest(entry('path = "/d", type = "tmpfs"'), { tmpfs: ['/d'] });
    expect(refusal(both)).to.equal('--tmpfs /d: the path is already that of fs.mounts[0] (/d)');
  });
});
