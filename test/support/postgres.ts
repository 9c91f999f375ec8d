// A PostgreSQL of a test's own: Debian's package `postgresql`, a cluster in a temporary folder, on
// the loopback only, run as the user `postgres` where the test is root, and gone afterwards.
import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasOracle } from "./oracle.js";

const VERSIONS = "/usr/lib/postgresql";

/** The folder of the newest server's programs; "" where none is installed. */
function programs(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort() : [];
  return versions.length === 0 ? "" : join(VERSIONS, versions.at(-1) as string, "bin");
}

export const hasPostgres = () => hasOracle(join(programs(), "postgres"));

/** The user that a server may run as; it refuses root. */
function user(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(spawnSync("id", [flag, "postgres"]).stdout.toString());
  return { uid: id("-u"), gid: id("-g") };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class Postgres {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  /** A new cluster, which takes connections. */
  static async start(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), "quarterdeck-postgres-"));
    const { uid, gid } = user();
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    const postgres = new Postgres(folder, await freePort());
    postgres.run("initdb", ["-D", postgres.data, "-A", "trust", "-U", "postgres", "--no-sync"]);
    postgres.up();
    return postgres;
  }

  private get data(): string {
    return join(this.folder, "data");
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  private run(program: string, args: readonly string[]): void {
    const options = { ...user(), cwd: this.folder, encoding: "utf8", stdio: "ignore" } as const;
    const { status, error } = spawnSync(join(programs(), program), args, options);
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error ?? status}`);
  }

  up(): void {
    const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${this.folder}`];
    const flags = [`-p ${this.port}`, ...settings.map((setting) => `-c ${setting}`)].join(" ");
    const log = join(this.folder, "log");
    this.run("pg_ctl", ["-D", this.data, "-w", "-l", log, "-o", flags, "start"]);
  }

  /** Down as by a failure of power: nobody is waited for. */
  down(): void {
    this.run("pg_ctl", ["-D", this.data, "-w", "-m", "immediate", "stop"]);
  }

  /** The first column of what a query gives. */
  ask(sql: string): string[] {
    const { stdout } = spawnSync("psql", [this.url, "-Atc", sql], { encoding: "utf8" });
    return stdout.split("\n").filter(Boolean);
  }

  remove(): void {
    this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
