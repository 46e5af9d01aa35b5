import { hashTag } from '../../../core/options/hash-tag.js';

const POLYNOMIAL = 0x1021;
const SLOTS = 16_384;

/** The slot of a key in a Redis Cluster: CRC16 (XMODEM) of its hash tag, or of the key. */
export function keySlot(key: string): number {
  let crc = 0;
  for (const byte of Buffer.from(hashTag(key) ?? key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL) & 0xffff;
  }
  return crc % SLOTS;
}
