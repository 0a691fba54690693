/** bind and connect of Unix sockets (unix(7)) whose path is in a mount. */
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorTake,
  directoryReopen,
  entryBind,
  memoryReadSome,
  pathKind,
} from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import { withMemory } from './injections.js';
import { type PathMember, readonlyFileSystem } from './paths.js';
import type { Place } from './place.js';
import { currentDirectory, outside } from './resolver.js';

const unixFamily = 1;
const familyBytes = 2;
const pathBytesMax = 108;
const nameBytesMax = 80;
const addressInUse = -errnoNumber('EADDRINUSE');
const refused = -errnoNumber('ECONNREFUSED');
const tooLong = -errnoNumber('ENAMETOOLONG');

const address = Buffer.alloc(familyBytes + pathBytesMax);

/** The path in the socket address of the trapped call, if it has one. */
function socketPath(member: PathMember): string | undefined {
  const { block } = member;
  const length = Math.min(block.word(2), address.length);
  if (length <= familyBytes || memoryReadSome(block.tid, block.address(1), address, length) < length) {
    return undefined;
  }
  // An abstract address begins with a zero byte.
  if (address.readUInt16LE(0) !== unixFamily || address[familyBytes] === 0) return undefined;
  const end = address.subarray(0, length).indexOf(0, familyBytes);
  return address.toString('latin1', familyBytes, end < 0 ? length : end);
}

function placed(member: PathMember): Place | undefined {
  const path = socketPath(member);
  if (path === undefined) {
    letRun(member);
    return undefined;
  }
  const place = member.paths.resolver.first;
  place.begin(path, false);
  return place;
}

/** The member binds its duplicate of the socket: it is the same socket. */
export function bindTrap(member: PathMember): void {
  const { block, paths } = member;
  const place = placed(member);
  if (!place) return;
  const result = paths.resolver.entry(place, currentDirectory);
  if (result === outside) return letRun(member);
  if (result < 0) return answer(member, result);
  paths.identity.creates();
  const bound = bindTo(place, block.tid, block.int(0));
  place.release();
  answer(member, bound);
}

function bindTo(place: Place, tid: number, fd: number): number {
  if (place.mountPoint) return addressInUse;
  if (place.mount?.readonly) {
    return pathKind(place.directory, place.buffer, place.offset, 0) >= 0 ? addressInUse : readonlyFileSystem;
  }
  const socket = descriptorTake(tid, fd);
  if (socket < 0) return socket;
  const result = entryBind(place.directory, place.buffer, place.offset, socket);
  closeDescriptor(socket);
  return result;
}

/** The thread connects by itself: it may have to wait, and the other side sees whose socket it is. */
export function connectTrap(member: PathMember): void {
  const { block, paths } = member;
  const { resolver, numbers } = paths;
  const place = placed(member);
  if (!place) return;
  const begun = resolver.start(place, currentDirectory, true, place.text.length);
  if (begun === outside) return letRun(member);
  if (begun !== 0) return answer(member, begun);
  const object = resolver.objectSlowly(place, true);
  if (object === outside) return letRun(member);
  const { parent, name } = resolver.walk;
  if (object >= 0) closeDescriptor(object);
  const isNamed = object >= 0 && parent !== undefined && place.mountPoint === undefined;
  const directory = isNamed ? directoryReopen(parent.fd) : -1;
  resolver.walk.release();
  if (!isNamed) return answer(member, object >= 0 ? refused : object);
  if (directory < 0) return answer(member, directory);
  const { tid } = block;
  const socket = block.int(0);
  // A path of such a length would not fit behind that of the directory.
  const alias = name.length > nameBytesMax ? paths.aliases.create() : undefined;
  const descriptors = alias ? [directory, alias.descriptor] : [directory];
  paths.injections.start(descriptors, function* (numbersThere) {
    const [number = -1, aliasNumber = -1] = numbersThere;
    const renamed = alias?.link('s', `/proc/self/fd/${number}/${name}`) === true;
    const end = renamed ? `${aliasNumber}/s` : `${number}/${name}`;
    const path = Buffer.from(`\u0001\0/proc/self/fd/${end}\0`, 'latin1');
    const connect = withMemory(
      tid,
      numbers,
      path.length,
      () => path,
      function* (at) {
        const parameters = [socket, at, path.length];
        return Number(yield { call: numbers.connect, parameters, interruptible: true });
      },
    );
    const result = path.length > address.length ? tooLong : yield* connect;
    alias?.remove();
    for (const fd of numbersThere) yield { call: numbers.close, parameters: [fd] };
    return result;
  });
}
