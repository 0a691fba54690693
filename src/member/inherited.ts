/** The descriptors that the workload inherits from whoever started the member. */
import { dropDescriptors, guessInherited, passDescriptors } from '../shared/native/workload.js';
import { inheritedDescriptors } from '../shared/started.js';

/** Of those that are not known for sure. */
const guessedMax = 4096;

function guessed(): Int32Array {
  const descriptors = new Int32Array(guessedMax);
  return descriptors.subarray(0, guessInherited(descriptors, guessedMax));
}

/**
 * Lets the workload inherit what this process did. To be called before anything is opened; the answer is to be called
 * once the workload is there: this process then lets go of all but stderr.
 */
export function passInherited(): () => void {
  const known = inheritedDescriptors();
  const passed = known === undefined ? guessed() : Int32Array.from(known);
  passDescriptors(passed, passed.length);
  return () => {
    dropDescriptors(passed, passed.length);
  };
}
