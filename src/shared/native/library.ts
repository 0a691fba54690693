/**
 * The one door to native code: build/libsward.so, loaded by koffi. Only the files beside this one use it; each
 * declares the functions of one C file. A call that does nothing costs about 0.2 µs.
 */
import koffi from 'koffi';
import { nativeBuild } from '../root.js';

export const lib = koffi.load(nativeBuild('libsward.so'));

/** The bytes at a native address. They must stay allocated for as long as the buffer is used. */
export function memoryAt(pointer: bigint, bytes: number): ArrayBuffer {
  return koffi.view(pointer, bytes);
}
