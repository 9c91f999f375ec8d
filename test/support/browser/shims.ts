// What a relief takes from Node, in a page's worker: files come from the page's server. The rest is
// imported, and not used.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

/** SHA-256 alone, whose digest is given in hexadecimal digits. */
export function createHash() {
  const state = sha256.create();
  const hash = {
    update(bytes: Uint8Array) {
      state.update(bytes);
      return hash;
    },
    digest: () => bytesToHex(state.digest()),
  };
  return hash;
}

export async function readFile(url: URL): Promise<Uint8Array> {
  const answer = await fetch(`/build/${url.pathname.split("/").at(-1)}`);
  if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

export const [availableParallelism, deflateSync, inflateSync] = [() => 1, absent, absent];
export const [MessageChannel, Worker, receiveMessageOnPort] = [absent, absent, absent];

function absent(): never {
  throw new Error("this is of Node alone");
}

/** The parser of Redis's replies. */
export default absent;
