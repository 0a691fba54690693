/**
 * Frames of the protocol: u32 little-endian payload length, then one msgpack array (msgpackr).
 *   request [message id, request id, ...fields]      CANCEL  [0x73, request id]
 *   DONE    [0x70, request id, errno, ...fields]     PENDING [0x71, request id]     GOODBYE [0x72, errno, reason]
 * FrameWriter appends frames, FrameReader takes a byte stream apart. Neither knows sockets: see native/socket.ts.
 */
export { FrameReader, FramingError } from './protocol-decode.js';
export { FrameWriter } from './protocol-encode.js';
