// A page's worker: runs the reliefs, and tells the page what came of them, or what went wrong.
import type { GuestImages } from "../../../emu/experiment/watch.js";
import { relieveByAll } from "./runs.js";

/** The guest's images as JSON: bytes in base64, files by name. */
export interface SentImages {
  readonly firmware: string;
  readonly kernels: Readonly<Record<string, string>>;
  readonly programs: Readonly<Record<string, string>>;
}

function received({ firmware, kernels, programs }: SentImages): GuestImages {
  const bytes = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const all = (files: Readonly<Record<string, string>>) =>
    Object.entries(files).map(([name, text]) => [name, bytes(text)] as const);
  return {
    firmware: bytes(firmware),
    kernels: Object.fromEntries(all(kernels)) as unknown as GuestImages["kernels"],
    programs: new Map(all(programs)),
  };
}

declare function postMessage(message: unknown): void;

async function answer() {
  const images = (await (await fetch("/images")).json()) as SentImages;
  return relieveByAll(received(images));
}

answer()
  .catch((error: Error) => `${error.message}\n${error.stack}`)
  .then((told) => postMessage(told));
