/** Numbers of processes in pid namespaces that are open as descriptors (native/namespace.c). */
import { lib } from './library.js';

const func = <A extends unknown[]>(declaration: string) => lib.func(declaration) as (...args: A) => number;

/** What a process of ours is called there, 0 when it is not there; negative: this kernel does not tell. */
export const numberIn = func<[namespace: number, pid: number]>('int sward_namespace_number(int, int)');

/** The other way: our number of the process that is called so there. */
export const pidFrom = func<[namespace: number, number: number]>('int sward_namespace_pid(int, int)');

/** A descriptor of the namespace around it; negative: that is not below ours. */
export const namespaceAround = func<[namespace: number]>('int sward_namespace_parent(int)');
