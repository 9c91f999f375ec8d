// A page whose worker runs the reliefs of runs.ts in a browser without a window.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import type { GuestImages } from "../../../emu/experiment/watch.js";
import type { EngineRun } from "./runs.js";
import type { SentImages } from "./worker.js";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const MILLISECONDS = 200_000;
const PAGE = `<script>
const told = (what) => fetch("/told", { method: "POST", body: JSON.stringify(what) });
const worker = new Worker("/worker.js", { type: "module" });
worker.onerror = ({ message, lineno }) => told(\`line \${lineno}: \${message}\`);
worker.onmessage = ({ data }) => told(data);
</script>`;

/** How each is started without a window, with a profile of its own. */
const OPTIONS = {
  chromium: ["--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=PROFILE"],
  "firefox-esr": ["--headless", "--no-remote", "--profile", "PROFILE"],
} as const;
export type Browser = keyof typeof OPTIONS;
export const BROWSERS = Object.keys(OPTIONS) as Browser[];

/** The worker's script in one file, with shims.ts in the place of what needs Node. */
async function script(): Promise<string> {
  const resolveId = (id: string) => (/^node:|^redis-/.test(id) ? here("shims.ts") : null);
  const plugins = [{ name: "shims", resolveId }];
  const bundle = await rolldown({ input: here("worker.ts"), plugins });
  const { output } = await bundle.generate({ format: "esm" });
  return output[0].code;
}

function sent({ firmware, kernels, programs }: GuestImages): SentImages {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const all = (files: Iterable<readonly [string, Uint8Array]>) =>
    Object.fromEntries([...files].map(([name, bytes]) => [name, text(bytes)]));
  return {
    firmware: text(firmware),
    kernels: all(Object.entries(kernels)),
    programs: all(programs),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
}

/** Serves files {type, content} by path; `told` gets what is posted. */
async function serve(
  files: Record<string, [string, string | Buffer]>,
  told: (text: string) => void,
) {
  const server = createServer(async (request, answer) => {
    const [type, content] = files[request.url ?? ""] ?? ["text/plain", ""];
    answer.writeHead(200, { "content-type": type }).end(content);
    if (request.method === "POST") told(await bodyOf(request));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return server;
}

/** Starts a browser on a page, until `ended` settles, or it has had its time. */
async function browse(browser: Browser, address: string, ended: Promise<unknown>): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), "quarterdeck-browser-"));
  const options = OPTIONS[browser].map((option) => option.replace("PROFILE", profile));
  const child = spawn(browser, [...options, address], { stdio: "ignore" });
  const exit = new Promise((resolve) => child.once("exit", resolve));
  const late = new Promise((resolve) => setTimeout(resolve, MILLISECONDS).unref());
  await Promise.race([ended, exit, late]);
  child.kill("SIGKILL");
  await exit;
  rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
}

/** What the page's worker tells; throws what went wrong there. */
export async function relieveIn(browser: Browser, images: GuestImages): Promise<EngineRun[]> {
  let tell: (text: string) => void = () => {};
  const told = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const files: Record<string, [string, string | Buffer]> = {
    "/": ["text/html", PAGE],
    "/worker.js": ["text/javascript", await script()],
    "/images": ["application/json", JSON.stringify(sent(images))],
    "/build/machine.wasm": ["application/wasm", readFileSync(here("../../../build/machine.wasm"))],
  };
  const server = await serve(files, (text) => tell(text));
  const { port } = server.address() as AddressInfo;
  await browse(browser, `http://127.0.0.1:${port}/`, told);
  server.closeAllConnections();
  server.close();
  tell(JSON.stringify("it ended before the worker told anything"));
  const runs = JSON.parse(await told) as EngineRun[] | string;
  if (typeof runs === "string") throw new Error(`${browser}: ${runs}`);
  return runs;
}
