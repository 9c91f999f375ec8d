// A Slurm of a test's own: Debian's packages `slurm-wlm` and `munge`, one node, on the loopback,
// with all it writes in a temporary folder. It needs root, as slurmd does.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { hasOracle } from "./oracle.js";
import { until } from "./sweep.js";

export function hasSlurm(): boolean {
  if (!hasOracle("slurmctld", "-V") || !hasOracle("munged")) return false;
  if (process.getuid?.() === 0) return true;
  console.warn("SKIPPED: slurmd needs root; the tests with a Slurm did not run");
  return false;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export class Slurm {
  private constructor(readonly folder: string) {}

  static async start(): Promise<Slurm> {
    const slurm = new Slurm(mkdtempSync(join(tmpdir(), "quarterdeck-slurm-")));
    for (const name of ["munge", "state", "spool"]) {
      mkdirSync(slurm.path(name), { mode: 0o700 });
    }
    writeFileSync(slurm.path("munge/key"), randomBytes(1024), { mode: 0o600 });
    writeFileSync(
      slurm.path("slurm.conf"),
      slurm.configuration(await freePort(), await freePort()),
    );
    const munge = [
      "key-file=key",
      "socket=socket",
      "pid-file=pid",
      "log-file=log",
      "seed-file=seed",
    ];
    const options = munge.map((one) => `--${one.replace("=", `=${slurm.path("munge")}/`)}`);
    slurm.run("munged", ["--force", ...options]);
    for (const daemon of ["slurmctld", "slurmd"]) slurm.run(daemon, []);
    await until(() => slurm.run("sinfo", ["-h", "-o", "%t"]).trim() === "idle");
    return slurm;
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  /** For whoever talks to it. */
  get env(): Record<string, string> {
    return { SLURM_CONF: this.path("slurm.conf") };
  }

  private configuration(controller: number, node: number): string {
    const name = hostname().split(".")[0] as string;
    return [
      ...["ClusterName=test", `SlurmctldHost=${name}(127.0.0.1)`],
      ...[`SlurmctldPort=${controller}`, `SlurmdPort=${node}`],
      ...["AuthType=auth/munge", `AuthInfo=socket=${this.path("munge/socket")}`],
      ...["SlurmUser=root", "SlurmdUser=root", "MpiDefault=none", "ReturnToService=2"],
      ...[`StateSaveLocation=${this.path("state")}`, `SlurmdSpoolDir=${this.path("spool")}`],
      ...[`SlurmctldPidFile=${this.path("ctld.pid")}`, `SlurmdPidFile=${this.path("d.pid")}`],
      ...[`SlurmctldLogFile=${this.path("ctld.log")}`, `SlurmdLogFile=${this.path("d.log")}`],
      ...["ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none"],
      ...["SelectType=select/cons_tres", "SelectTypeParameters=CR_Core"],
      ...["JobAcctGatherType=jobacct_gather/none", "AccountingStorageType=accounting_storage/none"],
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN`,
      `PartitionName=all Nodes=${name} Default=YES MaxTime=INFINITE State=UP`,
      "",
    ].join("\n");
  }

  /** What a program of Slurm's prints. */
  run(name: string, args: readonly string[]): string {
    // daemons keep standard output open, so it is a file
    const file = this.path("output");
    const line = [name, ...args].map((word) => `'${word}'`).join(" ");
    const env = { ...process.env, ...this.env };
    const { status } = spawnSync("sh", ["-c", `${line} >'${file}' 2>&1`], { env });
    const text = readFileSync(file, "utf8");
    if (status !== 0 && name !== "sinfo") throw new Error(`${line}: ${status}: ${text}`);
    return text;
  }

  async remove(): Promise<void> {
    const pids = ["d.pid", "ctld.pid", "munge/pid"].map((name) => this.path(name));
    for (const file of pids.filter(existsSync)) {
      const pid = Number(readFileSync(file, "utf8"));
      process.kill(pid, "SIGTERM");
      await until(() => !existsSync(`/proc/${pid}`));
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
